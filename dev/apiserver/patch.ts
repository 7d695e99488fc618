/** PATCH: in which language it is written, and what it makes of an object. */
import { type Context, getObject, type Target } from "./context.ts";
import { type Decoded, decode, type FieldValidation, parseBody } from "./decode.ts";
import { invalidValue } from "./field-errors.ts";
import { viewOf } from "./forms.ts";
import { applyJsonPatch } from "./patch-json.ts";
import { applyMergePatch, applyStrategicPatch } from "./patch-merge.ts";
import { badRequest, invalid, notImplemented, StatusError, unsupportedMediaType } from "./status.ts";
import { keyOf } from "./storage.ts";
import { isRecord, type Kind, type StoredObject } from "./types.ts";
import { createObject, updateObject, type WriteOptions } from "./write.ts";

export interface PatchRequest {
  readonly contentType: string;
  readonly text: string;
  readonly validation: FieldValidation;
  readonly options: WriteOptions;
}

export interface Patched {
  readonly object: StoredObject;
  readonly warnings: readonly string[];
  readonly isNew: boolean;
}

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_PATCH = "application/strategic-merge-patch+json";
const APPLY_PATCH = "application/apply-patch+yaml";

/** Throws a 400, 404, 409, 415, 422 or 501. */
export function patchObject(context: Context, target: Target, request: PatchRequest): Patched {
  const { kind } = target;
  const languages = [JSON_PATCH, MERGE_PATCH, ...(kind.builtIn ? [STRATEGIC_PATCH] : []), APPLY_PATCH];
  if (!languages.includes(request.contentType)) throw unsupportedLanguage(kind, languages);
  if (request.contentType === APPLY_PATCH) return applyObject(context, target, request);
  const patch = parsePatch(request.text);
  let warnings: readonly string[] = [];
  const object = updateObject(
    context,
    target,
    (current) => {
      const changed = decodePatched(
        change(viewOf(current, kind), patch, request.contentType, kind),
        kind,
        request.validation,
      );
      warnings = changed.warnings;
      return changed.object;
    },
    request.options,
  );
  return { object, warnings, isNew: false };
}

function change(current: StoredObject, patch: unknown, language: string, kind: Kind): unknown {
  if (language === JSON_PATCH) return applyJsonPatch(current, patch);
  if (!isRecord(patch))
    throw badRequest(
      "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
  return language === MERGE_PATCH ? applyMergePatch(current, patch) : applyStrategicPatch(current, patch, kind.schema);
}

/** What a patch made of an object is invalid, where the same in a body would be a bad request. */
function decodePatched(value: unknown, kind: Kind, validation: FieldValidation): Decoded {
  try {
    return decode(value, kind, validation);
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error;
    const cause = error.message.replace(/^.* cannot be handled as a [^:]+: /, "");
    throw invalid({ group: "", kind: "" }, "", [invalidValue("patch", JSON.stringify(value), cause)]);
  }
}

function unsupportedLanguage(kind: Kind, languages: readonly string[]): StatusError {
  if (!kind.builtIn) return unsupportedMediaType(languages);
  return new StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
}

function parsePatch(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("invalid JSON patch");
  }
}

/**
 * Server-side apply where it needs no merging: of a new object, and of one that nobody but this manager wrote,
 * which is what a fresh test environment does. Throws a 501 for the rest.
 */
function applyObject(context: Context, target: Target, request: PatchRequest): Patched {
  const { kind, namespace, name } = target;
  const body = parseBody(request.text, true, kind);
  const { object: given, warnings } = decode(body, kind, request.validation);
  const options: WriteOptions = { ...request.options, applied: viewOf(given, kind) };
  if (given.metadata.name !== name) {
    throw badRequest(`the name of the object (${given.metadata.name}) does not match the name on the URL (${name})`);
  }
  if (!context.storage.get(kind.table, keyOf(namespace, name))) {
    return { object: createObject(context, kind, namespace, given, options), warnings, isNew: true };
  }
  const current = getObject(context, target);
  const owners = current.metadata.managedFields ?? [];
  const isOurs = owners.every(
    ({ manager, operation, subresource }) =>
      subresource === "status" || (manager === options.manager && operation === "Apply"),
  );
  if (!isOurs || options.subresource) throw notImplemented("server-side apply over the fields of other managers");
  const versioned = { ...given, metadata: { ...given.metadata, resourceVersion: current.metadata.resourceVersion } };
  return { object: updateObject(context, target, () => versioned as StoredObject, options), warnings, isNew: false };
}

/** From a request's body to an object of a kind, in the form of its table. */
import { parse as parseYaml } from "yaml";
import { invalidValue } from "./field-errors.ts";
import { recordOf, textOf } from "./fields.ts";
import { OBJECT_META } from "./schema/object-meta.ts";
import { prune } from "./schema/prune.ts";
import { validateSchema } from "./schema/validate.ts";
import { badRequest, invalid, type StatusError } from "./status.ts";
import { isMicroTime } from "./times.ts";
import { apiVersionOf, isRecord, type Json, type Kind, type StoredObject } from "./types.ts";

/** How unknown fields are answered: refused, told in a warning, or dropped in silence. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface Decoded {
  readonly object: StoredObject;
  readonly warnings: readonly string[];
}

/** YAML is a superset of JSON; which one it is only decides how an error reads. Throws a 400. */
export function parseBody(text: string, isYaml: boolean, kind: Kind): unknown {
  try {
    return isYaml ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw unrecognized(kind, error instanceof Error ? error.message : "");
  }
}

function unrecognized(kind: Kind, cause: string): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${cause}`,
  );
}

/** Throws a 400 for another kind, a value of the wrong type, or, when `Strict`, an unknown field. */
export function decode(value: unknown, kind: Kind, validation: FieldValidation): Decoded {
  if (!isRecord(value))
    throw unrecognized(kind, `json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value}`);
  const given = { apiVersion: value["apiVersion"] || apiVersionOf(kind), kind: value["kind"] || kind.kind };
  requireKind(given, kind, textOf(recordOf(value["metadata"])["name"]));
  const { value: pruned, unknown } = prune({ ...value, ...given, metadata: value["metadata"] ?? {} }, kind.schema);
  const object = tidyMetadata(pruned as StoredObject);
  requireTypes(object, kind);
  const fields = unknown.map((field) => `unknown field "${field}"`);
  if (validation === "Strict" && fields.length > 0) {
    throw badRequest(cannotBeHandled(given, kind, `strict decoding error: ${fields.join(", ")}`));
  }
  return { object: kind.toTable?.(object) ?? object, warnings: validation === "Warn" ? fields : [] };
}

function requireKind(given: { apiVersion: unknown; kind: unknown }, kind: Kind, name: string): void {
  const version = String(given.apiVersion);
  if (given.apiVersion === apiVersionOf(kind) && given.kind === kind.kind) return;
  if (kind.builtIn) {
    const cause = `no kind "${String(given.kind)}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`;
    throw badRequest(cannotBeHandled(given, kind, cause));
  }
  if (given.kind === kind.kind) {
    throw badRequest(
      `the API version in the data (${version}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  const wrong = invalidValue("kind", given.kind, `must be ${kind.kind}`);
  throw invalid({ group: kind.group, kind: String(given.kind) }, name, [wrong]);
}

function cannotBeHandled(given: { apiVersion: unknown; kind: unknown }, kind: Kind, cause: string): string {
  const version = String(given.apiVersion).split("/").at(-1);
  return `${String(given.kind)} in version "${version}" cannot be handled as a ${kind.kind}: ${cause}`;
}

/** Metadata of every kind, and all of a built-in one, is decoded into typed fields. */
function requireTypes(object: StoredObject, kind: Kind): void {
  const errors = [
    ...validateSchema(object.metadata, OBJECT_META, "metadata"),
    ...(kind.builtIn ? validateSchema(withoutNulls(object), kind.schema, "") : []),
  ].filter(({ type }) => type === "FieldValueTypeInvalid");
  const [first] = errors;
  if (first) {
    const [, wanted = "", given = ""] = /type (\w+): "(\w+)"/.exec(first.message) ?? [];
    throw badRequest(
      cannotBeHandled(
        object,
        kind,
        `json: cannot unmarshal ${jsonType(given)} into Go struct field ${kind.kind}.${first.field} of type ${goType(wanted)}`,
      ),
    );
  }
  for (const [field, time] of microTimes(object)) {
    if (!isMicroTime(time))
      throw badRequest(
        cannotBeHandled(
          object,
          kind,
          `parsing time ${JSON.stringify(time)} as "2006-01-02T15:04:05.000000Z07:00" in ${field}: it needs six digits after the dot`,
        ),
      );
  }
}

function jsonType(type: string): string {
  return type === "integer" ? "number" : type;
}

function goType(type: string): string {
  return type === "integer" ? "int32" : type === "boolean" ? "bool" : type;
}

function microTimes(object: StoredObject): [string, unknown][] {
  const part = (field: string): Json => (isRecord(object[field]) ? object[field] : {});
  if (object.kind === "Lease") {
    return ["acquireTime", "renewTime"].map((field) => [`spec.${field}`, part("spec")[field]]);
  }
  if (object.kind !== "Event") return [];
  return [
    ["eventTime", object["eventTime"]],
    ["series.lastObservedTime", part("series")["lastObservedTime"]],
  ];
}

/** In Go, null leaves a field as it is: absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(entries.map(([name, child]) => [name, withoutNulls(child)]));
}

const OMITTED_WHEN_EMPTY = ["labels", "annotations", "finalizers", "ownerReferences"];

/** As Go writes it back: without nulls and without empty lists and maps. */
function tidyMetadata(object: StoredObject): StoredObject {
  const entries = Object.entries(withoutNulls(object.metadata) as Json);
  const kept = entries.filter(([name, value]) => !(OMITTED_WHEN_EMPTY.includes(name) && isEmpty(value)));
  return { ...object, metadata: Object.fromEntries(kept) as unknown as StoredObject["metadata"] };
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

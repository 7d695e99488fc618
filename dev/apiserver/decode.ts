/** From a request's body to an object of a kind, in the form of its table. */
import { parse as parseYaml } from "yaml";
import { OBJECT_META } from "./schema/object-meta.ts";
import { prune } from "./schema/prune.ts";
import { validateSchema } from "./schema/validate.ts";
import { badRequest } from "./status.ts";
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
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : ""}`,
    );
  }
}

/** Throws a 400 for another kind, a value of the wrong type, or, when `Strict`, an unknown field. */
export function decode(value: unknown, kind: Kind, validation: FieldValidation): Decoded {
  if (!isRecord(value))
    throw badRequest(
      `json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value} into Go value of type runtime.TypeMeta`,
    );
  const given = { apiVersion: value["apiVersion"] || apiVersionOf(kind), kind: value["kind"] || kind.kind };
  requireKind(given, kind);
  const { value: pruned, unknown } = prune({ ...value, ...given, metadata: value["metadata"] ?? {} }, kind.schema);
  const object = withoutNullMetadata(pruned as StoredObject);
  requireTypes(object, kind);
  const fields = unknown.map((field) => `unknown field "${field}"`);
  if (validation === "Strict" && fields.length > 0) {
    throw badRequest(cannotBeHandled(given, kind, `strict decoding error: ${fields.join(", ")}`));
  }
  return { object: kind.toTable?.(object) ?? object, warnings: validation === "Warn" ? fields : [] };
}

function requireKind(given: { apiVersion: unknown; kind: unknown }, kind: Kind): void {
  const version = String(given.apiVersion);
  if (given.apiVersion === apiVersionOf(kind) && given.kind === kind.kind) return;
  if (given.kind === kind.kind) {
    throw badRequest(
      `the API version in the data (${version}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  throw badRequest(
    cannotBeHandled(
      given,
      kind,
      `no kind "${String(given.kind)}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`,
    ),
  );
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
        `json: cannot unmarshal ${given} into Go struct field ${kind.kind}.${first.field} of type ${goType(wanted)}`,
      ),
    );
  }
  for (const [field, time] of microTimes(object)) {
    if (!isMicroTime(time))
      throw badRequest(
        cannotBeHandled(
          object,
          kind,
          `parsing time ${JSON.stringify(time)} of ${field}: want six digits after the dot`,
        ),
      );
  }
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

function withoutNullMetadata(object: StoredObject): StoredObject {
  return { ...object, metadata: withoutNulls(object.metadata) as StoredObject["metadata"] };
}

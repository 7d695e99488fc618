/** metadata.managedFields: who last set which field. Pure. */
import { isDeepStrictEqual } from "node:util";
import { listIdentity } from "./schema/validate.ts";
import { timeText } from "./times.ts";
import {
  apiVersionOf,
  type FieldOwner,
  isRecord,
  type Json,
  type Kind,
  type Schema,
  type StoredObject,
} from "./types.ts";

export interface Writer {
  readonly manager: string;
  /** What was applied, when it was server-side apply. */
  readonly applied?: StoredObject | undefined;
  readonly subresource?: "status" | undefined;
  readonly now: number;
}

/** From the path of a field, its segments joined by `SEPARATOR`, to its value; a container has the value CONTAINER. */
type Fields = ReadonlyMap<string, unknown>;

const SEPARATOR = "\u0000";
const CONTAINER = Symbol("container");
/** Of metadata, these alone are tracked. */
const TRACKED_METADATA: readonly string[] = ["labels", "annotations", "finalizers", "ownerReferences"];

/** The entries of `next` after `writer` turned `old` into it; both in the kind's own form. */
export function trackFields(
  old: StoredObject | undefined,
  next: StoredObject,
  writer: Writer,
  kind: Kind,
): FieldOwner[] {
  const before: Fields = old ? fieldsOf(old, kind) : new Map();
  const after = fieldsOf(next, kind);
  const changed = new Set(
    [...after].filter(([path, value]) => !isDeepStrictEqual(before.get(path), value)).map(([path]) => path),
  );
  const applied = writer.applied && appliedPaths(writer.applied, kind);
  const own: FieldOwner = {
    manager: writer.manager,
    operation: applied ? "Apply" : "Update",
    apiVersion: apiVersionOf(kind),
    time: timeText(writer.now),
    fieldsType: "FieldsV1",
    ...(writer.subresource && { subresource: writer.subresource }),
  };
  const entries = old?.metadata.managedFields ?? [];
  const ours = entries.find((entry) => isSameOwner(entry, own));
  const others = entries.filter((entry) => entry !== ours).flatMap((entry) => without(entry, changed, after));
  const had = ours ? pathsOf(ours.fieldsV1 ?? {}) : [];
  const has = applied ?? [...new Set([...had.filter((path) => after.has(path)), ...changed])];
  if (has.length === 0) return others;
  // Who changes nothing is not named anew.
  if (ours && changed.size === 0 && isDeepStrictEqual(new Set(had), new Set(has))) return [...others, ours];
  return [...others, { ...own, fieldsV1: toFieldsV1(has) }];
}

function isSameOwner(a: FieldOwner, b: FieldOwner): boolean {
  return (["manager", "operation", "apiVersion", "subresource"] as const).every((field) => a[field] === b[field]);
}

/** A container can have several owners; a value has the one who set it last. */
function without(entry: FieldOwner, changed: ReadonlySet<string>, after: Fields): FieldOwner[] {
  const paths = pathsOf(entry.fieldsV1 ?? {});
  const left = paths.filter((path) => after.has(path) && (!changed.has(path) || after.get(path) === CONTAINER));
  if (left.length === paths.length) return [entry];
  return left.length === 0 ? [] : [{ ...entry, fieldsV1: toFieldsV1(left) }];
}

/** Who applies owns the values that it names, and the entries of lists that hold them. */
function appliedPaths(applied: StoredObject, kind: Kind): string[] {
  const isEntry = (path: string): boolean => path.slice(path.lastIndexOf(SEPARATOR) + 1).startsWith("k:");
  return [...fieldsOf(applied, kind)]
    .filter(([path, value]) => value !== CONTAINER || isEntry(path))
    .map(([path]) => path);
}

function fieldsOf(object: StoredObject, kind: Kind): Fields {
  const { schema } = kind;
  const { apiVersion: _, kind: __, metadata, ...content } = object;
  const tracked = Object.fromEntries(Object.entries(metadata).filter(([name]) => TRACKED_METADATA.includes(name)));
  const fields = new Map<string, unknown>();
  collectObject(tracked, schema.properties?.["metadata"], ["f:metadata"], fields, true);
  for (const [name, value] of Object.entries(content)) {
    collect(value, schema.properties?.[name], [`f:${name}`], fields, kind.builtIn);
  }
  return fields;
}

function collect(
  value: unknown,
  schema: Schema | undefined,
  path: readonly string[],
  fields: Map<string, unknown>,
  builtIn: boolean,
): void {
  const key = path.join(SEPARATOR);
  if (builtIn && value === null) return;
  if (isRecord(value) && schema?.["x-kubernetes-map-type"] !== "atomic") {
    // Go's structs have no existence of their own, maps and custom objects have.
    if (!(builtIn && schema?.properties)) fields.set(key, CONTAINER);
    collectObject(value, schema, path, fields, builtIn);
  } else if (Array.isArray(value) && schema && ["map", "set"].includes(schema["x-kubernetes-list-type"] ?? "")) {
    fields.set(key, CONTAINER);
    for (const item of value) collectItem(item, schema, path, fields, builtIn);
  } else {
    fields.set(key, value);
  }
}

function collectObject(
  value: Json,
  schema: Schema | undefined,
  path: readonly string[],
  fields: Map<string, unknown>,
  builtIn: boolean,
): void {
  for (const [name, child] of Object.entries(value)) {
    collect(child, schema?.properties?.[name] ?? schema?.additionalProperties, [...path, `f:${name}`], fields, builtIn);
  }
}

function collectItem(
  item: unknown,
  schema: Schema,
  path: readonly string[],
  fields: Map<string, unknown>,
  builtIn: boolean,
): void {
  const isMap = schema["x-kubernetes-list-type"] === "map";
  const segment = `${isMap ? "k" : "v"}:${JSON.stringify(listIdentity(item, schema))}`;
  // Entries of built-in lists, such as ownerReferences, are owned as a whole.
  if (isMap && !builtIn && isRecord(item)) {
    fields.set([...path, segment].join(SEPARATOR), CONTAINER);
    collectObject(item, schema.items, [...path, segment], fields, builtIn);
  } else {
    fields.set([...path, segment].join(SEPARATOR), item);
  }
}

function toFieldsV1(paths: readonly string[]): Json {
  const root: Json = {};
  for (const path of [...paths].sort()) {
    let node = root;
    for (const segment of path.split(SEPARATOR)) {
      node[segment] ??= {};
      node = node[segment] as Json;
    }
    node["."] = {};
  }
  return withoutLeafDots(root);
}

/** A leaf is `{}`; only what has children says with `.` that it is owned itself. */
function withoutLeafDots(node: Json): Json {
  const { ".": self, ...children } = node;
  const entries = Object.entries(children).map(([name, child]): [string, unknown] => [
    name,
    withoutLeafDots(child as Json),
  ]);
  return entries.length === 0 ? {} : { ...(self !== undefined && { ".": {} }), ...Object.fromEntries(entries) };
}

function pathsOf(fields: Json, path: readonly string[] = []): string[] {
  const names = Object.keys(fields);
  const own = path.length > 0 && (names.length === 0 || names.includes(".")) ? [path.join(SEPARATOR)] : [];
  const inner = names.filter((name) => name !== ".").flatMap((name) => pathsOf(fields[name] as Json, [...path, name]));
  return [...own, ...inner];
}

/** JSON merge patch (RFC 7386), and strategic merge patch as far as built-in kinds need it. Pure. */
import { notImplemented } from "./status.ts";
import { isRecord, type Json, type Schema } from "./types.ts";

/** null removes, objects merge, all else replaces. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Json = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applyMergePatch(result[name], value);
  }
  return result;
}

/** As a merge patch, but lists that have a merge key merge by it, and finalizers as a set. Throws a 501 for directives that it does not know. */
export function applyStrategicPatch(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(patch)) return mergeList(Array.isArray(target) ? target : [], patch, schema);
  if (!isRecord(patch)) return patch;
  const { $patch: directive, ...changes } = patch;
  if (directive === "replace") return changes;
  if (directive !== undefined)
    throw notImplemented(`support for the strategic merge directive $patch: ${JSON.stringify(directive)}`);
  const result: Json = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(changes)) {
    if (name.startsWith("$setElementOrder/")) continue;
    const primitive = /^\$deleteFromPrimitiveList\/(.+)$/.exec(name)?.[1];
    if (primitive !== undefined) result[primitive] = without(result[primitive], value);
    else if (name.startsWith("$")) throw notImplemented(`support for the strategic merge directive ${name}`);
    else if (value === null) delete result[name];
    else
      result[name] = applyStrategicPatch(
        result[name],
        value,
        schema?.properties?.[name] ?? schema?.additionalProperties,
      );
  }
  return result;
}

function mergeList(target: readonly unknown[], patch: readonly unknown[], schema: Schema | undefined): unknown[] {
  if (schema?.["x-kubernetes-list-type"] === "set") return [...new Set([...patch, ...target])];
  const key = schema?.["x-kubernetes-patch-merge-key"];
  if (key === undefined) return [...patch];
  let items = [...target];
  for (const change of patch.filter(isRecord)) {
    const isSame = (item: unknown): boolean => isRecord(item) && item[key] === change[key];
    if (change["$patch"] === "delete") {
      items = items.filter((item) => !isSame(item));
      continue;
    }
    const found = items.find(isSame);
    const merged = applyStrategicPatch(found, change, schema?.items);
    if (found === undefined) items.push(merged);
    else items = items.map((item) => (isSame(item) ? merged : item));
  }
  return items;
}

function without(list: unknown, removed: unknown): unknown {
  return Array.isArray(list) && Array.isArray(removed) ? list.filter((item) => !removed.includes(item)) : list;
}

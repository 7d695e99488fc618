/** Drops the fields that a structural schema does not know. Pure. */
import { isRecord, type Json, type Schema } from "../types.ts";

export interface Pruned {
  readonly value: unknown;
  /** What was dropped, such as `spec.items[0].x`, sorted. */
  readonly unknown: readonly string[];
}

export function prune(value: unknown, schema: Schema): Pruned {
  const unknown: string[] = [];
  return { value: keep(value, schema, "", unknown), unknown: unknown.sort() };
}

function keep(value: unknown, schema: Schema, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item, index) => keep(item, items, `${path}[${index}]`, unknown)) : value;
  }
  if (!isRecord(value)) return value;
  const kept: Json = {};
  for (const [name, child] of Object.entries(value)) {
    const childPath = path === "" ? name : `${path}.${name}`;
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    if (known) kept[name] = keep(child, known, childPath, unknown);
    else if (schema["x-kubernetes-preserve-unknown-fields"]) kept[name] = child;
    else unknown.push(childPath);
  }
  return kept;
}

/** Fills in the defaults of a structural schema. Pure. */
import { isRecord, type Json, type Schema } from "../types.ts";

/** A null where a default is and null is not allowed counts as absent. */
export function withDefaults(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item) => withDefaults(item, items)) : value;
  }
  if (!isRecord(value)) return value;
  const result: Json = { ...value };
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const given = result[name];
    const absent = given === undefined || (given === null && child.nullable !== true);
    if (absent && child.default !== undefined) result[name] = structuredClone(child.default);
    if (result[name] !== undefined) result[name] = withDefaults(result[name], child);
  }
  const { additionalProperties } = schema;
  if (!additionalProperties) return result;
  for (const [name, child] of Object.entries(result)) {
    if (!schema.properties?.[name]) result[name] = withDefaults(child, additionalProperties);
  }
  return result;
}

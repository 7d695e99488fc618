/** A status with every field that its CRD has, and the schema that it is held against. */
import { readKinds, type Schema } from "../../scripts/generate/crd.ts";

const kinds = readKinds(new URL("../../crds", import.meta.url).pathname);

export function statusSchema(kind: "O365Sync" | "MailDomain"): Schema {
  const found = kinds.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return found.status;
}

/** Of every list one entry, of every choice the first, and `time` wherever a time stands. The only pattern is that of a time of day. */
export const wholeStatus = (kind: "O365Sync" | "MailDomain", time: string): object =>
  sampleOf(statusSchema(kind), time) as object;

function sampleOf(schema: Schema, time: string): unknown {
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, each]) => [name, sampleOf(each, time)]),
      );
    case "array":
      return schema.items ? [sampleOf(schema.items, time)] : [];
    case "string":
      return schema.format === "date-time" ? time : schema.pattern === undefined ? "x" : "06:00";
    case "integer":
      return 1;
    case "boolean":
      return true;
  }
}

/** Each place of a value that holds no list and no object, as the keys that lead there. */
export function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, [...path, key]));
}

/** The same value with another one at that place. */
export function replacedAt(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const replaced = replacedAt((value as Record<string, unknown>)[key], rest, by);
  if (Array.isArray(value)) return value.map((each: unknown, index) => (String(index) === key ? replaced : each));
  return { ...(value as object), [key]: replaced };
}

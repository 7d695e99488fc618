/** Refuses a schema that says more than this server understands: a rule that is not checked would be a silent lie. */
import { notImplemented } from "../status.ts";
import { isRecord, type Schema } from "../types.ts";
import { parseRule } from "./cel-functions.ts";
import { STRING_FORMATS } from "./formats.ts";

const KEYWORDS: readonly string[] = [
  "type",
  "description",
  "format",
  "properties",
  "additionalProperties",
  "items",
  "required",
  "enum",
  "default",
  "nullable",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "pattern",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-int-or-string",
  "x-kubernetes-validations",
];
const RULE_KEYWORDS: readonly string[] = ["rule", "message", "fieldPath"];
const FORMATS: readonly string[] = ["int32", "int64", "float", "double", ...STRING_FORMATS];

/** Throws a 501 that names the path and what is not understood. */
export function requireSupported(schema: Schema, path: string): void {
  for (const keyword of Object.keys(schema)) if (!KEYWORDS.includes(keyword)) throw missing(path, `keyword ${keyword}`);
  if (schema.format !== undefined && !FORMATS.includes(schema.format)) throw missing(path, `format ${schema.format}`);
  const rules = schema["x-kubernetes-validations"] ?? [];
  for (const rule of rules) requireRule(rule, path);
  // In CEL a date-time is a timestamp, not a string; here it would be a string.
  if (rules.length > 0 && hasStringFormat(schema)) throw missing(path, "CEL rule over a formatted string");
  for (const [name, child] of Object.entries(schema.properties ?? {})) requireSupported(child, `${path}.${name}`);
  if (isRecord(schema.additionalProperties)) requireSupported(schema.additionalProperties, `${path}.*`);
  if (schema.items) requireSupported(schema.items, `${path}[]`);
}

function requireRule(rule: { rule: string }, path: string): void {
  for (const field of Object.keys(rule))
    if (!RULE_KEYWORDS.includes(field)) throw missing(path, `${field} of a CEL rule`);
  try {
    parseRule(rule.rule);
  } catch (error) {
    throw missing(path, error instanceof Error ? error.message : String(error));
  }
}

function hasStringFormat({ format, properties = {}, items, additionalProperties }: Schema): boolean {
  if (format !== undefined && STRING_FORMATS.includes(format)) return true;
  const children = [...Object.values(properties), ...(items ? [items] : [])];
  return [...children, ...(isRecord(additionalProperties) ? [additionalProperties] : [])].some(hasStringFormat);
}

function missing(path: string, what: string): Error {
  return notImplemented(`support for the ${what} (schema of ${path})`);
}

/** Checks a value against a structural schema, with the texts of the API server. Pure. */
import { duplicate, invalidType, invalidValue, notSupported, required, tooLong, tooMany } from "../field-errors.ts";
import { type FieldError, isRecord, type Schema } from "../types.ts";
import { hasFormat } from "./formats.ts";

export function validateSchema(value: unknown, schema: Schema, path: string): FieldError[] {
  if (value === null && schema.nullable) return [];
  if (schema["x-kubernetes-int-or-string"]) return [];
  const given = typeOf(value);
  const fits = schema.type === undefined || given === schema.type || (schema.type === "number" && given === "integer");
  if (!fits) return wrongType(path, schema, given);
  const values = schema.enum;
  const errors = values && !values.includes(value) ? [notSupported(path, value, values)] : [];
  if (Array.isArray(value)) return [...errors, ...validateList(value, schema, path)];
  if (isRecord(value)) return [...errors, ...validateObject(value, schema, path)];
  if (typeof value === "string") return [...errors, ...validateString(value, schema, path)];
  if (typeof value === "number") return [...errors, ...validateNumber(value, schema, path)];
  return errors;
}

function validateObject(value: Readonly<Record<string, unknown>>, schema: Schema, path: string): FieldError[] {
  const child = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const missing = (schema.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => required(child(name)));
  const wrong = Object.entries(value).flatMap(([name, item]) => {
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    return known ? validateSchema(item, known, child(name)) : [];
  });
  return [...missing, ...wrong];
}

function validateList(value: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const { items, minItems, maxItems } = schema;
  const errors: FieldError[] = [];
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (!items) return errors;
  return [...errors, ...value.flatMap((item, index) => validateSchema(item, items, `${path}[${index}]`))];
}

function validateString(value: string, schema: Schema, path: string): FieldError[] {
  const { minLength, maxLength, pattern, format } = schema;
  const errors: FieldError[] = [];
  const length = Array.from(value).length;
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength) {
    errors.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) {
    errors.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format !== undefined && !hasFormat(value, format)) {
    errors.push(invalidValue(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  }
  return errors;
}

function validateNumber(value: number, schema: Schema, path: string): FieldError[] {
  const { minimum, maximum, format } = schema;
  const errors: FieldError[] = [];
  if (format === "int32" && Math.abs(value) > 2 ** 31) {
    errors.push(invalidType(path, "int64", `${path} in body must be of type int32: "int64"`));
  }
  if (maximum !== undefined && value > maximum) {
    errors.push(invalidValue(path, value, `${path} in body should be less than or equal to ${maximum}`));
  }
  if (minimum !== undefined && value < minimum) {
    errors.push(invalidValue(path, value, `${path} in body should be greater than or equal to ${minimum}`));
  }
  return errors;
}

function wrongType(path: string, { type, format }: Schema, given: string): FieldError[] {
  if (type !== "integer" || given !== "number") {
    return [invalidType(path, given, `${path} in body must be of type ${type}: "${given}"`)];
  }
  return [
    invalidType(path, "float64", `${path} in body must be of type ${format ?? type}: "float64"`),
    {
      type: "FieldValueInvalid",
      field: "<nil>",
      message: `Invalid value: "": Checked value must be of type integer with format ${format} in ${path}`,
    },
  ];
}

/** In the words of JSON schema. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** Entries of lists that are sets or maps must differ, in value or in their keys. */
export function validateLists(value: unknown, schema: Schema, path: string): FieldError[] {
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([name, item]) => {
      const known = schema.properties?.[name] ?? schema.additionalProperties;
      return known ? validateLists(item, known, path === "" ? name : `${path}.${name}`) : [];
    });
  }
  const { items } = schema;
  if (!Array.isArray(value) || !items) return [];
  const inner = value.flatMap((item, index) => validateLists(item, items, `${path}[${index}]`));
  if (!["set", "map"].includes(schema["x-kubernetes-list-type"] ?? "atomic")) return inner;
  const seen = new Set<string>();
  const twice = value.flatMap((item, index) => {
    const identity = listIdentity(item, schema);
    const text = JSON.stringify(identity);
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, identity)];
    seen.add(text);
    return [];
  });
  return [...twice, ...inner];
}

/** What tells one entry of a list from the others: its keys, or its value. */
export function listIdentity(item: unknown, schema: Schema): unknown {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (!keys || !isRecord(item)) return item;
  return Object.fromEntries([...keys].sort().map((key) => [key, item[key]]));
}

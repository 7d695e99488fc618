/** The texts of field errors, as k8s.io/apimachinery's field package writes them. Pure. */
import type { FieldError, FieldErrorType } from "./types.ts";

const error = (type: FieldErrorType, field: string, message: string): FieldError => ({ type, field, message });

export function required(field: string, detail = ""): FieldError {
  return error("FieldValueRequired", field, detail === "" ? "Required value" : `Required value: ${detail}`);
}

/** Objects and lists are too long to be quoted. */
export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  const quoted = typeof value === "object" && value !== null ? "" : `${JSON.stringify(value)}: `;
  return error("FieldValueInvalid", field, `Invalid value: ${quoted}${detail}`);
}

/** `given` names the type of what was given. */
export function invalidType(field: string, given: string, detail: string): FieldError {
  return error("FieldValueTypeInvalid", field, `Invalid value: ${JSON.stringify(given)}: ${detail}`);
}

export function duplicate(field: string, value: unknown): FieldError {
  return error("FieldValueDuplicate", field, `Duplicate value: ${JSON.stringify(value)}`);
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const values = supported.map((one) => JSON.stringify(String(one))).join(", ");
  return error(
    "FieldValueNotSupported",
    field,
    `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`,
  );
}

export function forbiddenField(field: string, detail: string): FieldError {
  return error("FieldValueForbidden", field, `Forbidden: ${detail}`);
}

export function tooLong(field: string, most: number): FieldError {
  return error("FieldValueTooLong", field, `Too long: may not be more than ${most} bytes`);
}

export function tooMany(field: string, count: number, most: number): FieldError {
  return error("FieldValueTooMany", field, `Too many: ${count}: must have at most ${most} items`);
}

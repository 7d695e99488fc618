/** Reads fields of JSON whose shape nobody has promised. Pure. */
import { isRecord, type Json } from "./types.ts";

/** The object, or an empty one. */
export function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** The text of a string, number or boolean; empty for anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

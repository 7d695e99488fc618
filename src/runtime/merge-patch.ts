/** JSON merge patches (RFC 7386) from the difference of two objects. Pure. */
import { isDeepStrictEqual } from "node:util";

type Json = Record<string, unknown>;

/** What leads from `before` to `after`; undefined when they are the same. */
export function difference(before: object, after: object): Json | undefined {
  const patch: Json = {};
  const [old, next] = [before as Json, after as Json];
  for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
    const [from, to] = [old[key], next[key]];
    if (isDeepStrictEqual(from, to)) continue;
    if (to === undefined) patch[key] = null;
    else if (isObject(from) && isObject(to)) patch[key] = difference(from, to);
    else patch[key] = to;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON Patch (RFC 6902). Pure. */
import { isDeepStrictEqual } from "node:util";
import { badRequest, StatusError } from "./status.ts";
import { isRecord } from "./types.ts";

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** The changed copy. Throws a 422 for an operation that does not fit the document, a 400 for a patch that is none. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  return (patch as Operation[]).reduce((value, operation) => apply(value, operation), structuredClone(document));
}

function apply(document: unknown, operation: Operation): unknown {
  const { op, path, from, value } = operation;
  switch (op) {
    case "add":
      return edit(document, segments(path), operation, (parent, key) => insert(parent, key, structuredClone(value)));
    case "replace":
      return edit(document, segments(path), operation, (parent, key) => replace(parent, key, structuredClone(value)));
    case "remove":
      return edit(document, segments(path), operation, (parent, key) => remove(parent, key));
    case "test":
      if (!isDeepStrictEqual(read(document, segments(path)), value)) {
        throw refused();
      }
      return document;
    case "copy":
    case "move": {
      const moved = structuredClone(read(document, segments(from ?? "")));
      if (moved === undefined) throw refused();
      const rest = op === "move" ? apply(document, { op: "remove", path: from ?? "" }) : document;
      return apply(rest, { op: "add", path, value: moved });
    }
    default:
      throw refused();
  }
}

type Container = unknown[] | Record<string, unknown>;

function edit(
  document: unknown,
  path: readonly string[],
  operation: Operation,
  change: (parent: Container, key: string) => void,
): unknown {
  const key = path.at(-1);
  if (key === undefined) return operation.value;
  const parent = read(document, path.slice(0, -1));
  if (!Array.isArray(parent) && !isRecord(parent)) throw refused();
  change(parent, key);
  return document;
}

function insert(parent: Container, key: string, value: unknown): void {
  if (!Array.isArray(parent)) parent[key] = value;
  else if (key === "-") parent.push(value);
  else parent.splice(Number(key), 0, value);
}

function replace(parent: Container, key: string, value: unknown): void {
  if (!(key in parent)) throw refused();
  (parent as Record<string, unknown>)[key] = value;
}

function remove(parent: Container, key: string): void {
  if (!(key in parent)) throw refused();
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

function read(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (Array.isArray(value) || isRecord(value) ? (value as Record<string, unknown>)[key] : undefined),
    document,
  );
}

function segments(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The API server does not say which operation it was. */
function refused(): StatusError {
  return new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {});
}

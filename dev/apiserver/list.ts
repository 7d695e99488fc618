/** Lists: selected, in pages that all show one moment, and at the resource version that was asked for. */
import type { Context } from "./context.ts";
import type { ListMeta } from "./forms.ts";
import { fieldSelector, labelSelector, type Selector } from "./selectors.ts";
import { badRequest, expired, StatusError } from "./status.ts";
import { keyOf } from "./storage.ts";
import type { Kind, StoredObject } from "./types.ts";

export interface Page {
  readonly objects: readonly StoredObject[];
  readonly meta: ListMeta;
}

/** What the query selects of a kind, in the namespace if there is one. Throws a 400. */
export function selectorOf(kind: Kind, namespace: string | undefined, query: URLSearchParams): Selector {
  const labels = labelSelector(query.get("labelSelector") ?? "");
  const fields = fieldSelector(query.get("fieldSelector") ?? "", kind);
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && labels(object) && fields(object);
}

interface Token {
  /** The revision of the first page. */
  readonly rv: number;
  /** The key after which the next page begins. */
  readonly start: string;
}

/** Throws a 400, 410 or 504. */
export function listPage(
  { storage }: Context,
  kind: Kind,
  namespace: string | undefined,
  query: URLSearchParams,
): Page {
  const selects = selectorOf(kind, namespace, query);
  const token = readToken(query.get("continue"));
  const revision = token?.rv ?? revisionAsked(query, storage.revision);
  const objects = storage.listAt(kind.table, revision);
  if (!objects) throw expired(token ? TOKEN_EXPIRED : `The resourceVersion for the provided list is too old.`);
  const rest = objects.filter((object) => selects(object) && (!token || keyFor(object) > token.start));
  const limit = Number(query.get("limit") ?? 0) || rest.length;
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  if (!last || rest.length <= limit) return { objects: page, meta: { resourceVersion: String(revision) } };
  const next = writeToken({ rv: revision, start: keyFor(last) });
  const hasSelector = query.get("labelSelector") || query.get("fieldSelector");
  const remaining = hasSelector ? {} : { remainingItemCount: rest.length - limit };
  return { objects: page, meta: { resourceVersion: String(revision), continue: next, ...remaining } };
}

const TOKEN_EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** The newest unless the query wants exactly one. */
function revisionAsked(query: URLSearchParams, newest: number): number {
  const version = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch");
  if (match && version === "") {
    throw badRequest(
      `resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
    );
  }
  if (version === "" || version === "0") return newest;
  const revision = parseVersion(version);
  if (revision > newest) throw tooNew(revision, newest);
  return match === "Exact" ? revision : newest;
}

/** Throws a 400 for what is no resource version. */
export function parseVersion(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

export function tooNew(asked: number, newest: number): StatusError {
  const message = `Too large resource version: ${asked}, current: ${newest}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return new StatusError(504, "Timeout", message, { causes, retryAfterSeconds: 1 }, 1);
}

function keyFor({ metadata }: StoredObject): string {
  return keyOf(metadata.namespace, metadata.name);
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", ...token })).toString("base64url");
}

function readToken(text: string | null): Token | undefined {
  if (!text) return undefined;
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Partial<Token>;
    if (typeof rv === "number" && typeof start === "string") return { rv, start };
  } catch {
    // Falls through to the same answer.
  }
  throw badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0");
}

/** Follows a collection from page to page to its end: every page well-formed, every link on Graph's own origin. */
import { createHash } from "node:crypto";
import type { Share } from "../../base/shared-room.ts";
import type { Source } from "../../recipients/model.ts";
import { isExpired, malformed, type Refusal, refused } from "../errors/to-failure.ts";
import { asRecord } from "../http/json.ts";
import { FILTER, LISTING, type Operation, SELECT } from "../sources.ts";
import type { Graph } from "./graph.ts";

export interface Page {
  readonly entries: readonly unknown[];
  /** A chain begins here: what came before, if anything, belongs to one that was given up. */
  readonly first: boolean;
}

/** Graph's largest page, and one that it gave even to tenants where it refused the largest. */
const PAGE_SIZES = [999, 100] as const;
/** How often a chain begins anew because Graph no longer knows the link to the next page. */
const MOST_RESTARTS = 3;
/** Of one chain: ten times what a list of the largest size has in pages of a hundred. */
const MOST_PAGES = 50_000;
/** Graph's have some hundred characters. */
const LONGEST_LINK = 16 * 1024;

/** Where a collection begins. `advanced`: with the query capabilities that keep a filtered chain alive. */
export function listPath(source: Source, top: number, advanced = false): string {
  const filter = FILTER[source];
  const query = [
    `$select=${SELECT[source]}`,
    `$top=${top}`,
    ...(filter === undefined ? [] : [`$filter=${encodeURIComponent(filter)}`]),
    ...(advanced ? ["$count=true"] : []),
  ];
  return `/${source}?${query.join("&")}`;
}

/**
 * Ends after the last page. Throws Failure, or the signal's reason; then no page that came before may be used. The next
 * page is on its way while the one before it is worked on.
 */
export async function* readPages(
  graph: Graph,
  source: Source,
  signal: AbortSignal,
  mostPages = MOST_PAGES,
): AsyncGenerator<Page> {
  const left = new AbortController();
  try {
    yield* followPages(graph, source, mostPages, AbortSignal.any([signal, left.signal]));
  } finally {
    left.abort();
  }
}

async function* followPages(
  graph: Graph,
  source: Source,
  mostPages: number,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const operation = LISTING[source];
  let top: number = PAGE_SIZES[0];
  let advanced = false;
  let restarts = 0;
  let seen = new Set<string>();
  const shares = new Set<Share>();
  const ask = (path: string) => {
    const share = graph.share();
    shares.add(share);
    const headers = advanced ? { headers: ADVANCED } : {};
    return { share, answered: graph.call({ operation, path, signal, share, ...headers }) };
  };
  const close = (share: Share): void => {
    share.close();
    shares.delete(share);
  };
  try {
    let next: ReturnType<typeof ask> | undefined = ask(listPath(source, top));
    while (next !== undefined) {
      const first = seen.size === 0;
      const { share, answered }: ReturnType<typeof ask> = next;
      const answer = await answered;
      if ("body" in answer) {
        const { entries, link } = parsePage(operation, graph.origin, answer.body);
        const digest = link === undefined ? "" : digestOf(link);
        if (seen.has(digest)) throw malformed(operation, "a page leads back to one that was read already");
        if (seen.size === mostPages) throw malformed(operation, "its pages do not end");
        next = link === undefined ? undefined : ask(link);
        // Looked at when its turn comes.
        next?.answered.catch(() => {});
        if (link !== undefined) seen.add(digest);
        yield { entries, first };
        close(share);
        continue;
      }
      close(share);
      const { refusal } = answer;
      if (!first && isExpired(refusal) && restarts < MOST_RESTARTS) {
        restarts++;
        advanced = FILTER[source] !== undefined;
      } else if (first && refusesSize(refusal) && top !== PAGE_SIZES[1]) {
        top = PAGE_SIZES[1];
      } else {
        throw refused(refusal);
      }
      seen = new Set();
      next = ask(listPath(source, top, advanced));
    }
  } finally {
    for (const share of shares) share.close();
  }
}

/** What is kept of a link: a chain may have thousands of them. */
const digestOf = (link: string): string => createHash("sha256").update(link).digest("base64url");

/** Source: learn.microsoft.com/graph/aad-advanced-queries; a link does not carry the header, every page needs it. */
export const ADVANCED = { ConsistencyLevel: "eventual" } as const;

const refusesSize = (refusal: Refusal): boolean => refusal.status === 400 && !isExpired(refusal);

/** The entries of one page and the link to the next. */
export function parsePage(
  operation: Operation,
  origin: string,
  body: unknown,
): { entries: readonly unknown[]; link: string | undefined } {
  const { value, "@odata.nextLink": next, "@odata.context": context } = asRecord(body) ?? {};
  if (isOfOther(operation, context)) throw malformed(operation, "it is the answer to another request");
  if (!Array.isArray(value)) throw malformed(operation, "a page has no list of entries");
  if (next === undefined || next === null) return { entries: value, link: undefined };
  const link = ownLink(next, origin);
  if (link === undefined) throw malformed(operation, "the link to the next page does not lead to Graph");
  return { entries: value, link };
}

/** What a page says that it is of, by the collection that was asked for. */
const CONTEXTS: Readonly<Partial<Record<Operation, string>>> = {
  "listing users": "users",
  "listing groups": "groups",
  "listing contacts": "contacts",
  "reading the organization": "organization",
};

/** Names that are none of these say nothing: clouds differ in how they call a collection. */
function isOfOther(operation: Operation, context: unknown): boolean {
  const [, name] = /\$metadata#([A-Za-z]+)/.exec(typeof context === "string" ? context : "") ?? [];
  const own = CONTEXTS[operation];
  return own !== undefined && name !== undefined && name !== own && Object.values(CONTEXTS).includes(name);
}

/** The token must not leave for another host, whatever an answer says. */
function ownLink(link: unknown, origin: string): string | undefined {
  if (typeof link !== "string" || link.length > LONGEST_LINK || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  const own = url.origin === origin && url.username === "" && url.password === "" && url.pathname.startsWith("/v1.0/");
  return own ? link : undefined;
}

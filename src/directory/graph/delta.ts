/** Asks a collection what has changed: which objects, not what of them. Nothing of it is believed before it is read by id. */
import type { Source } from "../../recipients/model.ts";
import { isExpired, malformed, type Refusal, refused } from "../errors/to-failure.ts";
import { asRecord } from "../http/json.ts";
import { FOLLOWING, type Operation, SELECT } from "../sources.ts";
import type { DeltaAnswer, DeltaLink, Named } from "../types.ts";
import type { Graph } from "./graph.ts";

/** Graph's pages have 200 objects; a tenant in which more has changed is read in full sooner. */
const MOST_PAGES = 100;
const MOST_IDS = 10_000;
/** Of all that is named on its pages; bodies are bounded by themselves, and there are many. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
const LONGEST_LINK = 4096;
const LONGEST_ID = 256;
/** More than Exchange gives an object. */
const MOST_NAMED = 500;
const LONGEST_NAMED = 1024;

export const fromNow = (source: Source): string => `/${source}/delta?$select=${SELECT[source]}&$deltatoken=latest`;

/** A link that is asked from now on: what changed before is not told. */
export async function followFromNow(graph: Graph, source: Source, signal: AbortSignal): Promise<DeltaLink> {
  const answer = await follow(graph, source, fromNow(source), signal);
  // Of a link that was never used nothing can be lost.
  if (answer.kind === "lost") throw malformed(FOLLOWING[source], "the answer leads nowhere");
  return answer.link;
}

/** The objects that changed since the link was given out; some that did not may be among them. Throws Failure. */
export function changedSince(graph: Graph, source: Source, link: DeltaLink, signal: AbortSignal): Promise<DeltaAnswer> {
  return isOwnLink(link, source, graph.origin)
    ? follow(graph, source, link, signal)
    : Promise.resolve({ kind: "lost" });
}

async function follow(graph: Graph, source: Source, start: string, signal: AbortSignal): Promise<DeltaAnswer> {
  const operation = FOLLOWING[source];
  const objects = new Map<string, Named>();
  let [path, characters] = [start, 0];
  for (let page = 0; page < MOST_PAGES && objects.size <= MOST_IDS && characters <= MOST_CHARACTERS; page++) {
    const answer = await graph.call({ operation, path, signal });
    if ("refusal" in answer) {
      if (isLost(answer.refusal)) return { kind: "lost" };
      throw refused(answer.refusal);
    }
    const { value, "@odata.nextLink": next, "@odata.deltaLink": last } = asRecord(answer.body) ?? {};
    if (!Array.isArray(value)) throw malformed(operation, "a page has no list of entries");
    // Of what is told of an object several times the last counts.
    for (const entry of value) {
      const named = namedBy(entry);
      objects.set(idOf(operation, entry), named);
      for (const text of named) characters += text.length;
    }
    const link = next ?? last;
    if (typeof link !== "string" || !isOwnLink(link, source, graph.origin))
      throw malformed(operation, "the link of a page does not lead to the same collection of Graph");
    if (next === undefined) return { kind: "changed", objects, link };
    path = link;
  }
  return { kind: "lost" };
}

function idOf(operation: Operation, entry: unknown): string {
  const id = asRecord(entry)?.["id"];
  if (typeof id !== "string" || id === "" || id.length > LONGEST_ID) throw malformed(operation, "an object has no id");
  return id;
}

/** What is no list of texts names nothing: it is not believed anyway. */
export function namedBy(entry: unknown): Named {
  const { mail, proxyAddresses, "@removed": removed } = asRecord(entry) ?? {};
  if (removed !== undefined) return new Set();
  const proxies: unknown[] = Array.isArray(proxyAddresses) ? proxyAddresses.slice(0, MOST_NAMED) : [];
  const isText = (text: unknown): text is string => typeof text === "string" && text !== "";
  return new Set([mail, ...proxies].filter(isText).filter((text) => text.length <= LONGEST_NAMED));
}

const LOST_CODES: readonly string[] = ["resyncRequired", "syncStateNotFound", "syncStateInvalid"];

/** Source: learn.microsoft.com/graph/delta-query-overview#synchronization-reset. */
const isLost = (refusal: Refusal): boolean =>
  refusal.status === 410 || isExpired(refusal) || (refusal.codes ?? []).some((code) => LOST_CODES.includes(code));

/** Links are kept where others can write: they lead to the changes of one collection, on Graph's own origin, or nowhere. */
export function isOwnLink(link: string, source: Source, origin: string): boolean {
  if (link.length > LONGEST_LINK || !URL.canParse(link)) return false;
  const { origin: from, username, password, pathname } = new URL(link);
  const path = `/v1.0/${source}/`;
  const rest = pathname.startsWith(path) ? pathname.slice(path.length) : "";
  return from === origin && username === "" && password === "" && /^(microsoft\.graph\.)?delta(\(\))?$/.test(rest);
}

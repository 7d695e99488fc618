/** Follows a chain of pages to its end: every page well-formed, every link on Graph's own origin, or nothing at all. */
import type { DirectoryObject, Source } from "../recipients/model.ts";
import { malformed, type Operation } from "./errors.ts";
import { type Graph, type GraphAnswer, refuse } from "./graph.ts";
import { LISTING, SELECT } from "./sources.ts";

/** Graph's largest page, and one that every cloud grants. */
const PAGE_SIZES = [999, 100];
/** How often a chain begins anew because Graph forgot its page token. */
const RESTARTS = 3;

export interface ListedObject extends DirectoryObject {
  /** Groups only: whether Graph lists it as a recipient. */
  readonly mailEnabled?: boolean;
}

/** All objects of a source, read to the end of the chain. */
export async function readChain(graph: Graph, source: Source, signal: AbortSignal): Promise<DirectoryObject[]> {
  for (let restart = 0; ; restart++) {
    const objects = await readOnce(graph, source, restart > 0, signal);
    if (objects !== "expired") return objects;
    if (restart === RESTARTS) throw malformed(LISTING[source], "Graph called its own page token expired again and again");
  }
}

/** Filtered lists need the advanced query headers to keep their page tokens. Source: Microsoft's note on Directory_ExpiredPageToken. */
async function readOnce(graph: Graph, source: Source, restarted: boolean, signal: AbortSignal): Promise<DirectoryObject[] | "expired"> {
  const operation = LISTING[source];
  const advanced = restarted && source === "groups";
  const headers = advanced ? { ConsistencyLevel: "eventual" } : {};
  const objects: DirectoryObject[] = [];
  const seen = new Set<string>();
  let answer = await firstPage(graph, source, advanced, headers, signal);
  for (;;) {
    if (isExpired(answer)) return "expired";
    if (answer.code !== undefined) refuse(operation, answer);
    const { items, next } = parsePage(operation, graph.origin, answer.body);
    for (const item of items) objects.push(parseObject(source, item));
    if (next === undefined) return objects;
    if (seen.has(next)) throw malformed(operation, "a page links to one that was read already");
    seen.add(next);
    answer = await graph.call({ operation, path: next, headers, signal });
  }
}

async function firstPage(
  graph: Graph,
  source: Source,
  advanced: boolean,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<GraphAnswer> {
  const filter = source === "groups" ? "$filter=mailEnabled eq true&" : "";
  const count = advanced ? "$count=true&" : "";
  let answer: GraphAnswer = { status: 0, body: undefined };
  for (const size of PAGE_SIZES) {
    const path = `/${source}?${filter}${count}$select=${SELECT[source]}&$top=${size}`;
    answer = await graph.call({ operation: LISTING[source], path, headers, signal });
    if (answer.status !== 400 || isExpired(answer)) return answer;
  }
  return answer;
}

const EXPIRED = /^(directory_expiredpagetoken|resyncrequired|syncstatenotfound)$/i;

const isExpired = ({ status, code }: GraphAnswer): boolean => status === 410 || (code !== undefined && EXPIRED.test(code));

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | undefined;
}

export function parsePage(operation: Operation, origin: string, body: unknown): Page {
  const page = isObject(body) ? body : {};
  const { value, "@odata.nextLink": next } = page;
  if (!Array.isArray(value)) throw malformed(operation, "a page has no array named value");
  if (next === undefined) return { items: value, next };
  if (typeof next !== "string" || !isOwnLink(next, origin)) throw malformed(operation, "a page links to another place than Graph");
  return { items: value, next };
}

/** A token must never leave for another host, whatever an answer says. */
function isOwnLink(link: string, origin: string): boolean {
  if (!URL.canParse(link)) return false;
  const url = new URL(link);
  return url.origin === origin && url.username === "" && url.password === "" && url.pathname.startsWith("/v1.0/");
}

/** Throws Failure when a property is not of its type: a permission that is too small shows as nulls. */
export function parseObject(source: Source, item: unknown): ListedObject {
  const operation = LISTING[source];
  if (!isObject(item)) throw malformed(operation, "an entry is no object");
  const { id, mail = null, proxyAddresses, mailEnabled } = item;
  if (typeof id !== "string" || id === "") throw malformed(operation, "an object has no id");
  if (mail !== null && typeof mail !== "string") throw malformed(operation, "mail of an object is no text");
  // Groups may be readable without their addresses: how many are is judged over all of them.
  const proxies = source === "groups" ? (proxyAddresses ?? []) : proxyAddresses;
  if (!Array.isArray(proxies) || !proxies.every((proxy) => typeof proxy === "string")) {
    throw malformed(operation, "proxyAddresses of an object is no list of texts");
  }
  const object = { id, source, mail, proxyAddresses: proxies };
  return typeof mailEnabled === "boolean" ? { ...object, mailEnabled } : object;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

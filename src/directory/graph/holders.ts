/** Asks for addresses themselves, whoever may have them by now: the old owner's answer proves nothing when one moves. */
import type { Deps } from "../../base/deps.ts";
import type { DirectoryObject, Source } from "../../recipients/model.ts";
import { SOURCES } from "../../recipients/model.ts";
import { malformed } from "../errors/to-failure.ts";
import { SELECT } from "../sources.ts";
import type { EnabledSources, Holders } from "../types.ts";
import { askAll, type Question } from "./batch.ts";
import { fetchJson, type Graph } from "./graph.ts";
import { toObject } from "./objects.ts";
import { ADVANCED, parsePage } from "./pages.ts";

interface ByAddress extends Question {
  readonly source: Source;
  readonly addresses: readonly string[];
}

const OPERATION = "confirming removals";
/** Three terms each, of the fifteen that a filter may join with `or`. */
const ADDRESSES_A_QUESTION = 4;
/** Of the addresses in one question; each stands in it three times, percent-encoded. */
const CHARACTERS_A_QUESTION = 400;
/** As many addresses are on few objects: more pages are none. */
const MOST_PAGES = 10;

/**
 * Objects of these sources that have one of the addresses, and perhaps others. A tenant that refuses such a filter is
 * asked once more with the headers of advanced queries; what it refuses then too stands in `unanswered`.
 */
export async function findHolders(
  graph: Graph,
  addresses: readonly string[],
  sources: EnabledSources,
  deps: Deps,
  signal: AbortSignal,
): Promise<Holders> {
  const groups = grouped(addresses);
  const enabled = SOURCES.filter((source) => sources[source]);
  const plain = enabled.flatMap((source) => groups.map((group) => questionOf(source, group)));
  const objects: DirectoryObject[] = [];
  const ask = async (questions: readonly ByAddress[]): Promise<ByAddress[]> => {
    const answers = await askAll(graph, questions, READER, deps, signal);
    const refused: ByAddress[] = [];
    for (const [question, body] of answers) {
      if (body === REFUSED) refused.push(question);
      else objects.push(...(await allPages(graph, question, body, signal)));
    }
    return refused;
  };
  const again = (await ask(plain)).map(advanced);
  const unanswered = new Set((await ask(again)).flatMap((question) => question.addresses));
  return { objects, unanswered };
}

const REFUSED = Symbol("the tenant does not take this filter");

const READER = {
  operation: OPERATION,
  read: (_: ByAddress, status: number, body: unknown): unknown => (status === 200 ? (body ?? null) : undefined),
  refused: (_: ByAddress, status: number) => (status === 400 ? REFUSED : undefined),
} as const;

function grouped(addresses: readonly string[]): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const address of addresses) {
    const last = groups.at(-1);
    if (last !== undefined && last.length < ADDRESSES_A_QUESTION && address.length <= room) last.push(address);
    else {
      groups.push([address]);
      room = CHARACTERS_A_QUESTION;
    }
    room -= address.length;
  }
  return groups;
}

const questionOf = (source: Source, addresses: readonly string[]): ByAddress => ({
  source,
  addresses,
  url: `/${source}?$select=${SELECT[source]}&$filter=${encodeURIComponent(addressFilter(addresses))}`,
});

const advanced = (question: ByAddress): ByAddress => ({
  ...question,
  url: `${question.url}&$count=true`,
  headers: ADVANCED,
});

/** Whether `eq` folds the case of the prefix is told in two ways: both are asked for. An apostrophe is doubled. */
export function addressFilter(addresses: readonly string[]): string {
  const terms = addresses.flatMap((address) => {
    const text = address.replaceAll("'", "''");
    return [
      `proxyAddresses/any(p:p eq 'smtp:${text}')`,
      `proxyAddresses/any(p:p eq 'SMTP:${text}')`,
      `mail eq '${text}'`,
    ];
  });
  return terms.join(" or ");
}

async function allPages(
  graph: Graph,
  { source, headers }: ByAddress,
  first: unknown,
  signal: AbortSignal,
): Promise<DirectoryObject[]> {
  const objects: DirectoryObject[] = [];
  let body = first;
  for (let page = 1; ; page++) {
    const { entries, link } = parsePage(OPERATION, graph.origin, body);
    for (const entry of entries) objects.push(...holderOf(source, entry));
    if (link === undefined) return objects;
    if (page === MOST_PAGES) throw malformed(OPERATION, "the answer to a filter does not end");
    body = await fetchJson(graph, { operation: OPERATION, path: link, signal, ...(headers && { headers }) });
  }
}

/** None for a group that receives no mail. */
function holderOf(source: Source, entry: unknown): DirectoryObject[] {
  const { id, mail, proxyAddresses, mailEnabled, addressesShown } = toObject(OPERATION, source, entry);
  if (!addressesShown) throw malformed(OPERATION, "an object came without its addresses");
  return mailEnabled ? [{ id, source, mail, proxyAddresses }] : [];
}

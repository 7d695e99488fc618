/** Asks for addresses themselves, whoever may have them by now: the old owner's answer proves nothing when one moves. */
import type { Deps } from "../../base/deps.ts";
import { heldBy } from "../../recipients/held.ts";
import type { Source } from "../../recipients/model.ts";
import { SOURCES } from "../../recipients/model.ts";
import { malformed } from "../errors/to-failure.ts";
import { type Operation, SELECT } from "../sources.ts";
import type { EnabledSources, Holders } from "../types.ts";
import { askAll, type Question, type Reader } from "./batch.ts";
import { fetchJson, type Graph } from "./graph.ts";
import { toObject } from "./objects.ts";
import { ADVANCED, parsePage } from "./pages.ts";

interface Asked {
  readonly source: Source;
  readonly addresses: readonly string[];
}

interface ByAddress extends Asked, Question {}

const OPERATION: Operation = "confirming removals";
/** Three terms each, of the fifteen that a filter may join with `or`. */
const ADDRESSES_A_QUESTION = 4;
/** Of the addresses in one question; each stands in it three times, percent-encoded. */
const CHARACTERS_A_QUESTION = 400;
/** As many addresses are on few objects: more pages are none. */
const MOST_PAGES = 10;
/** Answers that have more than one page: an address is on few objects. */
const MOST_LONGER = 1_000;

/**
 * Which of the addresses an object of these sources has. A tenant that refuses such a filter is asked once more with the
 * headers of advanced queries; what it refuses then too stands in `unanswered`. Of an answer nothing is kept but that:
 * there are thousands of them.
 */
export async function findHolders(
  graph: Graph,
  addresses: readonly string[],
  sources: EnabledSources,
  deps: Deps,
  signal: AbortSignal,
): Promise<Holders> {
  const enabled = SOURCES.filter((source) => sources[source]);
  const held = new Set<string>();
  const ask = async (questions: Iterable<ByAddress>): Promise<Asked[]> => {
    const refused: Asked[] = [];
    const longer: { readonly question: ByAddress; readonly link: string }[] = [];
    const reader: Reader<ByAddress> = {
      operation: OPERATION,
      read(question, status, body) {
        if (status !== 200) return false;
        const link = readPage(question, { origin: graph.origin, held }, body);
        if (link !== undefined) longer.push({ question, link });
        if (longer.length > MOST_LONGER) throw malformed(OPERATION, "the answers to filters do not end");
        return true;
      },
      refused(question, status) {
        if (status === 400) refused.push({ source: question.source, addresses: question.addresses });
        return status === 400;
      },
    };
    await askAll(graph, questions, reader, deps, signal);
    for (const { question, link } of longer) await readRest(graph, question, { link, held }, signal);
    return refused;
  };
  const refused = await ask(questionsOf(enabled, addresses));
  const unanswered = new Set((await ask(advanced(refused))).flatMap((question) => question.addresses));
  return { held, unanswered };
}

function readPage(
  { source, addresses }: ByAddress,
  { origin, held }: { readonly origin: string; readonly held: Set<string> },
  body: unknown,
): string | undefined {
  const wanted = new Set(addresses);
  const { entries, link } = parsePage(OPERATION, origin, body);
  for (const entry of entries) {
    const object = toObject(OPERATION, source, entry);
    if (!object.addressesShown) throw malformed(OPERATION, "an object came without its addresses");
    if (object.mailEnabled) for (const address of heldBy(object, wanted)) held.add(address);
  }
  return link;
}

function* questionsOf(sources: readonly Source[], addresses: readonly string[]): Generator<ByAddress> {
  for (const group of grouped(addresses)) for (const source of sources) yield questionOf(source, group);
}

function* grouped(addresses: readonly string[]): Generator<string[]> {
  let [group, room]: [string[], number] = [[], 0];
  for (const address of addresses) {
    if (group.length === ADDRESSES_A_QUESTION || address.length > room) {
      if (group.length > 0) yield group;
      [group, room] = [[], CHARACTERS_A_QUESTION];
    }
    group.push(address);
    room -= address.length;
  }
  if (group.length > 0) yield group;
}

const questionOf = (source: Source, addresses: readonly string[]): ByAddress => ({
  source,
  addresses,
  url: `/${source}?$select=${SELECT[source]}&$filter=${encodeURIComponent(addressFilter(addresses))}`,
});

function* advanced(refused: readonly Asked[]): Generator<ByAddress> {
  for (const { source, addresses } of refused) {
    const question = questionOf(source, addresses);
    yield { ...question, url: `${question.url}&$count=true`, headers: ADVANCED };
  }
}

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

async function readRest(
  graph: Graph,
  question: ByAddress,
  { link, held }: { readonly link: string; readonly held: Set<string> },
  signal: AbortSignal,
): Promise<void> {
  const { headers } = question;
  let path: string | undefined = link;
  for (let page = 2; path !== undefined; page++) {
    if (page > MOST_PAGES) throw malformed(OPERATION, "the answer to a filter does not end");
    const body = await fetchJson(graph, { operation: OPERATION, path, signal, ...(headers && { headers }) });
    path = readPage(question, { origin: graph.origin, held }, body);
  }
}

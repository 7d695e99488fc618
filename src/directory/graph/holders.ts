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

interface ByAddress extends Question {
  readonly source: Source;
  readonly addresses: readonly string[];
}

const OPERATION: Operation = "confirming removals";
/** Three terms each, of the fifteen that a filter may join with `or`. */
const ADDRESSES_A_QUESTION = 4;
/** Of the addresses in one question; each stands in it three times, percent-encoded. */
const CHARACTERS_A_QUESTION = 400;
/** As many addresses are on few objects: more pages are none. */
const MOST_PAGES = 10;

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
  const groups = grouped(addresses);
  const enabled = SOURCES.filter((source) => sources[source]);
  const plain = enabled.flatMap((source) => groups.map((group) => questionOf(source, group)));
  const held = new Set<string>();
  const ask = async (questions: readonly ByAddress[]): Promise<ByAddress[]> => {
    const reader = readerInto(held, graph.origin);
    const answers = await askAll(graph, questions, reader, deps, signal);
    const refused: ByAddress[] = [];
    for (const [question, answer] of answers) {
      if (answer === REFUSED) refused.push(question);
      else if (answer !== DONE) await readRest(graph, question, { link: answer, held }, signal);
    }
    return refused;
  };
  const again = (await ask(plain)).map(advanced);
  const unanswered = new Set((await ask(again)).flatMap((question) => question.addresses));
  return { held, unanswered };
}

const REFUSED = Symbol("the tenant does not take this filter");

const DONE = Symbol("all that there is of it was read");
type Answer = typeof REFUSED | typeof DONE | string;

/** Answers the link to what is left of an answer. */
const readerInto = (held: Set<string>, origin: string): Reader<ByAddress, Answer> => ({
  operation: OPERATION,
  read(question, status, body) {
    return status === 200 ? (readPage(question, { origin, held }, body) ?? DONE) : undefined;
  },
  refused: (_, status) => (status === 400 ? REFUSED : undefined),
});

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

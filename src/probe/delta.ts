/** Asks a tenant whether its delta queries do what additions between syncs take for granted. Reads only: it hires nobody. */

import { fromNow, isOwnLink } from "../directory/graph/delta.ts";
import type { HttpResponse } from "../directory/http/http.ts";
import { asRecord, type JsonRecord, parseJson } from "../directory/http/json.ts";
import { SELECT } from "../directory/sources.ts";
import type { Source } from "../recipients/model.ts";
import type { Finding } from "./finding.ts";

export interface DeltaProbe {
  readonly ask: (source: Source, path: string) => Promise<HttpResponse>;
  readonly describe: (source: Source, answer: HttpResponse) => string;
  readonly origin: string;
  readonly tell: (finding: Finding) => void;
}

/** Graph's own number, whatever is asked for. */
const LARGEST_PAGE = 200;
const MOST_PAGES = 100;

/** Answers a link that everything that changes from now on comes after, where there is one. */
export async function probeDelta(probe: DeltaProbe, source: Source): Promise<string | undefined> {
  const { ask, tell } = probe;
  const text = `${source}: a delta from now on is one page without objects, and a link`;
  const answer = await ask(source, fromNow(source));
  const page = pageOf(probe, source, answer);
  if (page === undefined) {
    tell({ outcome: "differs", text: `${text}: ${probe.describe(source, answer)}; additions would be Behind` });
    return undefined;
  }
  tell(holdsIf(page.entries.length === 0 && page.last !== undefined, `${text}: ${page.entries.length}`));
  await probeFirstPage(probe, source);
  return page.last === undefined ? undefined : followAtOnce(probe, source, page.last);
}

/** What a delta from the beginning shows; the rest of it is left alone. */
async function probeFirstPage(probe: DeltaProbe, source: Source): Promise<void> {
  const { ask, tell } = probe;
  const answer = await ask(source, `/${source}/delta?$select=${SELECT[source]}`);
  const page = pageOf(probe, source, answer);
  if (page === undefined) {
    tell({ outcome: "differs", text: `${source}: a delta from the beginning: ${probe.describe(source, answer)}` });
    return;
  }
  const { entries } = page;
  const all = entries.length;
  tell(holdsIf(all <= LARGEST_PAGE, `${source}: a page of a delta holds up to ${LARGEST_PAGE}: ${all}`));
  const wanted = new Set(SELECT[source].split(","));
  const more = entries.filter((entry) => Object.keys(entry).some((key) => !wanted.has(key) && !key.includes("@")));
  tell(holdsIf(more.length === 0, `${source}: $select is honoured by a delta: ${all - more.length} of ${all}`));
  const absent = entries.filter((entry) => !("mail" in entry)).length;
  const removed = entries.filter((entry) => "@removed" in entry).length;
  const shape = `of ${all}, mail is absent in ${absent}, and ${removed} are removed`;
  tell({ outcome: all === 0 ? "unknown" : "holds", text: `${source}: what was never set may be absent: ${shape}` });
}

/** The link was given out a moment ago: whatever it tells now is told again, or changed just now. */
async function followAtOnce(probe: DeltaProbe, source: Source, start: string): Promise<string | undefined> {
  const round = await followDelta(probe, source, start);
  const text = `${source}: the link of a delta can be followed, within ${MOST_PAGES} pages`;
  if (typeof round === "string") {
    probe.tell({ outcome: "differs", text: `${text}: ${round}` });
    return undefined;
  }
  probe.tell({ outcome: "holds", text: `${text}: ${round.pages}, with ${round.entries.size} objects` });
  return round.link;
}

export interface DeltaRound {
  /** By id; of what is told of an object several times the last counts. */
  readonly entries: ReadonlyMap<string, JsonRecord>;
  readonly pages: number;
  readonly link: string;
}

/** Or what was in the way. */
export async function followDelta(probe: DeltaProbe, source: Source, start: string): Promise<DeltaRound | string> {
  const entries = new Map<string, JsonRecord>();
  let path = start;
  for (let pages = 1; pages <= MOST_PAGES; pages++) {
    const answer = await probe.ask(source, path);
    const page = pageOf(probe, source, answer);
    if (page === undefined) return probe.describe(source, answer);
    for (const entry of page.entries) entries.set(String(entry["id"]), entry);
    if (page.last !== undefined) return { entries, pages, link: page.last };
    path = page.next ?? "";
  }
  return "it has no end";
}

interface Page {
  readonly entries: readonly JsonRecord[];
  readonly next: string | undefined;
  readonly last: string | undefined;
}

/** Undefined: it is no page of a delta of this collection, with one link that leads to it. */
function pageOf({ origin }: DeltaProbe, source: Source, { status, body }: HttpResponse): Page | undefined {
  const { value, "@odata.nextLink": next, "@odata.deltaLink": last } = asRecord(parseJson(body)) ?? {};
  const isOwn = (link: unknown): link is string => typeof link === "string" && isOwnLink(link, source, origin);
  if (status !== 200 || !Array.isArray(value) || (next !== undefined) === (last !== undefined)) return undefined;
  if (!isOwn(next ?? last)) return undefined;
  const entries = value.map((entry) => asRecord(entry) ?? {});
  if (entries.some(({ id }) => typeof id !== "string" || id === "")) return undefined;
  return { entries, next: isOwn(next) ? next : undefined, last: isOwn(last) ? last : undefined };
}

const holdsIf = (condition: boolean, text: string): Finding => ({ outcome: condition ? "holds" : "differs", text });

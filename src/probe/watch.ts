/** Waits for changes that others make, and tells how late a delta shows them, and whether a read by id shows the same. */
import type { Clock } from "../base/deps.ts";
import { isShown } from "../directory/feed-replicas.ts";
import { namedBy } from "../directory/graph/delta.ts";
import { toObject } from "../directory/graph/objects.ts";
import type { HttpResponse } from "../directory/http/http.ts";
import { asRecord, type JsonRecord, parseJson } from "../directory/http/json.ts";
import { SELECT_BY_ID } from "../directory/sources.ts";
import type { Source } from "../recipients/model.ts";
import { type DeltaProbe, followDelta } from "./delta.ts";

export interface Watch {
  readonly probe: DeltaProbe;
  readonly askById: (source: Source, path: string) => Promise<HttpResponse>;
  readonly clock: Clock;
  readonly ms: number;
}

const EVERY_MS = 5_000;

/** What was seen of a collection. */
interface Seen {
  changed: number;
  again: number;
  /** Read by id at once: not as the delta says. */
  behind: number;
  /** Of objects made meanwhile, in seconds. */
  readonly ages: number[];
}

/** `links`: where each collection is followed from. */
export async function watchDeltas(watch: Watch, links: ReadonlyMap<Source, string>): Promise<void> {
  const { clock, ms, probe } = watch;
  const began = clock.now();
  const until = clock.monotonic() + ms;
  const seen = new Map<Source, Seen>([...links.keys()].map((source) => [source, fresh()]));
  const told = new Map<string, string>();
  let open = links;
  while (open.size > 0 && clock.monotonic() < until) {
    await clock.sleep(Math.min(EVERY_MS, Math.max(0, until - clock.monotonic())));
    const next = new Map<Source, string>();
    for (const [source, link] of open) {
      const round = await followDelta(probe, source, link);
      if (typeof round === "string") {
        probe.tell({ outcome: "differs", text: `${source}: a delta can be followed for a while: ${round}` });
        continue;
      }
      next.set(source, round.link);
      for (const entry of round.entries.values())
        await look(watch, { source, entry, began, told }, seen.get(source) ?? fresh());
    }
    open = next;
  }
  for (const [source, found] of seen) tellSeen(probe, source, found);
}

const fresh = (): Seen => ({ changed: 0, again: 0, behind: 0, ages: [] });

interface Look {
  readonly source: Source;
  readonly entry: JsonRecord;
  readonly began: number;
  readonly told: Map<string, string>;
}

async function look({ askById, clock }: Watch, { source, entry, began, told }: Look, seen: Seen): Promise<void> {
  const id = String(entry["id"]);
  const text = JSON.stringify(entry);
  if (told.get(id) === text) {
    seen.again++;
    return;
  }
  told.set(id, text);
  seen.changed++;
  const { status, body } = await askById(
    source,
    `/${source}/${encodeURIComponent(id)}?$select=${SELECT_BY_ID[source]}`,
  );
  const shown = status === 200 ? asRecord(parseJson(body)) : undefined;
  const object = shown === undefined ? undefined : toObject("confirming removals", source, shown);
  if (!isShown(namedBy(entry), object)) seen.behind++;
  if (object?.made !== undefined && object.made >= began) seen.ages.push((clock.now() - object.made) / 1000);
}

function tellSeen({ tell }: DeltaProbe, source: Source, { changed, again, behind, ages }: Seen): void {
  if (changed === 0) {
    tell({ outcome: "unknown", text: `${source}: how late a delta is, for nothing changed meanwhile` });
    return;
  }
  const oldest = ages.length === 0 ? "none was new" : `new ones were ${Math.round(Math.max(...ages))} s old at most`;
  tell({
    outcome: "holds",
    text: `${source}: a delta tells what changes: ${changed}, and ${again} once more; ${oldest}`,
  });
  tell({
    outcome: behind === 0 ? "holds" : "differs",
    text: `${source}: what a delta tells is shown by id at once: ${changed - behind} of ${changed}`,
  });
}

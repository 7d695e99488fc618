/** One round of delta queries, and what changed read by id. */
import type { Clock } from "../base/deps.ts";
import { type DirectoryObject, SOURCES, type Source } from "../recipients/model.ts";
import { type Behind, behindAfter, type Expected, expectedBy } from "./feed-replicas.ts";
import type { Round } from "./feed-rounds.ts";
import { MOST_CHARACTERS, weightOf } from "./feed-shelf.ts";
import type { AskedObject, Confirmation, DeltaAnswer, DeltaLink, FeedPlace } from "./types.ts";

/** What a feed asks of a tenant. */
export interface FeedSource {
  followFromNow(source: Source, signal: AbortSignal): Promise<DeltaLink>;
  changedSince(source: Source, link: DeltaLink, signal: AbortSignal): Promise<DeltaAnswer>;
  confirm(objects: readonly AskedObject[], signal: AbortSignal): Promise<ReadonlyMap<string, Confirmation>>;
}

interface Asking {
  readonly tenant: FeedSource;
  readonly place: FeedPlace;
  readonly behind: Behind;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Objects that are asked for at once. */
const PORTION = 500;

/** Asks once from a place, and reads what changed. */
export async function askRound({ tenant, place, behind, clock, signal }: Asking): Promise<Round | "lost"> {
  const links: Partial<Record<Source, DeltaLink>> = {};
  const changed: Expected[] = [];
  for (const source of SOURCES) {
    const link = place.links[source];
    if (link === undefined) continue;
    const answer = await tenant.changedSince(source, link, signal);
    if (answer.kind === "lost") return "lost";
    links[source] = answer.link;
    for (const [id, named] of answer.objects) changed.push({ id, source, named });
  }
  const time = clock.now();
  const wanted = expectedBy(changed, behind);
  const confirmed = new Map<string, Confirmation>();
  const objects: DirectoryObject[] = [];
  const gone: string[] = [];
  let characters = 0;
  for (let at = 0; at < wanted.length; at += PORTION) {
    const portion = wanted.slice(at, at + PORTION).map(({ id, source }) => ({ id, source }));
    for (const [id, object] of await tenant.confirm(portion, signal)) {
      confirmed.set(id, object);
      if (object === "gone") {
        gone.push(id);
        characters += id.length;
        continue;
      }
      objects.push(object);
      characters += weightOf(object);
    }
    if (characters > MOST_CHARACTERS) return "lost";
  }
  return { from: place, to: { links, time }, objects, gone, characters, behind: behindAfter(wanted, confirmed) };
}

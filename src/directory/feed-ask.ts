/** One round of delta queries, and what changed read by id. */
import type { Clock } from "../base/deps.ts";
import { SOURCES, type Source } from "../recipients/model.ts";
import { type Behind, behindAfter, type Expected, expectedBy } from "./feed-replicas.ts";
import type { Round } from "./feed-rounds.ts";
import type { Confirmation, DeltaAnswer, DeltaLink, FeedPlace } from "./types.ts";

/** What a feed asks of a tenant. */
export interface FeedSource {
  followFromNow(source: Source, signal: AbortSignal): Promise<DeltaLink>;
  changedSince(source: Source, link: DeltaLink, signal: AbortSignal): Promise<DeltaAnswer>;
  confirm(
    objects: readonly { readonly id: string; readonly source: Source }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Confirmation>>;
}

interface Asking {
  readonly tenant: FeedSource;
  readonly place: FeedPlace;
  readonly behind: Behind;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

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
  const confirmed = wanted.length === 0 ? new Map<string, Confirmation>() : await tenant.confirm(wanted, signal);
  const objects = wanted.flatMap(({ id }) => {
    const object = confirmed.get(id);
    return object === undefined || object === "gone" ? [] : object;
  });
  return { from: place, to: { links, time }, objects, behind: behindAfter(wanted, confirmed) };
}

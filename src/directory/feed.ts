/**
 * What changed in a tenant, for all who follow it with the very same credential: one round of delta queries serves them
 * all, however many domains they are. What changed is read by id before anybody is told.
 */
import type { Clock } from "../base/deps.ts";
import type { DirectoryObject, Source } from "../recipients/model.ts";
import { SOURCES } from "../recipients/model.ts";
import type { Confirmation, DeltaAnswer, DeltaLink, EnabledSources, Feed, FeedAnswer, FeedPlace } from "./types.ts";

/** What a feed asks of a tenant. */
export interface FeedSource {
  followFromNow(source: Source, signal: AbortSignal): Promise<DeltaLink>;
  changedSince(source: Source, link: DeltaLink, signal: AbortSignal): Promise<DeltaAnswer>;
  confirm(
    objects: readonly { readonly id: string; readonly source: Source }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Confirmation>>;
}

/** One round: what was found, and between which places. */
interface Round {
  readonly from: string;
  readonly to: FeedPlace;
  readonly objects: readonly DirectoryObject[];
}

/** Rounds that found something; who has not asked for longer follows the links by itself. */
const MOST_ROUNDS = 64;
const MOST_OBJECTS = 5_000;

export function createFeed(tenant: FeedSource, clock: Clock): Feed {
  /** In the order in which they were asked; each begins where the one before it ended. */
  let rounds: Round[] = [];
  let end: FeedPlace | undefined;

  async function begin(sources: EnabledSources, signal: AbortSignal): Promise<FeedPlace> {
    if (end !== undefined && covers(end, sources)) return end;
    const links: Partial<Record<Source, DeltaLink>> = { ...end?.links };
    for (const source of SOURCES) {
      if (sources[source]) links[source] ??= await tenant.followFromNow(source, signal);
    }
    // Whoever came first follows fewer sources: their places are of another feed from here on.
    rounds = [];
    end = { links, time: clock.now() };
    return end;
  }

  async function since(
    place: FeedPlace,
    sources: EnabledSources,
    freshMs: number,
    signal: AbortSignal,
  ): Promise<FeedAnswer> {
    if (!covers(place, sources)) return { kind: "lost" };
    const known = roundsAfter(place);
    // A place that this process never gave out was kept by another one: it is followed by itself, and joins.
    if (known === undefined) return follow(place, signal);
    const isFresh = end !== undefined && clock.now() - end.time < freshMs && clock.now() >= end.time;
    if (!isFresh && end !== undefined) {
      const round = await askRound(tenant, end, clock, signal);
      if (round === "lost") {
        rounds = [];
        end = undefined;
        return { kind: "lost" };
      }
      note(round);
    }
    return told(roundsAfter(place) ?? known, end ?? place);
  }

  async function follow(place: FeedPlace, signal: AbortSignal): Promise<FeedAnswer> {
    const round = await askRound(tenant, place, clock, signal);
    if (round === "lost") return { kind: "lost" };
    if (end === undefined) {
      end = place;
      note(round);
      return told([round], round.to);
    }
    // The feed's own end is older than this answer: what comes twice is read twice, and nothing is lost.
    return told([round], end);
  }

  function note(round: Round): void {
    end = round.to;
    rounds = [...rounds, round].slice(-MOST_ROUNDS);
    while (rounds.reduce((sum, { objects }) => sum + objects.length, 0) > MOST_OBJECTS && rounds.length > 1)
      rounds = rounds.slice(1);
  }

  /** Undefined: the place is of no round that is still kept. */
  function roundsAfter(place: FeedPlace): readonly Round[] | undefined {
    const name = nameOf(place);
    if (end !== undefined && nameOf(end) === name) return [];
    const index = rounds.findIndex(({ from }) => from === name);
    return index < 0 ? undefined : rounds.slice(index);
  }

  const inTurn = createTurns();
  return {
    begin: (sources, signal) => inTurn(() => begin(sources, signal)),
    since: (place, sources, freshMs, signal) => inTurn(() => since(place, sources, freshMs, signal)),
  };
}

const nameOf = ({ links }: FeedPlace): string => JSON.stringify(SOURCES.map((source) => links[source] ?? null));

export const covers = ({ links }: Pick<FeedPlace, "links">, sources: EnabledSources): boolean =>
  SOURCES.every((source) => !sources[source] || links[source] !== undefined);

/** Asks once from a place, and reads what changed. */
async function askRound(
  tenant: FeedSource,
  place: FeedPlace,
  clock: Clock,
  signal: AbortSignal,
): Promise<Round | "lost"> {
  const links: Partial<Record<Source, DeltaLink>> = {};
  const changed: { id: string; source: Source }[] = [];
  for (const source of SOURCES) {
    const link = place.links[source];
    if (link === undefined) continue;
    const answer = await tenant.changedSince(source, link, signal);
    if (answer.kind === "lost") return "lost";
    links[source] = answer.link;
    for (const id of answer.ids) changed.push({ id, source });
  }
  const time = clock.now();
  const confirmed = changed.length === 0 ? new Map<string, Confirmation>() : await tenant.confirm(changed, signal);
  const objects = changed.flatMap(({ id }) => {
    const object = confirmed.get(id);
    return object === undefined || object === "gone" ? [] : object;
  });
  return { from: nameOf(place), to: { links, time }, objects };
}

/** One after the other: two who ask at once need one round, not two. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = turn.then(work, work);
    turn = done.catch(() => {});
    return done;
  };
}

function told(rounds: readonly Round[], place: FeedPlace): FeedAnswer {
  const latest = new Map<string, DirectoryObject>();
  for (const { objects } of rounds) for (const object of objects) latest.set(object.id, object);
  return { kind: "told", objects: [...latest.values()], place };
}

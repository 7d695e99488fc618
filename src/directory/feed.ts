/**
 * What changed in a tenant, for all who follow it with the very same credential: one round of delta queries serves them
 * all, however many domains they are. What changed is read by id before anybody is told.
 */

import { untilAborted } from "../base/abort.ts";
import type { Clock } from "../base/deps.ts";
import { SOURCES, type Source } from "../recipients/model.ts";
import { askRound, type FeedSource } from "./feed-ask.ts";
import { createKept } from "./feed-kept.ts";
import type { Behind } from "./feed-replicas.ts";
import { createRounds, told } from "./feed-rounds.ts";
import { createFeedShelf } from "./feed-shelf.ts";
import type { DeltaLink, EnabledSources, Feed, FeedAnswer, FeedPlace } from "./types.ts";

export function createFeed(tenant: FeedSource, clock: Clock, shelf = createFeedShelf()): Feed {
  const rounds = createRounds(shelf);
  const kept = createKept(tenant, clock, shelf);
  let end: FeedPlace | undefined;
  /** When `end` was asked for, and when asking failed last and how. Of the monotonic clock. */
  let asked = Number.NEGATIVE_INFINITY;
  let failed: { readonly at: number; readonly error: unknown } | undefined;
  let behind: Behind = new Map();

  async function begin(sources: EnabledSources, signal: AbortSignal): Promise<FeedPlace> {
    // A place at which nothing but trouble was to be had may never be left: whoever begins reads all that there is.
    const from = failed === undefined ? end : undefined;
    if (from !== undefined && covers(from, sources)) return from;
    const links: Partial<Record<Source, DeltaLink>> = { ...from?.links };
    const began = clock.monotonic();
    for (const source of SOURCES) {
      if (sources[source]) links[source] ??= await tenant.followFromNow(source, signal);
    }
    // Whoever came first follows fewer sources: their places are of another feed from here on.
    rounds.clear();
    // What is followed already may have changed since it was asked for.
    asked = from === undefined ? began : Number.NEGATIVE_INFINITY;
    failed = undefined;
    end = { links, time: clock.now() };
    return end;
  }

  async function since(
    place: FeedPlace,
    sources: EnabledSources,
    /** Of the monotonic clock: what was asked for since then is fresh. */
    freshSince: number,
    signal: AbortSignal,
  ): Promise<FeedAnswer> {
    if (!covers(place, sources) || rounds.isLost(place)) return { kind: "lost" };
    const isFresh = (at: number): boolean => at > freshSince;
    const known = rounds.knownAs(place, end);
    if (known === undefined || end === undefined) {
      // Before what is asked from the place that was kept, so that nothing falls between.
      const joined = await begin(sources, signal);
      return kept.follow(place, joined, isFresh, signal);
    }
    // What was in the way of one who asked just now is in the way of all.
    if (failed !== undefined && isFresh(failed.at)) throw failed.error;
    const before = rounds.after(known);
    return isFresh(asked) ? told(before, end) : askOn(end, before, signal);
  }

  /** `before`: what is kept of rounds may no longer reach back to whoever asks, once there is one more. */
  async function askOn(from: FeedPlace, before: ReturnType<typeof rounds.after>, signal: AbortSignal) {
    const began = clock.monotonic();
    try {
      const round = await askRound({ tenant, place: from, behind, clock, signal });
      failed = undefined;
      if (round === "lost") {
        rounds.lose(from);
        end = undefined;
        return { kind: "lost" } as const;
      }
      behind = round.behind;
      end = round.to;
      asked = began;
      rounds.add(round);
      return told([...before, round], end);
    } catch (error) {
      // Whoever no longer wants to know is no trouble of the tenant.
      if (!signal.aborted) failed = { at: clock.monotonic(), error };
      throw error;
    }
  }

  const inTurn = createTurns();
  return {
    begin: (sources, signal) => inTurn(() => begin(sources, signal), signal),
    since(place, sources, freshMs, signal) {
      // Before the turn: what another is answered meanwhile is what this one waits for.
      const freshSince = clock.monotonic() - freshMs;
      return inTurn(() => since(place, sources, freshSince, signal), signal);
    },
  };
}

export const covers = ({ links }: Pick<FeedPlace, "links">, sources: EnabledSources): boolean =>
  SOURCES.every((source) => !sources[source] || links[source] !== undefined);

/** One after the other: two who ask at once need one round, not two. Whoever no longer wants to know need not wait. */
function createTurns(): <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  return (work, signal) => {
    const done = turn.then(() => {
      signal.throwIfAborted();
      return work();
    });
    turn = done.catch(() => {});
    return untilAborted(done, signal);
  };
}

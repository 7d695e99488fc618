/** What was told of a tenant, round by round: each begins where the one before it ended. */
import type { DirectoryObject } from "../recipients/model.ts";
import { SOURCES } from "../recipients/model.ts";
import type { Behind } from "./feed-replicas.ts";
import type { FeedShelf } from "./feed-shelf.ts";
import type { FeedAnswer, FeedPlace } from "./types.ts";

/** One round: what was found, and between which places. */
export interface Round {
  readonly from: FeedPlace;
  readonly to: FeedPlace;
  readonly objects: readonly DirectoryObject[];
  /** Ids that the tenant no longer has: what an earlier round found of them is not true any more. */
  readonly gone: readonly string[];
  /** That it takes to keep them. */
  readonly characters: number;
  /** What is asked for once more by the next. */
  readonly behind: Behind;
}

interface Rounds {
  /** As the place is called here; undefined: it is of no round that is still kept. `end`: where the last of them ended. */
  knownAs(place: FeedPlace, end: FeedPlace | undefined): FeedPlace | undefined;
  after(place: FeedPlace): readonly Round[];
  add(round: Round): void;
  clear(): void;
  /** The tenant no longer knows this place, and so none before it: each of its objects would find that out by itself. */
  lose(place: FeedPlace): void;
  isLost(place: FeedPlace): boolean;
}

/** Who has not asked for longer follows the links by itself. */
const MOST_ROUNDS = 64;

interface KeptRound extends Round {
  takeBack(): void;
}

export function createRounds(shelf: FeedShelf): Rounds {
  let rounds: KeptRound[] = [];
  const forgetUntil = (count: number): void => {
    for (const { takeBack } of rounds.slice(0, count)) takeBack();
    rounds = rounds.slice(count);
  };
  let lost: readonly string[] = [];
  return {
    knownAs(place, end) {
      if (end === undefined) return undefined;
      if (isSame(place, end) || rounds.some(({ from }) => isSame(place, from))) return place;
      // Where nothing changed a tenant may give out the same links again: another process kept them earlier.
      return linksOf(place) === linksOf(end) ? end : undefined;
    },
    after(place) {
      const index = rounds.findIndex(({ from }) => isSame(place, from));
      return index < 0 ? [] : rounds.slice(index);
    },
    add(round) {
      const kept: KeptRound = { ...round, takeBack: () => {} };
      rounds.push(kept);
      if (rounds.length > MOST_ROUNDS) forgetUntil(rounds.length - MOST_ROUNDS);
      // What came before one that is forgotten leads nowhere.
      kept.takeBack = shelf.keep(round.characters, () => forgetUntil(rounds.indexOf(kept) + 1));
    },
    clear: () => forgetUntil(rounds.length),
    lose(place) {
      const before = rounds.some(({ to }) => isSame(place, to)) ? rounds.map(({ from }) => linksOf(from)) : [];
      lost = [...lost, ...before, linksOf(place)].slice(-MOST_ROUNDS);
      forgetUntil(rounds.length);
    },
    isLost: (place) => lost.includes(linksOf(place)),
  };
}

export const linksOf = ({ links }: FeedPlace): string => JSON.stringify(SOURCES.map((source) => links[source] ?? null));

/** Also where the links are the same, more may have been read at one place than at the other. */
const isSame = (one: FeedPlace, other: FeedPlace): boolean =>
  one.time === other.time && linksOf(one) === linksOf(other);

export function told(rounds: readonly Round[], place: FeedPlace): FeedAnswer {
  const latest = new Map<string, DirectoryObject>();
  for (const { objects, gone } of rounds) {
    for (const object of objects) latest.set(object.id, object);
    for (const id of gone) latest.delete(id);
  }
  return { kind: "told", objects: [...latest.values()], place };
}

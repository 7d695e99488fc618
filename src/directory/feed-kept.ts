/**
 * Places that another process kept. They come out of ConfigMaps that others can write: who begins at one is told what
 * comes after it, and nobody else; a link that leads to a part of the tenant only is the trouble of that object alone.
 */
import type { Clock } from "../base/deps.ts";
import { askRound, type FeedSource } from "./feed-ask.ts";
import { linksOf, told } from "./feed-rounds.ts";
import type { FeedShelf } from "./feed-shelf.ts";
import type { FeedAnswer, FeedPlace } from "./types.ts";

interface Kept {
  /** `joined`: where it goes on, asked for before. Objects that were kept at the same place ask moments after one another. */
  follow(
    place: FeedPlace,
    joined: FeedPlace,
    isFresh: (at: number) => boolean,
    signal: AbortSignal,
  ): Promise<FeedAnswer>;
}

const MOST_KEPT = 64;

interface KeptAnswer {
  readonly at: number;
  readonly answer: FeedAnswer;
  takeBack(): void;
}

export function createKept(tenant: FeedSource, clock: Clock, shelf: FeedShelf): Kept {
  const answers = new Map<string, KeptAnswer>();
  const forget = (links: string): void => {
    answers.get(links)?.takeBack();
    answers.delete(links);
  };
  return {
    async follow(place, joined, isFresh, signal) {
      const links = linksOf(place);
      const known = answers.get(links);
      // What is lost stays lost.
      if (known !== undefined && (known.answer.kind === "lost" || isFresh(known.at))) return known.answer;
      const at = clock.monotonic();
      const round = await askRound({ tenant, place, behind: new Map(), clock, signal });
      const answer: FeedAnswer = round === "lost" ? { kind: "lost" } : told([round], joined);
      forget(links);
      const kept: KeptAnswer = { at, answer, takeBack: () => {} };
      answers.set(links, kept);
      if (round !== "lost") kept.takeBack = shelf.keep(round.characters, () => answers.delete(links));
      const [oldest] = answers.keys();
      if (answers.size > MOST_KEPT && oldest !== undefined) forget(oldest);
      return answer;
    },
  };
}

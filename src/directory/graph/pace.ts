/** How fast one tenant is asked by one app registration, whoever asks: Graph counts them together. */

import type { Clock } from "../../base/deps.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { parseRetryAfter } from "../http/retry.ts";

/** Of an answer, what tells how near the limit is. */
export interface Heard {
  readonly status: number;
  /** Value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
}

export interface Pace {
  /** Sends when it may; what was heard decides when the next one may. */
  send<T extends Heard>(signal: AbortSignal, request: () => Promise<T>): Promise<T>;
}

/** Three chains of one read, and three of another. */
const MOST_AT_ONCE = 6;
/** Graph tells the share of the limit that is used up once it is above this; at 1 it begins to refuse. */
const CALM = 0.8;
const LONGEST_PAUSE_MS = 10_000;
/** What is longer ends the run, which then waits itself. */
const LONGEST_RETRY_AFTER_MS = MINUTE_MS;

/** Source: learn.microsoft.com/graph/throttling-limits, x-ms-throttle-limit-percentage. */
export function pauseFor(share: number): number {
  return share < CALM ? 0 : Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** ((share - CALM) * 10));
}

export function createPace(clock: Clock): Pace {
  let notBefore = 0;
  let running = 0;
  const waiting: (() => void)[] = [];

  function hear({ status, header }: Heard): void {
    const share = Number(header("x-ms-throttle-limit-percentage"));
    const asked = status === 429 ? (parseRetryAfter(header("retry-after"), clock.now()) ?? 0) : 0;
    const waited = asked <= LONGEST_RETRY_AFTER_MS ? asked : 0;
    const pause = Math.max(pauseFor(Number.isFinite(share) ? share : 0), waited);
    if (pause > 0) notBefore = Math.max(notBefore, clock.monotonic() + pause);
  }

  async function turn(signal: AbortSignal): Promise<void> {
    if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      // Looked at again: while this one waited, another may have been told to wait longer.
      for (let until = 0; notBefore > until && notBefore > clock.monotonic(); ) {
        until = notBefore;
        await clock.sleep(until - clock.monotonic(), signal);
      }
      signal.throwIfAborted();
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Whoever waits takes the place over. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  return {
    async send(signal, request) {
      await turn(signal);
      try {
        const answer = await request();
        hear(answer);
        return answer;
      } finally {
        leave();
      }
    },
  };
}

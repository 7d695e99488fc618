/** A clock that stands still until a test moves it. */
import type { Clock } from "../../src/base/deps.ts";

export interface FakeClock extends Clock {
  /**
   * Moves time on by `ms`, firing due timers in order of their instant (then of their making), each at its own instant.
   * Pending promise callbacks run before the first timer, between timers, and after the last.
   */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock ahead, or back where `ms` is negative: no time passes. */
  set(ms: number): void;
  /** How many timers are waiting: a test can show that none is left behind. */
  readonly timers: number;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Starts at `start` (milliseconds since the epoch; 2026-01-01T00:00:00Z unless told). */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  let wrong = 0;
  const timers = new Set<Timer>();

  const setTimer = (callback: () => void, ms: number): (() => void) => {
    const timer = { at: now + Math.max(0, ms), callback };
    timers.add(timer);
    return () => timers.delete(timer);
  };

  const nextDue = (until: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  };

  return {
    now: () => now + wrong,
    monotonic: () => now - start,
    set(ms) {
      wrong += ms;
    },
    setTimeout: setTimer,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = setTimer(() => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        }, ms);
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer);
        now = timer.at;
        timer.callback();
        await settle();
      }
      now = until;
    },
    get timers() {
      return timers.size;
    },
  };
}

/** Lets every promise callback that is ready run, however long the chain: a macrotask comes after all of them. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

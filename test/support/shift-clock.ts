/** The machine's clock, which a test may set forward: timers that fall due by that fire at once. */
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, systemClock } from "../../src/base/deps.ts";

export interface ShiftClock extends Clock {
  /** Sets the clock forward by `ms`. */
  shift(ms: number): void;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  cancel: () => void;
}

/** Retry pauses end within this, and nothing that waits for trouble (draining, a lost lease) begins before it. */
const LONGEST_HURRIED_MS = 10_000;

export interface ShiftClockOptions {
  /** Whoever sleeps for up to ten seconds sleeps for a moment, and the clock is set forward by what is left. Default false. */
  readonly hurried?: boolean;
}

export function createShiftClock({ hurried = false }: ShiftClockOptions = {}): ShiftClock {
  let offset = 0;
  const timers = new Set<Timer>();
  const now = (): number => Date.now() + offset;

  const arm = (timer: Timer): void => {
    timer.cancel = systemClock.setTimeout(() => {
      timers.delete(timer);
      timer.callback();
    }, timer.at - now());
  };
  const setTimer = (callback: () => void, ms: number): (() => void) => {
    const timer: Timer = { at: now() + ms, callback, cancel: () => {} };
    timers.add(timer);
    arm(timer);
    return () => {
      timers.delete(timer);
      timer.cancel();
    };
  };
  const shift = (ms: number): void => {
    offset += ms;
    for (const timer of timers) {
      timer.cancel();
      arm(timer);
    }
  };

  return {
    now,
    setTimeout: setTimer,
    async sleep(ms, signal) {
      if (hurried && ms <= LONGEST_HURRIED_MS) {
        await pause(1);
        shift(ms);
        signal?.throwIfAborted();
        return;
      }
      await new Promise<void>((resolve, reject) => {
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
    shift,
  };
}

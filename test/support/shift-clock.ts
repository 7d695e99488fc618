/** The machine's clock, which a test may set forward: timers that fall due by that fire at once. */
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, systemClock } from "../../src/base/deps.ts";

export interface ShiftClock extends Clock {
  /** Lets `ms` pass. */
  shift(ms: number): void;
  /** Sets the wall clock ahead, or back where `ms` is negative, as a person or a time server does: no time passes. */
  set(ms: number): void;
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
  /** How much more time has passed than the machine knows of, and how wrong the wall clock is. */
  let [passed, wrong] = [0, 0];
  const timers = new Set<Timer>();
  const monotonic = (): number => performance.now() + passed;

  const arm = (timer: Timer): void => {
    timer.cancel = systemClock.setTimeout(() => {
      timers.delete(timer);
      timer.callback();
    }, timer.at - monotonic());
  };
  const setTimer = (callback: () => void, ms: number): (() => void) => {
    const timer: Timer = { at: monotonic() + ms, callback, cancel: () => {} };
    timers.add(timer);
    arm(timer);
    return () => {
      timers.delete(timer);
      timer.cancel();
    };
  };
  const shift = (ms: number): void => {
    passed += ms;
    for (const timer of timers) {
      timer.cancel();
      arm(timer);
    }
  };

  return {
    now: () => Date.now() + passed + wrong,
    monotonic,
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
    set(ms) {
      wrong += ms;
    },
  };
}

/** The machine's clock, which a test may set forward: timers that fall due by that fire at once. */
import { type Clock, systemClock } from "../../src/api/deps.ts";

export interface ShiftClock extends Clock {
  /** Sets the clock forward by `ms`. */
  shift(ms: number): void;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  cancel: () => void;
}

export function createShiftClock(): ShiftClock {
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

  return {
    now,
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
    shift(ms) {
      offset += ms;
      for (const timer of timers) {
        timer.cancel();
        arm(timer);
      }
    },
  };
}

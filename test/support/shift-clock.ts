/** The machine's clock, which a test may set forward: timers that fall due by that fire at once. */
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, systemClock } from "../../src/base/deps.ts";
import { untilIdle } from "./idle.ts";

export interface ShiftClock extends Clock {
  /** Lets `ms` pass. */
  shift(ms: number): void;
  /** Sets the wall clock ahead, or back where `ms` is negative, as a person or a time server does: no time passes. */
  set(ms: number): void;
  /** Until the first of those who sleep for ten seconds to half a minute wakes up; undefined: nobody does. */
  nextWake(): number | undefined;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  /** How long somebody sleeps. */
  readonly sleeps?: number;
  cancel: () => void;
}

/** Retry pauses end within this, and nothing that waits for trouble (draining, a lost lease) begins before it. */
const LONGEST_HURRIED_MS = 10_000;
/** The longest pause before a watch is opened again. */
const LONGEST_PAUSE_MS = 30_000;

export interface ShiftClockOptions {
  /**
   * Whoever sleeps for up to ten seconds sleeps until no request is under way, which would only time out, and the clock is
   * set forward by what is left. Default false.
   */
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
  const setTimer = (callback: () => void, ms: number, own: Partial<Timer> = {}): (() => void) => {
    const timer: Timer = { ...own, at: monotonic() + ms, callback, cancel: () => {} };
    timers.add(timer);
    arm(timer);
    return () => {
      timers.delete(timer);
      timer.cancel();
    };
  };
  const untilNext = (isMeant: (timer: Timer) => boolean): number | undefined => {
    const due = [...timers].filter(isMeant).map(({ at }) => Math.max(0, at - monotonic()));
    return due.length === 0 ? undefined : Math.min(...due);
  };
  const shift = (ms: number): void => {
    passed += ms;
    for (const timer of timers) {
      timer.cancel();
      arm(timer);
    }
  };

  let isHurrying = false;
  async function hurry(): Promise<void> {
    if (isHurrying) return;
    isHurrying = true;
    const next = () => untilNext(({ sleeps }) => sleeps !== undefined && sleeps <= LONGEST_HURRIED_MS);
    while (next() !== undefined) {
      await untilIdle();
      shift(next() ?? 0);
      await pause(1);
    }
    isHurrying = false;
  }

  return {
    nextWake: () => untilNext(({ sleeps = 0 }) => sleeps > LONGEST_HURRIED_MS && sleeps <= LONGEST_PAUSE_MS),
    now: () => Date.now() + passed + wrong,
    monotonic,
    setTimeout: setTimer,
    async sleep(ms, signal) {
      await new Promise<void>((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          cancel();
          reject(signal?.reason);
        };
        const wake = (): void => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        };
        const cancel = setTimer(wake, ms, { sleeps: ms });
        signal?.addEventListener("abort", onAbort, { once: true });
        if (hurried) void hurry();
      });
    },
    shift,
    set(ms) {
      wrong += ms;
    },
  };
}

/** Keys that become due later: one timer a key, the earliest wins. */
import type { Clock } from "../base/deps.ts";

export interface Delays {
  /** Makes the key due after `ms`, unless it is due sooner already. */
  set(key: string, ms: number): void;
  /** Forgets all of them. */
  clear(): void;
}

/**
 * A timer counts the time that the machine is awake. The wall clock may be set, and goes on while a machine is suspended:
 * a slot's instant is then there before its timer is. So a long wait looks at the wall clock now and then, and ends where that
 * was set: whoever waited reckons anew.
 */
const LOOK_MS = 30_000;

export function createDelays(clock: Clock, onDue: (key: string) => void): Delays {
  /** When each is due: `at` by the wall clock, `end` by the monotonic one, which nobody sets. What comes first counts. */
  const timers = new Map<string, { at: number; end: number; cancel: () => void }>();

  function arm(key: string, at: number, left: number): void {
    const step = Math.min(left, LOOK_MS);
    const cancel = clock.setTimeout(() => {
      const [rest, byWallClock] = [left - step, at - clock.now()];
      // Set back: what the wait was for, an instant of that clock, may be another one now.
      const isSetBack = byWallClock - rest >= LOOK_MS;
      // Not later than the wall clock says, and not later than what was asked for.
      if (rest > 0 && byWallClock > 0 && !isSetBack) return arm(key, at, Math.min(rest, byWallClock));
      timers.delete(key);
      onDue(key);
    }, step);
    timers.set(key, { at, end: clock.monotonic() + left, cancel });
  }

  return {
    set(key, ms) {
      const [at, end] = [clock.now() + ms, clock.monotonic() + ms];
      const known = timers.get(key);
      if (known && known.at <= at && known.end <= end) return;
      known?.cancel();
      const { at: knownAt = at, end: knownEnd = end } = known ?? {};
      const soonest = Math.min(at, knownAt);
      const left = Math.min(Math.min(end, knownEnd) - clock.monotonic(), soonest - clock.now());
      arm(key, soonest, Math.max(0, left));
    },
    clear() {
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
    },
  };
}

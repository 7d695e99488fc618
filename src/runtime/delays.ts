/** Keys that become due later: one timer a key, the earliest wins. */
import type { Clock } from "../api/deps.ts";

export interface Delays {
  /** Makes the key due after `ms`, unless it is due sooner already. */
  set(key: string, ms: number): void;
  /** Forgets all of them. */
  clear(): void;
}

export function createDelays(clock: Clock, onDue: (key: string) => void): Delays {
  const timers = new Map<string, { at: number; cancel: () => void }>();
  return {
    set(key, ms) {
      const at = clock.now() + ms;
      const known = timers.get(key);
      if (known && known.at <= at) return;
      known?.cancel();
      const cancel = clock.setTimeout(() => {
        timers.delete(key);
        onDue(key);
      }, ms);
      timers.set(key, { at, cancel });
    },
    clear() {
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
    },
  };
}

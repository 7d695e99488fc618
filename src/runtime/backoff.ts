/** How long to wait before the next try, as client-go's reflector does it. */
import type { Deps } from "../base/deps.ts";

const FIRST_MS = 800;
const LONGEST_MS = 30_000;
const HEALTHY_MS = 120_000;

export interface Backoff {
  /** Milliseconds to wait now: 0.8 s doubling to 30 s, less up to half by chance; small again when the last failure is over 2 min old. */
  next(): number;
}

export function createBackoff({ clock, random }: Deps): Backoff {
  let step = FIRST_MS;
  let lastFailure = Number.NEGATIVE_INFINITY;
  return {
    next() {
      const now = clock.monotonic();
      if (now - lastFailure > HEALTHY_MS) step = FIRST_MS;
      const wait = step;
      lastFailure = now;
      step = Math.min(step * 2, LONGEST_MS);
      return wait * (1 - random() / 2);
    },
  };
}

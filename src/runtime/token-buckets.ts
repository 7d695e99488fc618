/** A token bucket a key, with the numbers of client-go's event spam filter. */
import type { Clock } from "../base/deps.ts";

export interface TokenBuckets {
  /** Whether the key may act now: 25 times at once, then once in 5 minutes. */
  take(key: string): boolean;
}

const BURST = 25;
const REFILL_MS = 300_000;
const MOST_KEYS = 4096;

/** Remembers the 4096 keys that acted last; one that is forgotten begins with a full bucket. */
export function createTokenBuckets(clock: Clock): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key) {
      const now = clock.monotonic();
      const { tokens, at } = buckets.get(key) ?? { tokens: BURST, at: now };
      const left = Math.min(BURST, tokens + Math.max(0, now - at) / REFILL_MS);
      const granted = left >= 1;
      buckets.delete(key);
      buckets.set(key, { tokens: granted ? left - 1 : left, at: now });
      const [oldest] = buckets.keys();
      if (buckets.size > MOST_KEYS && oldest !== undefined) buckets.delete(oldest);
      return granted;
    },
  };
}

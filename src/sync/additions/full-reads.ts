/** How often a tenant that lost the thread is read in full for additions alone. */
import type { Clock } from "../../base/deps.ts";
import { HOUR_MS, MINUTE_MS } from "../../base/time.ts";
import type { FeedPlace } from "../../directory/types.ts";

/** One that a process began for some object of the tenant. */
interface FullRead {
  /** Of the monotonic clock. */
  readonly at: number;
  readonly place: FeedPlace;
  readonly failed: boolean;
}

export interface FullReads {
  /** The place that a read begins after which may still be used, or `undefined`: another one is due, or `"spent"`. */
  of(tenant: string, clock: Clock): FeedPlace | "spent" | undefined;
  note(tenant: string, place: FeedPlace, clock: Clock): void;
  /** Nobody has anything of it. */
  failed(tenant: string): void;
}

const PAUSE_MS = 6 * HOUR_MS;
/** After one that came to nothing: what was in the way of it may pass, and is not to be made worse. */
const FAILED_PAUSE_MS = 15 * MINUTE_MS;
/** The other objects of the tenant ask within a round: they use the read that is still kept. */
const SHARED_MS = 4 * MINUTE_MS;
const MOST_TENANTS = 10_000;

export function createFullReads(): FullReads {
  const reads = new Map<string, FullRead>();
  return {
    of(tenant, clock) {
      const found = reads.get(tenant);
      const age = found === undefined ? PAUSE_MS : clock.monotonic() - found.at;
      if (found === undefined || age >= (found.failed ? FAILED_PAUSE_MS : PAUSE_MS)) return undefined;
      return age < SHARED_MS ? found.place : "spent";
    },
    note(tenant, place, clock) {
      reads.delete(tenant);
      reads.set(tenant, { at: clock.monotonic(), place, failed: false });
      const [oldest] = reads.keys();
      if (reads.size > MOST_TENANTS && oldest !== undefined) reads.delete(oldest);
    },
    failed(tenant) {
      const found = reads.get(tenant);
      if (found !== undefined) reads.set(tenant, { ...found, failed: true });
    },
  };
}

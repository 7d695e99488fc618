/** When the tenant is asked for what is new. Pure. */
import { createHash } from "node:crypto";
import type { O365Sync } from "../../api/types.generated.ts";
import { MINUTE_MS } from "../../base/time.ts";

export const wantsAdditions = ({ spec: { schedule, suspend } }: O365Sync): boolean =>
  schedule.enabled && schedule.additions?.enabled === true && !suspend;

export const intervalOf = ({ spec: { schedule } }: O365Sync): number =>
  (schedule.additions?.intervalMinutes ?? 5) * MINUTE_MS;

/** However long an object had to wait for its turn. */
const LONGEST_FRESH_MS = 30_000;

/**
 * How old an answer may be that another object of the tenant was given: not older than the instant at which this one was
 * due. What changed before that instant must be told now: the next poll is a whole interval away.
 */
export const freshFor = (due: number, now: number): number =>
  // An instant is told in whole milliseconds.
  Math.max(0, Math.min(LONGEST_FRESH_MS, now - due + 1));

/**
 * The first instant after `since`, in milliseconds since the epoch. Tenants are spread by their ids; the objects of one
 * tenant ask at the same instants, so that one round of requests serves them all and none waits for the next.
 */
export function nextPoll({ spec: { tenantId, cloud } }: O365Sync, intervalMs: number, since: number): number {
  const spread = createHash("sha256").update(`${cloud} ${tenantId.toLowerCase()}`).digest().readUInt32BE(0);
  const offset = spread % intervalMs;
  return Math.floor((since - offset) / intervalMs) * intervalMs + offset + intervalMs;
}

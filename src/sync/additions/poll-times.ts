/** When the tenant is asked for what is new. Pure. */
import { createHash } from "node:crypto";
import type { O365Sync } from "../../api/types.generated.ts";
import { MINUTE_MS } from "../../base/time.ts";

export const wantsAdditions = ({ spec: { schedule, suspend } }: O365Sync): boolean =>
  schedule.enabled && schedule.additions?.enabled === true && !suspend;

export const intervalOf = ({ spec: { schedule } }: O365Sync): number =>
  (schedule.additions?.intervalMinutes ?? 5) * MINUTE_MS;

/** Of the answer that another object of the tenant was given: what changed since is told the next time. */
export const freshFor = (intervalMs: number): number => Math.min(30_000, intervalMs / 2);

/**
 * The first instant after `since`, in milliseconds since the epoch. Tenants are spread by their ids; the objects of one
 * tenant ask at the same instants, so that one round of requests serves them all and none waits for the next.
 */
export function nextPoll({ spec: { tenantId, cloud } }: O365Sync, intervalMs: number, since: number): number {
  const spread = createHash("sha256").update(`${cloud} ${tenantId.toLowerCase()}`).digest().readUInt32BE(0);
  const offset = spread % intervalMs;
  return Math.floor((since - offset) / intervalMs) * intervalMs + offset + intervalMs;
}

/** Which runs may use one read of a tenant, and how old it may be. Pure. */

import type { O365Sync } from "../../api/types.generated.ts";
import { MINUTE_MS } from "../../base/time.ts";
import type { Sharing } from "../../directory/types.ts";
import type { Run } from "../../publication/run-records.ts";
import type { Access } from "../access/connection.ts";

/** For runs that have no instant of their own which a read must be newer than. */
const FRESH_MS = MINUTE_MS;
/** An object that waited longer for its first sync, perhaps for its MailDomain, wants no older read than this. */
const FIRST_MS = 300_000;

export interface SharingInput {
  readonly object: O365Sync;
  readonly access: Access;
  readonly run: Run;
  /** All of the tenant, this object included. */
  readonly syncs: readonly O365Sync[];
  /** Since when the object waited for its turn, in milliseconds since the epoch. */
  readonly queuedAt: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Undefined where no other object could share. The key names the Secret and its version, or an identity of the
 * installation that the object was allowed to use: namespaces share nothing else.
 */
export function sharingOf({ object, access, run, syncs, queuedAt, now }: SharingInput): Sharing | undefined {
  return canShare(object, syncs)
    ? { key: access.version, notBefore: notBefore(object, run, queuedAt, now) }
    : undefined;
}

/** `syncs`: all of the tenant. */
export const canShare = (object: O365Sync, syncs: readonly O365Sync[]): boolean =>
  syncs.some((other) => other.metadata.uid !== object.metadata.uid && asksAlike(other, object));

/**
 * A slot is served by a read since its instant, a first sync by one of the last five
 * minutes and since the object was made, other runs by one since
 * the object began to wait for its turn; what a person asked for, or what failed before, by one that begins now.
 */
function notBefore({ metadata }: O365Sync, run: Run, queuedAt: number | undefined, now: number): number {
  if (run.request !== undefined || run.attempts > 1) return now;
  if (run.slotTime !== undefined) return Date.parse(run.slotTime);
  const sinceMade =
    run.trigger === "Initial" ? Math.max(Date.parse(metadata.creationTimestamp ?? ""), now - FIRST_MS) : now;
  return Math.min(now - FRESH_MS, queuedAt ?? now, Number.isNaN(sinceMade) ? now : sinceMade);
}

function asksAlike(a: O365Sync, b: O365Sync): boolean {
  const [own, other] = [a.spec.credentials, b.spec.credentials];
  const secret = own?.clientSecretRef ?? own?.certificateRef;
  return (
    a.spec.tenantId === b.spec.tenantId &&
    a.spec.cloud === b.spec.cloud &&
    JSON.stringify(own) === JSON.stringify(other) &&
    (secret === undefined || a.metadata.namespace === b.metadata.namespace)
  );
}

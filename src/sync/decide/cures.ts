/** Whether the cause of a failure is gone, as far as that shows without a run. Pure. */

import type { O365SyncStatus } from "../../api/types.generated.ts";
import { MINUTE_MS } from "../../base/time.ts";
import type { Decision, Situation } from "./situation.ts";

/** Entra or Graph does not let the app in. */
const REFUSALS: ReadonlySet<string> = new Set([
  "InvalidCredentials",
  "NotAuthorized",
  "TenantNotFound",
  "AppDisabled",
  "BlockedByPolicy",
]);
export const isRefusal = (reason: string): boolean => REFUSALS.has(reason);

/** A look at the tenant would meet it again. */
const OF_TENANT: ReadonlySet<string> = new Set([
  ...REFUSALS,
  "DomainNotInTenant",
  "MalformedAnswer",
  "NetworkError",
  "ServiceUnavailable",
  "Throttled",
  "Timeout",
]);

/** Every look at the object would meet it again. */
const OF_CLUSTER: ReadonlySet<string> = new Set([
  "ConfigMapConflict",
  "DependencyNotReady",
  "DomainClaimed",
  "InvalidSchedule",
  "ManifestDamaged",
  "ManifestVersion",
  "NamespaceTerminating",
  "ServerTypeMismatch",
  "TenantNotAllowed",
]);

type LastSync = NonNullable<O365SyncStatus["lastSync"]>;

/** The last sync, where it failed and nothing was seen yet of its cause being gone. */
export function openFailure({ lastSync }: O365SyncStatus): LastSync | undefined {
  return lastSync?.result === "Failed" && lastSync.curedTime === undefined ? lastSync : undefined;
}

/** Whether a look at the tenant that ends well shows that the cause of the last failure is gone. */
export const isCuredByTenant = (status: O365SyncStatus): boolean => OF_TENANT.has(openFailure(status)?.reason ?? "");

/** A person changed the spec since the last look. */
export const isEdited = ({ object: { metadata, status } }: Situation): boolean =>
  status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation;

/**
 * A run may meet what no look does: the ConfigMap of baselineRef, the place of a plan, a namespace that is going. It is no
 * sign of a cure that a look does not meet it just after: the run would meet it again, and again.
 */
const SOONEST_CURE_MS = 10 * MINUTE_MS;

/**
 * What was in the way of the last sync is not there any more, or the spec was changed, which may have been the cure. What
 * only the tenant can tell is asked there (recheck).
 */
export function noticeCure(situation: Situation): Decision | number | undefined {
  const { object, obstacle, now } = situation;
  const failure = openFailure(object.status ?? {});
  if (failure?.reason === undefined || obstacle !== undefined) return undefined;
  if (isEdited(situation) && !OF_TENANT.has(failure.reason)) return { do: "cure" };
  if (!OF_CLUSTER.has(failure.reason)) return undefined;
  const ended = Date.parse(failure.completionTime ?? failure.startTime);
  return ended > now || now >= ended + SOONEST_CURE_MS ? { do: "cure" } : ended + SOONEST_CURE_MS;
}

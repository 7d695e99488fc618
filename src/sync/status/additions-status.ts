/** What the status says of additions, and the history record that counts them. Pure. */
import type { O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import { iso } from "../../base/time.ts";
import { firstAddresses } from "../../publication/history-file.ts";
import type { Manifest } from "../../publication/manifest.ts";
import type { HistoryRecord } from "../../publication/run-records.ts";
import type { AdditionLimits } from "../../recipients/additions.ts";
import type { Change, ChangeCounts } from "../../recipients/model.ts";
import { wantsAdditions } from "../additions/poll-times.ts";
import { describeChanges } from "./messages.ts";

export type AdditionsStatus = NonNullable<O365SyncStatus["additions"]>;

const CURRENT = "what is new in the tenant is accepted between syncs";

export const STATES = {
  Current: CURRENT,
  Limited:
    "spec.operationsLimit allows no more additions since the last sync; the next sync judges the rest, or raise the limit and sync",
  Waiting:
    "the tenant no longer tells what changed since the last sync; the next sync that is neither held nor failed finds it",
} as const;

/** Why nothing is asked or added until a sync. */
export const WAITS = {
  lost: STATES.Waiting,
  unread: "the last sync failed, or no list stands that came from this tenant and spec; the next that succeeds goes on",
  leaving:
    "a domain is still published as a Mirror that the MailDomain no longer has as one; nothing is added until a sync or an approval takes it out",
} as const;

/** Since the sync that looked at the whole last. */
export const sinceOf = ({ status }: O365Sync, { current }: Manifest): string =>
  status?.lastSuccessfulTime ?? current?.plannedTime ?? current?.time ?? iso(0);

/** Nothing was added since. */
export const restarted = (since: string): AdditionsStatus => {
  return { state: "Current", since, accountAdds: 0, aliasAdds: 0, message: CURRENT };
};

/** One record between two syncs. */
const idOf = (since: string): string => `additions-${since}`;

/** The record of what was added since, as far as there is one; it outlives a process that could not tell the status of it. */
export function recordSince(since: string, { record }: Manifest): HistoryRecord | undefined {
  return record?.trigger === "Additions" && record.id === idOf(since) ? record : undefined;
}

export interface Counted {
  readonly accountAdds: number;
  readonly aliasAdds: number;
}

/** The status cannot be edited by others, the manifest knows of what a process that died added. */
export function countedSince(since: string, { status }: O365Sync, manifest: Manifest): Counted {
  const told = status?.additions?.since === since ? status.additions : undefined;
  const found = recordSince(since, manifest)?.changes;
  const most = (kind: "accountAdds" | "aliasAdds"): number => Math.max(told?.[kind] ?? 0, found?.[kind] ?? 0);
  return { accountAdds: most("accountAdds"), aliasAdds: most("aliasAdds") };
}

export function limitsOf(
  { spec: { operationsLimit = {} } }: O365Sync,
  { accountAdds, aliasAdds }: Counted,
): AdditionLimits {
  const left = (limit: number | undefined, counted: number) =>
    limit === undefined ? undefined : Math.max(0, limit - counted);
  return {
    accountAdds: left(operationsLimit.accountAdds, accountAdds),
    aliasAdds: left(operationsLimit.aliasAdds, aliasAdds),
    total: left(operationsLimit.total, accountAdds + aliasAdds),
  };
}

export function countsWith(counted: Counted, changes: readonly Change[]): ChangeCounts {
  const accountAdds = counted.accountAdds + changes.filter(({ kind }) => kind === "accountAdd").length;
  const aliasAdds = counted.aliasAdds + changes.filter(({ kind }) => kind === "aliasAdd").length;
  return { accountAdds, accountDeletes: 0, aliasAdds, aliasDeletes: 0, total: accountAdds + aliasAdds };
}

/**
 * How old new accounts are, in seconds. An object that is older than the last sync, which did not find the address, tells
 * nothing: it got its address later.
 */
export function agesOf(
  changes: readonly Change[],
  { made, since, now }: { readonly made: ReadonlyMap<string, number>; readonly since: string; readonly now: number },
): readonly number[] {
  return changes.flatMap(({ kind, account }) => {
    const at = kind === "accountAdd" && account !== undefined ? made.get(account.id) : undefined;
    return at === undefined || at < Date.parse(since) ? [] : [Math.max(0, now - at) / 1000];
  });
}

/** The record with what is added now. */
export function recordWith(
  before: HistoryRecord | undefined,
  since: string,
  {
    counts,
    changes,
    now,
  }: { readonly counts: ChangeCounts; readonly changes: readonly Change[]; readonly now: number },
): HistoryRecord {
  const added = [...(before?.added ?? []), ...changes.map(({ address }) => address)];
  return {
    id: idOf(since),
    synced: before?.synced ?? iso(now),
    completed: iso(now),
    syncedBy: "Additions between syncs",
    testSync: false,
    summary: describeChanges(counts),
    trigger: "Additions",
    result: "Published",
    reason: "Published",
    attempts: 1,
    changes: counts,
    added: firstAddresses(added),
  };
}

/** What is not asked for is not told of. */
export function withoutUnwanted(object: O365Sync, status: O365SyncStatus): O365SyncStatus {
  const isOn = object.spec.schedule.enabled && object.spec.schedule.additions?.enabled === true;
  if (isOn || status.additions === undefined) return status;
  const { additions: _off, ...rest } = status;
  return rest;
}

/** A sync looked at the whole: counting begins anew. */
export function withRestart(object: O365Sync, status: O365SyncStatus, since: string): O365SyncStatus {
  return wantsAdditions(object) ? { ...status, additions: restarted(since) } : status;
}

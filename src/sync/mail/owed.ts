/** Which mails an object owes, and how their delivery is written into its status. Pure. */
import type { O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import { iso, MINUTE_MS } from "../../base/time.ts";
import type { Delivered } from "../../notify/notifier.ts";
import type { HistoryRecord, Run } from "../../publication/run-records.ts";

type Notifications = NonNullable<O365SyncStatus["notifications"]>;
export type OwedMail = NonNullable<Notifications["pending"]>[number];
/** What a mail tells of its run. */
export type ToldRun = NonNullable<OwedMail["run"]>;

const LONGEST_PAUSE_MS = 60 * MINUTE_MS;
/** No mail is put off further: a time beyond it was written by a clock that was wrong, and counts as none. */
const FURTHEST_MS = 2 * LONGEST_PAUSE_MS;
const MOST_PENDING = 10;

/** A run that has ended, and what its mail tells. */
export interface Told {
  readonly run: Run;
  readonly end: Pick<ToldRun, "result" | "reason" | "message">;
  readonly record: HistoryRecord;
  /** Digest of what the history keeps of it; absent: a mail shows none of that. */
  readonly details?: string | undefined;
  readonly now: number;
}

/**
 * The mails that are owed once a run has ended; written in the same patch as its end, so that none is forgotten. A run
 * that keeps failing is told at its first failure and at its end; damaged accounts that cannot be read again, once.
 */
export function owing(object: O365Sync, status: O365SyncStatus, told: Told): O365SyncStatus {
  const { run, end, now } = told;
  if (!object.spec.notifications.enabled || (end.result === "Failed" && isRepeated(run, status))) return status;
  const others = (status.notifications?.pending ?? []).filter(({ id }) => id !== run.id);
  const owed: OwedMail = { id: run.id, since: iso(now), attempts: 0, time: iso(now), run: tellingOf(told) };
  return { ...status, notifications: { ...status.notifications, pending: [...others, owed].slice(-MOST_PENDING) } };
}

function tellingOf({ run, end, record, details }: Told): ToldRun {
  return {
    trigger: run.trigger,
    ...(run.request === undefined ? {} : { request: run.request }),
    syncedBy: record.syncedBy,
    startTime: record.synced,
    completionTime: record.completed,
    result: end.result,
    reason: end.reason,
    message: end.message,
    attempts: run.attempts,
    ...(details === undefined ? {} : { details }),
  };
}

function isRepeated(run: Run, { history = [] }: O365SyncStatus): boolean {
  if (run.attempts > 1) return true;
  const before = history.find(({ id, test }) => id !== run.id && !test);
  return run.trigger === "Repair" && before?.trigger === "Repair" && before.result === "Failed";
}

/** The mail to send now. One that nobody wants any more is due at once, to be struck off. */
export function dueMail({ spec, status }: O365Sync, now: number): OwedMail | undefined {
  const pending = status?.notifications?.pending ?? [];
  const isDue = (at: number): boolean => at <= now || at > now + FURTHEST_MS;
  return pending.find(({ time }) => !spec.notifications.enabled || isDue(Date.parse(time)));
}

/** Milliseconds since the epoch. */
export function nextMail({ status }: O365Sync): number | undefined {
  const times = (status?.notifications?.pending ?? []).map(({ time }) => Date.parse(time));
  return times.length === 0 ? undefined : Math.min(...times);
}

export function struckOff(status: O365SyncStatus, owed: OwedMail): O365SyncStatus {
  const pending = (status.notifications?.pending ?? []).filter(({ id }) => id !== owed.id);
  return { ...status, notifications: { ...status.notifications, pending } };
}

/** What came of an attempt at a mail. */
export function delivery(status: O365SyncStatus, owed: OwedMail, mail: Delivered, now: number): O365SyncStatus {
  const { result, message } = mail;
  const last = { id: owed.id, result, message, time: iso(now) };
  const next = result === "Deferred" ? putOff(status, owed, now) : struckOff(status, owed);
  const told: O365SyncStatus = { ...next, notifications: { ...next.notifications, last } };
  const { lastSync } = told;
  if (lastSync?.id !== owed.id) return told;
  const { mail: _before, ...run } = lastSync;
  const trouble = result === "Sent" ? {} : { mail: `${result.toLowerCase()}: ${message}` };
  return { ...told, lastSync: { ...run, ...trouble } };
}

function putOff(status: O365SyncStatus, owed: OwedMail, now: number): O365SyncStatus {
  const attempts = owed.attempts + 1;
  const wait = Math.min(LONGEST_PAUSE_MS, MINUTE_MS * 2 ** Math.min(owed.attempts, 10));
  const later: OwedMail = { ...owed, attempts, time: iso(now + wait) };
  const pending = (status.notifications?.pending ?? []).map((each) => (each.id === owed.id ? later : each));
  return { ...status, notifications: { ...status.notifications, pending } };
}

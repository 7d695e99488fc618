/** How each thing that happens to an O365Sync is written into its status. Pure; conditions are derived elsewhere. */

import type { O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import type { Failure } from "../../base/failure.ts";
import { HOUR_MS, iso, MINUTE_MS } from "../../base/time.ts";
import {
  type HistoryRecord,
  isTest,
  type ReadCounts,
  type RecordedViolation,
  type RequestKind,
  type Run,
  type RunResult,
} from "../../publication/run-records.ts";
import type { ChangeCounts } from "../../recipients/model.ts";
import { describeSchedule, isAhead, type Slots, wantedSlots } from "../../schedule/object-schedule.ts";
import { isCuredByTenant, openFailure } from "../decide/cures.ts";
import { type PendingRequest, requestType } from "../decide/requests.ts";
import type { Answer } from "../decide/situation.ts";
import { owing } from "../mail/owed.ts";
import { withRestart } from "./additions-status.ts";
import { consentLine } from "./messages.ts";

/** How a run ended. `Succeeded` is for tests, which publish nothing. */
export interface RunEnd {
  readonly result: RunResult | "Succeeded";
  readonly reason: string;
  readonly message: string;
  /** Why it failed. */
  readonly failure?: Failure;
  readonly read?: ReadCounts;
  readonly changes?: ChangeCounts;
  readonly dropped?: Readonly<Record<string, number>>;
  readonly conflicts?: number;
  readonly held?: {
    readonly planDigest: string;
    /** Of the file that holds the plan in full: an approval is compared with no other. */
    readonly planSha256: string;
    readonly reason: string;
    readonly approvable: boolean;
    readonly violations: readonly RecordedViolation[];
  };
}

/** The rest is in the history ConfigMap, which others can write: nothing of it comes into the status. */
const MOST_IN_SHORT = 5;
const STALLED_RETRY_MS = 10 * MINUTE_MS;

type Requests = NonNullable<O365SyncStatus["requests"]>;
type RequestState = NonNullable<Requests["sync"]>;

function withRequest(status: O365SyncStatus, kind: RequestKind, state: RequestState): O365SyncStatus {
  const final = state.state !== "Accepted" && state.state !== "Running";
  return {
    ...status,
    requests: { ...status.requests, [kind]: state },
    ...(final ? { [requestType(kind).handled]: state.token } : {}),
  };
}

export function answered(status: O365SyncStatus, answers: readonly Answer[], now: number): O365SyncStatus {
  return answers.reduce<O365SyncStatus>((next, { request, state, reason, message }) => {
    const answer = withRequest(next, request.kind, { token: request.token, state, reason, message, time: iso(now) });
    const { retry, ...rest } = answer;
    const awaited = retry?.trigger === "Approval" && request.kind === "approve" && state !== "Accepted";
    return awaited ? rest : answer;
  }, status);
}

/** What a status that is lost had handled is known again. */
export function recalled(status: O365SyncStatus, requests: readonly PendingRequest[]): O365SyncStatus {
  const handled = requests.map(({ kind, token }) => [requestType(kind).handled, token]);
  return { ...status, ...Object.fromEntries(handled) };
}

/** The cause of the last failure was found to be gone. */
export function cured(status: O365SyncStatus, now: number): O365SyncStatus {
  const failed = openFailure(status);
  return failed === undefined ? status : { ...status, lastSync: { ...failed, curedTime: iso(now) } };
}

/** Another schedule is in force; slots count from `now`, and what the old one still had to retry is dropped. */
export function adopted(object: O365Sync, status: O365SyncStatus, slots: Slots, now: number): O365SyncStatus {
  const off = slots.times.length === 0;
  const { retry, ...rest } = status;
  const keepRetry = retry !== undefined && (!off || retry.trigger === "Approval");
  const { cron: _, lastSlotTime, lastMissedTime, ...recorded } = status.schedule ?? {};
  return {
    ...rest,
    ...(keepRetry ? { retry } : {}),
    schedule: {
      missedSlots: 0,
      ...recorded,
      ...(lastSlotTime === undefined || isAhead(lastSlotTime, now) ? {} : { lastSlotTime }),
      ...(lastMissedTime === undefined || isAhead(lastMissedTime, now) ? {} : { lastMissedTime }),
      times: [...slots.times],
      ...(slots.cron === undefined ? {} : { cron: slots.cron }),
      timeZone: slots.timeZone,
      summary: describeSchedule(object, slots),
      since: iso(now),
    },
  };
}

/** Whether slots that nothing ran for are skipped, because the object is switched off, and not missed. */
export const skipsSlots = (object: O365Sync): boolean => wantedSlots(object).times.length === 0;

/** Slots that nothing ran for. Those that came while the object was switched off are skipped, not missed. */
export function missed(object: O365Sync, status: O365SyncStatus, latest: number, count: number): O365SyncStatus {
  const skipped = skipsSlots(object);
  return {
    ...status,
    schedule: {
      ...status.schedule,
      missedSlots: (status.schedule?.missedSlots ?? 0) + (skipped ? 0 : count),
      ...(skipped ? {} : { lastMissedTime: iso(latest) }),
      lastSlotTime: iso(latest),
    },
  };
}

/** Whoever looks meanwhile reads what is waited for. */
const UNDER_WAY: Readonly<Record<RequestKind, string>> = {
  testConnection:
    "asking for a token, for the tenant's domains and for a first page of each source: one attempt each, at most 10 s a request",
  testSync: "reading the directory and planning; status.progress counts",
  sync: "reading the directory; status.progress counts",
  approve: "reading the directory again; status.progress counts",
};

/** Persisted before the first request of a run leaves the process: whoever starts next finishes this very run. */
export function started(status: O365SyncStatus, run: Run, accountsHash: string): O365SyncStatus {
  let next = status;
  if (run.request !== undefined && run.token !== undefined) {
    next = withRequest(next, run.request, {
      token: run.token,
      state: "Running",
      reason: "Running",
      message: UNDER_WAY[run.request],
      time: run.startTime,
      id: run.id,
    });
  }
  if (isTest(run)) return next;
  const { id, trigger, token, startTime, slotTime, attempts } = run;
  const lastSync = { id, trigger, startTime, attempts, ...(token === undefined ? {} : { token }) };
  if (status.lastSuccessfulTime === undefined)
    next = { ...next, progress: { phase: "Reading", objects: 0, since: startTime } };
  next = { ...next, accountsHash, lastSync: slotTime === undefined ? lastSync : { ...lastSync, slotTime } };
  if (slotTime === undefined || attempts > 1) return next;
  const { retry: _superseded, ...rest } = next;
  return {
    ...rest,
    schedule: { missedSlots: 0, ...next.schedule, lastSlotTime: slotTime },
  };
}

export interface Ending {
  readonly object: O365Sync;
  readonly run: Run;
  readonly end: RunEnd;
  readonly now: number;
  readonly random: () => number;
  /** What the history keeps of this run. */
  readonly record: HistoryRecord;
  /** Its digest, for the mail that is owed; absent: what stands there is not known to be the run's own. */
  readonly details?: string | undefined;
}

export function ended(status: O365SyncStatus, ending: Ending): O365SyncStatus {
  const { run, end, record } = ending;
  const closed = owing(ending.object, closeRequest(status, ending), ending);
  const { progress: _over, ...next } = inHistory(closed, record);
  const sawTenant = run.request === "testConnection" && end.result === "Succeeded";
  if (isTest(run)) return sawTenant && isCuredByTenant(next) ? cured(next, ending.now) : next;
  const { held: _before, retry, ...rest } = next;
  const finished: O365SyncStatus = { ...rest, lastSync: closedSync(ending) };
  const planned = plannedRetry(ending);
  // A failed manual run is final for its token; what the schedule still has to retry goes on.
  const retryNow = planned ?? (end.result === "Failed" && run.trigger === "Manual" ? retry : undefined);
  if (retryNow !== undefined) finished.retry = retryNow;
  if (end.result === "Failed" && next.held !== undefined) finished.held = next.held;
  if (end.result === "Held" && end.held !== undefined) finished.held = heldStatus(next, ending, end.held);
  if (end.result !== "Published" && end.result !== "Unchanged") return finished;
  const time = iso(ending.now);
  return withRestart(ending.object, { ...finished, lastSuccessfulTime: time }, time);
}

/** The record goes first among those that the status tells of. */
export function inHistory(status: O365SyncStatus, record: HistoryRecord): O365SyncStatus {
  const others = (status.history ?? []).filter(({ id }) => id !== record.id);
  return { ...status, history: [inShort(record), ...others].slice(0, MOST_IN_SHORT) };
}

function heldStatus(
  status: O365SyncStatus,
  { now, end }: Ending,
  held: NonNullable<RunEnd["held"]>,
): NonNullable<O365SyncStatus["held"]> {
  const since = status.held?.planDigest === held.planDigest ? status.held.since : iso(now);
  const changes = end.changes === undefined ? {} : { changes: end.changes };
  return { ...held, violations: [...held.violations], since, ...changes };
}

/**
 * A rendering that takes addresses away and did not pass: held like a plan of a run, without a run. A plan that a run
 * holds stays the one that is shown: once it is approved, the next run has both to judge.
 */
export function heldByRendering(
  status: O365SyncStatus,
  held: NonNullable<RunEnd["held"]>,
  changes: ChangeCounts,
  now: number,
): O365SyncStatus {
  const since = status.held?.planDigest === held.planDigest ? status.held.since : iso(now);
  return { ...status, held: { ...held, rendering: true, violations: [...held.violations], since, changes } };
}

/** Nothing that rendering held is to be rendered any more. */
export function released(status: O365SyncStatus): O365SyncStatus {
  if (status.held?.rendering !== true) return status;
  const { held: _undone, ...rest } = status;
  return rest;
}

/** A run that was interrupted and may not go on. */
export function abandonedEnd(reason: string, message: string, failure: Failure | undefined): RunEnd {
  return { result: "Failed", reason, message, ...(failure === undefined ? {} : { failure }) };
}

function closedSync({ run, end, now }: Ending): NonNullable<O365SyncStatus["lastSync"]> {
  const { id, trigger, token, startTime, slotTime, attempts } = run;
  return {
    id,
    trigger,
    startTime,
    attempts,
    ...(token === undefined ? {} : { token }),
    ...(slotTime === undefined ? {} : { slotTime }),
    completionTime: iso(now),
    result: end.result === "Succeeded" ? "Published" : end.result,
    reason: end.reason,
    message: end.message,
    ...(end.read === undefined ? {} : { read: end.read }),
    ...(end.changes === undefined ? {} : { changes: end.changes }),
    ...(end.dropped === undefined ? {} : { dropped: end.dropped }),
    ...(end.conflicts === undefined ? {} : { conflicts: end.conflicts }),
  };
}

function closeRequest(status: O365SyncStatus, { run, end, now }: Ending): O365SyncStatus {
  const { request: kind, token } = run;
  if (kind === undefined || token === undefined) return status;
  const answer = requestState(kind, end);
  const message = [end.message, ...nextStep(status, end)].join("; ");
  return withRequest(status, kind, { token, state: answer, reason: end.reason, message, time: iso(now), id: run.id });
}

/** What a person does about the end of a run, where it is one thing. */
function nextStep({ consentUrl }: O365SyncStatus, { result, reason, held }: RunEnd): string[] {
  // The command itself stands in the conditions, as long as it can be used.
  if (result === "Held" && held?.approvable === true)
    return ["the conditions Ready and Held have the command that lets it through"];
  return result === "Failed" && reason === "NotAuthorized" && consentUrl !== undefined ? [consentLine(consentUrl)] : [];
}

function requestState(kind: RequestKind, end: RunEnd): RequestState["state"] {
  if (end.result === "Held") return "Failed";
  if (end.result !== "Failed") return "Succeeded";
  if (end.reason === "UnknownPlan") return "Rejected";
  if (kind === "approve") return "Accepted";
  return end.reason === "NotAuthorized" || end.reason === "Suspended" ? "Rejected" : "Failed";
}

/** When a run that failed is tried again. Runs that a person asked for are not, but for an approval. */
function plannedRetry({ object, run, end, now, random }: Ending): O365SyncStatus["retry"] {
  if (end.result !== "Failed" || run.trigger === "Manual" || end.reason === "UnknownPlan") return undefined;
  if (run.trigger !== "Approval" && wantedSlots(object).times.length === 0) return undefined;
  const { id, trigger, token, slotTime, attempts } = run;
  const latest = now + 24 * HOUR_MS;
  const earliest = Math.max(
    now + retryDelay(end.failure?.kind ?? "retry", attempts, random),
    end.failure?.retryAt ?? 0,
  );
  const time = Math.min(earliest, latest);
  return {
    id,
    trigger,
    attempts,
    reason: end.reason,
    ...(token === undefined ? {} : { token }),
    ...(slotTime === undefined ? {} : { slotTime }),
    time: iso(time),
  };
}

/** Milliseconds. Backoff doubles from 2 minutes to an hour, with full jitter above the shortest wait of a minute. */
function retryDelay(kind: Failure["kind"], attempts: number, random: () => number): number {
  if (kind === "stalled") return STALLED_RETRY_MS;
  if (kind === "wait") return MINUTE_MS;
  const ceiling = Math.min(HOUR_MS, MINUTE_MS * 2 ** Math.min(attempts, 10));
  return MINUTE_MS + random() * (ceiling - MINUTE_MS);
}

function inShort(record: HistoryRecord): NonNullable<O365SyncStatus["history"]>[number] {
  return {
    id: record.id,
    time: record.synced,
    trigger: record.trigger,
    test: record.testSync,
    result: record.result,
    summary: record.summary,
    ...(record.changes === undefined ? {} : { changes: record.changes }),
  };
}

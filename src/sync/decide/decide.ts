/** What to do now, as one pure function of the object, its domain and the time. */

import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import type { Failure } from "../../base/failure.ts";
import type { RequestKind, Run, Trigger } from "../../publication/records.ts";
import { findCondition } from "../../runtime/conditions.ts";
import {
  recordedSlots,
  type Slots,
  sameSlots,
  slotsDue,
  upcomingSlot,
  wantedSlots,
} from "../../schedule/object-schedule.ts";
import { noticeTime } from "../access/expiry.ts";
import { dueMail, nextMail, type OwedMail } from "../mail/owed.ts";
import { accountsHash, changedSince } from "./fingerprint.ts";
import { type PendingRequest, pendingRequests } from "./requests.ts";

export interface Situation {
  readonly object: O365Sync;
  readonly domain: MailDomain | undefined;
  /** Why nothing can run now: a claim, a reference or a type that is wrong. */
  readonly obstacle: Failure | undefined;
  /** Why tables cannot be put right either. */
  readonly tablesObstacle: Failure | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Something was published, but its accounts cannot be read. */
  readonly accountsDamaged: boolean;
  /** The ConfigMaps are not what accounts, MailDomain and output say. */
  readonly tablesDiffer: boolean;
  /** When tables were last rendered again, in milliseconds. */
  readonly lastRender: number | undefined;
  /** Starts of this object's manual runs, in milliseconds. */
  readonly manualRuns: readonly number[];
  readonly manualRunsPerHour: number;
  /** When tables that retire are due to go, in milliseconds. */
  readonly retiringUntil: number | undefined;
  /** When permissions were last looked at, in milliseconds. */
  readonly lastCheck: number | undefined;
  /** The Secret is another one than that of the last run. */
  readonly secretChanged: boolean;
  /** Somebody asked to look at permissions now. */
  readonly checkAsked: boolean;
  /** What was refused before the last look at permissions was granted then. */
  readonly granted: boolean;
  /** When the credential ends, in milliseconds. */
  readonly credentialEnd: number | undefined;
}

export interface Answer {
  readonly request: PendingRequest;
  readonly state: "Accepted" | "Rejected" | "Failed";
  readonly reason: string;
  readonly message: string;
}

export type Decision =
  /** Nothing now; look again at `until`. */
  | { readonly do: "wait"; readonly until: number | undefined }
  /** Tell people what became of their requests, without running anything. */
  | { readonly do: "answer"; readonly answers: readonly Answer[] }
  /** Another schedule is in force from now on. */
  | { readonly do: "adopt"; readonly slots: Slots }
  /** Slots passed that will not run. */
  | { readonly do: "miss"; readonly latest: number; readonly count: number }
  /** Look whether an administrator has granted what was missing. */
  | { readonly do: "recheck" }
  /** Put the tables right from the accounts. */
  | { readonly do: "render" }
  /** A mail is owed. */
  | { readonly do: "notify"; readonly owed: OwedMail }
  /** A run that was interrupted may not go on. */
  | { readonly do: "abandon"; readonly run: Run; readonly reason: string; readonly message: string }
  | { readonly do: "run"; readonly run: Run };

export const MINUTE_MS = 60_000;
export const REPAIR_PAUSE_MS = 10 * MINUTE_MS;
const RECHECK_MS = 10 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;

export function decide(situation: Situation): Decision {
  return (
    resume(situation) ??
    sendMail(situation) ??
    serveRequests(situation) ??
    followSchedule(situation) ??
    render(situation) ??
    runAutomatically(situation) ??
    recheck(situation) ?? { do: "wait", until: nextLook(situation) }
  );
}

/** A run without a result was interrupted: it is finished under its own identity before anything else. */
function resume({ object, obstacle }: Situation): Decision | undefined {
  const run = interruptedRun(object);
  if (run === undefined) return undefined;
  if (object.spec.suspend) return abandon(run, "Suspended", "interrupted, and spec.suspend is true");
  if (obstacle !== undefined) return abandon(run, obstacle.reason, obstacle.message);
  return { do: "run", run };
}

/** Before anything that could take the place of what is to be told. */
function sendMail({ object, now }: Situation): Decision | undefined {
  const owed = dueMail(object, now);
  return owed && { do: "notify", owed };
}

const abandon = (run: Run, reason: string, message: string): Decision => ({ do: "abandon", run, reason, message });

export function interruptedRun(object: O365Sync): Run | undefined {
  const { lastSync, requests } = object.status ?? {};
  if (lastSync !== undefined && lastSync.result === undefined) {
    const { id, trigger, token, startTime, slotTime, attempts } = lastSync;
    const request: RequestKind | undefined =
      trigger === "Manual" ? "sync" : trigger === "Approval" ? "approve" : undefined;
    return {
      id,
      trigger,
      startTime,
      attempts: attempts ?? 1,
      ...(request === undefined ? {} : { request }),
      ...(token === undefined ? {} : { token }),
      ...(slotTime === undefined ? {} : { slotTime }),
    };
  }
  for (const kind of ["testConnection", "testSync"] as const) {
    const request = requests?.[kind];
    if (request?.state === "Running" && request.id !== undefined) {
      const { id, token, time } = request;
      return { id, trigger: "Manual", request: kind, token, startTime: time, attempts: 1 };
    }
  }
  return undefined;
}

function serveRequests(situation: Situation): Decision | undefined {
  const pending = pendingRequests(situation.object);
  const rejected = pending.flatMap((request) => refusal(request, situation) ?? []);
  if (rejected.length > 0) return { do: "answer", answers: rejected };
  const request = pending.find(({ kind, token }) => !(kind === "approve" && awaitsRetry(situation, token)));
  if (request === undefined) return undefined;
  if (budgetFrees(situation) === undefined) return startRequest(request, situation);
  const state = situation.object.status?.requests?.[request.kind];
  if (state?.token === request.token && state.state === "Accepted") return undefined;
  const message = `more than ${situation.manualRunsPerHour} runs were asked for within an hour; it runs as soon as the hour allows`;
  return { do: "answer", answers: [{ request, state: "Accepted", reason: "RateLimited", message }] };
}

function refusal(request: PendingRequest, situation: Situation): Answer | undefined {
  const { object, obstacle } = situation;
  const reject = (reason: string, message: string): Answer => ({ request, state: "Rejected", reason, message });
  if (!request.valid)
    return reject("InvalidToken", "the annotation's value must match [A-Za-z0-9._:+-]{1,128}; use $(date +%s)");
  if (object.spec.suspend) return reject("Suspended", "spec.suspend is true; set it to false and ask again");
  if (request.kind === "approve") {
    const { held } = object.status ?? {};
    if (held === undefined) return reject("UnknownPlan", "no plan is held; there is nothing to approve");
    if (held.planDigest !== request.token)
      return reject(
        "UnknownPlan",
        `the plan that is held has the digest ${held.planDigest}; look at it before you approve it`,
      );
    if (!held.approvable)
      return reject("NotApprovable", `a plan held for ${held.reason} cannot be approved; see the condition Held`);
  }
  return obstacle && { request, state: "Failed", reason: obstacle.reason, message: obstacle.message };
}

/** When the hour's budget of manual runs frees again; undefined while there is room. */
function budgetFrees({ manualRuns, manualRunsPerHour, now }: Situation): number | undefined {
  const recent = manualRuns.filter((start) => start > now - HOUR_MS).sort((a, b) => a - b);
  const blocking = recent.length - manualRunsPerHour;
  return blocking < 0 ? undefined : (recent[blocking] ?? now) + HOUR_MS;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function startRequest({ kind, token }: PendingRequest, { now }: Situation): Decision {
  const names: Record<RequestKind, string> = {
    sync: "manual",
    approve: "approval",
    testSync: "test-sync",
    testConnection: "test-connection",
  };
  const trigger = kind === "approve" ? "Approval" : "Manual";
  const run = {
    id: `${names[kind]}-${iso(now)}`,
    trigger,
    request: kind,
    token,
    startTime: iso(now),
    attempts: 1,
  } as const;
  return { do: "run", run };
}

/** An approval whose run failed waits for its retry instead of starting anew. */
function awaitsRetry({ object }: Situation, token: string): boolean {
  const { retry } = object.status ?? {};
  return retry?.trigger === "Approval" && retry.token === token;
}

/** Slots are judged by the schedule that was in force when they came; only then another one takes over. */
function followSchedule(situation: Situation): Decision | undefined {
  const { object, now, obstacle } = situation;
  const due = slotsDue(object, now);
  if (due !== undefined) {
    const late = now - due.latest > object.spec.schedule.startingDeadlineSeconds * 1000;
    // A slot that nothing can run for now waits for its deadline, then it is missed.
    if (!late && obstacle !== undefined && !object.spec.suspend) return undefined;
    if (late || object.spec.suspend || !object.spec.schedule.enabled)
      return { do: "miss", latest: due.latest, count: due.count };
    // One is caught up at most: those before it are told first, so that nothing of it is lost when the run is.
    if (due.earlier !== undefined) return { do: "miss", latest: due.earlier, count: due.count - 1 };
    const slotTime = iso(due.latest);
    const run: Run = { id: `slot-${slotTime}`, trigger: "Schedule", slotTime, startTime: iso(now), attempts: 1 };
    return { do: "run", run };
  }
  const slots = wantedSlots(object);
  return sameSlots(slots, recordedSlots(object)) ? undefined : { do: "adopt", slots };
}

function render(situation: Situation): Decision | undefined {
  const { object, tablesObstacle, tablesDiffer, accountsDamaged, lastRender, now } = situation;
  if (!tablesDiffer || accountsDamaged || object.spec.suspend || tablesObstacle !== undefined) return undefined;
  return lastRender !== undefined && lastRender > now - MINUTE_MS ? undefined : { do: "render" };
}

function runAutomatically(situation: Situation): Decision | undefined {
  const { object, domain, obstacle, now } = situation;
  if (object.spec.suspend || obstacle !== undefined || domain === undefined) return undefined;
  const status = object.status ?? {};
  const start = (trigger: Trigger): Decision => {
    const run = { id: `${trigger.toLowerCase()}-${iso(now)}`, trigger, startTime: iso(now), attempts: 1 };
    return { do: "run", run };
  };
  if (object.spec.schedule.enabled) {
    if (
      status.lastSync === undefined ||
      (status.lastSuccessfulTime === undefined &&
        status.lastSync.trigger === "Manual" &&
        status.lastSync.result === "Failed" &&
        status.retry === undefined)
    )
      return start("Initial");
    const change = status.accountsHash && changedSince(status.accountsHash, accountsHash(object, domain));
    if (change) return start(change);
    if (situation.accountsDamaged && now >= repairAllowed(object)) return start("Repair");
  }
  const { retry } = status;
  const { secretChanged, granted } = situation;
  if (retry === undefined || (Date.parse(retry.time) > now && !secretChanged && !granted)) return undefined;
  if (!object.spec.schedule.enabled && retry.trigger !== "Approval") return undefined;
  return { do: "run", run: retriedRun(retry, now) };
}

/** While the app lacks consent and no retry would notice it: a fresh token every 10 minutes. */
function recheck(situation: Situation): Decision | undefined {
  const at = nextCheck(situation);
  return at !== undefined && at <= situation.now ? { do: "recheck" } : undefined;
}

function nextCheck(situation: Situation): number | undefined {
  const { object, obstacle, lastCheck, now } = situation;
  if (object.spec.suspend || obstacle !== undefined) return undefined;
  if (situation.checkAsked) return now;
  const refused = findCondition(object.status?.conditions ?? [], "Authorized")?.status === "False";
  if (!refused || object.status?.retry !== undefined) return undefined;
  return lastCheck === undefined || situation.secretChanged ? now : lastCheck + RECHECK_MS;
}

function retriedRun(retry: NonNullable<NonNullable<O365Sync["status"]>["retry"]>, now: number): Run {
  return {
    id: retry.id,
    trigger: retry.trigger,
    startTime: iso(now),
    attempts: retry.attempts + 1,
    ...(retry.slotTime === undefined ? {} : { slotTime: retry.slotTime }),
    ...(retry.trigger === "Approval" && retry.token !== undefined ? { request: "approve", token: retry.token } : {}),
  };
}

/** Damaged accounts are read again at most once in 10 minutes, however often somebody damages them. */
function repairAllowed(object: O365Sync): number {
  const { lastSync } = object.status ?? {};
  return lastSync?.trigger === "Repair" ? Date.parse(lastSync.startTime) + REPAIR_PAUSE_MS : 0;
}

/** The next instant at which this function could answer something else without any change of the object. */
function nextLook(situation: Situation): number | undefined {
  const { object, now, lastRender, tablesDiffer, accountsDamaged } = situation;
  const { retry } = object.status ?? {};
  const candidates: (number | undefined)[] = [
    upcomingSlot(object, now),
    deadlineOfWaitingSlot(situation),
    nextCheck(situation),
    nextMail(object),
    situation.retiringUntil,
    noticeTime(situation.credentialEnd, now),
  ];
  if (retry !== undefined) candidates.push(Date.parse(retry.time));
  // A Secret is not watched: it is looked at again while something waits for it.
  if ((retry !== undefined && awaitsPerson(object)) || situation.obstacle?.kind === "wait")
    candidates.push(now + MINUTE_MS);
  // Nor are roles.
  if (situation.obstacle?.reason === "Forbidden") candidates.push(now + RECHECK_MS);
  if (tablesDiffer && !accountsDamaged && lastRender !== undefined) candidates.push(lastRender + MINUTE_MS);
  if (accountsDamaged && object.spec.schedule.enabled) candidates.push(repairAllowed(object));
  if (pendingRequests(object).length > 0) candidates.push(budgetFrees(situation));
  const future = candidates.filter((at): at is number => at !== undefined && at > now);
  return future.length === 0 ? undefined : Math.min(...future);
}

/** A tenant in trouble is not mended by another Secret; looking every minute would only be load. */
function awaitsPerson({ status }: O365Sync): boolean {
  const conditions = status?.conditions ?? [];
  return (
    findCondition(conditions, "Stalled") !== undefined || findCondition(conditions, "Authorized")?.status === "False"
  );
}

function deadlineOfWaitingSlot({ object, now }: Situation): number | undefined {
  const due = slotsDue(object, now);
  return due && due.latest + object.spec.schedule.startingDeadlineSeconds * 1000 + 1;
}

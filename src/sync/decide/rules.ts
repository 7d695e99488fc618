/** The rules of the checklist that follow the clock and the state of the object. Pure. */

import type { O365Sync } from "../../api/types.generated.ts";
import { HOUR_MS, iso, MINUTE_MS } from "../../base/time.ts";
import { type Cause, causeOf, type Run, type Trigger } from "../../publication/run-records.ts";
import { findCondition } from "../../runtime/condition-list.ts";
import {
  recordedSlots,
  sameSlots,
  slotsDue,
  upcomingSlot,
  wantedSlots,
  wasAhead,
} from "../../schedule/object-schedule.ts";
import { dueMail, nextMail } from "../mail/owed.ts";
import { isCuredByTenant, isEdited } from "./cures.ts";
import { accountsHash, changedSince } from "./fingerprint.ts";
import { interruptedRun } from "./interrupted.ts";
import type { Decision, Situation } from "./situation.ts";

const REPAIR_PAUSE_MS = 10 * MINUTE_MS;
const RECHECK_MS = 10 * MINUTE_MS;

/**
 * A run that began and has no result. It is finished under its own identity; suspended, or with something in the way, it
 * is ended as failed. One that an error cut short in this process waits for its pause: nothing else is done meanwhile,
 * however often the object is woken.
 */
export function resume({ object, obstacle, resumeAt, now }: Situation): Decision | undefined {
  const run = interruptedRun(object);
  if (run === undefined) return undefined;
  if (object.spec.suspend) return abandon(run, "Suspended", "interrupted, and spec.suspend is true");
  if (obstacle !== undefined) return abandon(run, obstacle.reason, obstacle.message);
  return resumeAt !== undefined && resumeAt > now ? { do: "wait", until: resumeAt } : { do: "run", run };
}

const abandon = (run: Run, reason: string, message: string): Decision => ({ do: "abandon", run, reason, message });

/** A mail that is owed, when its time has come: before anything that could take the place of what is to be told. */
export function sendMail({ object, now }: Situation): Decision | number | undefined {
  const owed = dueMail(object, now);
  return owed === undefined ? nextMail(object) : { do: "notify", owed };
}

/**
 * Slots are judged by the schedule that was in force when they came; only then another one takes over. A slot that is too
 * late, or that came while the object was switched off, is missed. Of several that came the earlier ones are missed
 * first, so that nothing of them is lost when the run of the latest is. One that nothing can run for now waits for its
 * deadline. Times that a wrong clock has written ahead count as none: the schedule is taken up anew.
 */
export function followSchedule(situation: Situation): Decision | number | undefined {
  const { object, now, obstacle } = situation;
  const slots = wantedSlots(object);
  if (wasAhead(object, now)) return { do: "adopt", slots };
  const due = slotsDue(object, now);
  if (due === undefined) {
    return sameSlots(slots, recordedSlots(object)) ? upcomingSlot(object, now) : { do: "adopt", slots };
  }
  const deadline = due.latest + object.spec.schedule.startingDeadlineSeconds * 1000;
  const late = now > deadline;
  if (!late && obstacle !== undefined && !object.spec.suspend)
    return Math.min(deadline + 1, upcomingSlot(object, now) ?? deadline + 1);
  if (late || object.spec.suspend || !object.spec.schedule.enabled)
    return { do: "miss", latest: due.latest, count: due.count };
  if (due.earlier !== undefined) return { do: "miss", latest: due.earlier, count: due.count - 1 };
  const slotTime = iso(due.latest);
  return start(situation, { trigger: "Schedule", slotTime }, `slot-${slotTime}`);
}

/**
 * Tables that are not what accounts, MailDomain and output say, at most once a minute; of a suspended object too: a
 * gateway needs them. Not while the accounts are damaged (there is nothing to render from), or something is in the way of
 * its ConfigMaps.
 */
export function render(situation: Situation): Decision | number | undefined {
  const { tablesObstacle, tablesDiffer, accountsDamaged, lastRender, now } = situation;
  if (!tablesDiffer || accountsDamaged) return undefined;
  const again = lastRender === undefined ? undefined : lastRender + MINUTE_MS;
  if (tablesObstacle !== undefined) return again;
  return again !== undefined && again > now ? again : { do: "render" };
}

/** What must be left as it is, labels and owners too. */
const UNTOUCHED = new Set(["ConfigMapConflict", "ManifestVersion"]);

/**
 * Labels and owners follow the spec also where no table can be put right: somebody who says Orphan, and deletes the object,
 * means it. As often as rendering, which does the same where it can.
 */
export function relabel(situation: Situation): Decision | number | undefined {
  const { misowned, accountsDamaged, tablesObstacle, lastRender, now } = situation;
  if (!misowned || (!accountsDamaged && tablesObstacle === undefined)) return undefined;
  if (tablesObstacle !== undefined && UNTOUCHED.has(tablesObstacle.reason)) return undefined;
  const again = lastRender === undefined ? undefined : lastRender + MINUTE_MS;
  return again !== undefined && again > now ? again : { do: "relabel" };
}

/** Whether automatic sync may start a run now. */
function isAutomatic({ object, domain, obstacle }: Situation): boolean {
  return !object.spec.suspend && obstacle === undefined && domain !== undefined && object.spec.schedule.enabled;
}

/** The first sync of an object whose automatic sync is on; also when so far only manual ones were tried, and failed. */
export function runFirst(situation: Situation): Decision | undefined {
  if (!isAutomatic(situation)) return undefined;
  const { lastSync, lastSuccessfulTime, retry } = situation.object.status ?? {};
  const onlyFailedByHand =
    lastSuccessfulTime === undefined &&
    lastSync?.trigger === "Manual" &&
    lastSync.result === "Failed" &&
    retry === undefined;
  return lastSync === undefined || onlyFailedByHand ? startBy("Initial", situation) : undefined;
}

/** The object or its MailDomain changed in a way that alters the accounts. */
export function runOnChange(situation: Situation): Decision | undefined {
  const { object, domain } = situation;
  if (!isAutomatic(situation) || domain === undefined) return undefined;
  const before = object.status?.accountsHash;
  const change = before ? changedSince(before, accountsHash(object, domain)) : undefined;
  return change && startBy(change, situation);
}

/**
 * Damaged accounts are read again at most once in 10 minutes, however often somebody damages them; what a person ran and
 * what failed, once its cause is gone. Not while a plan is held, which would only be held again: that is for its approval
 * or the next slot; nor while a retry is planned, which does the same.
 */
export function repair(situation: Situation): Decision | number | undefined {
  const { object, accountsDamaged, now } = situation;
  const { lastSync, retry: planned, held } = object.status ?? {};
  const isNeeded = accountsDamaged ? held === undefined || held.rendering === true : lastSync?.curedTime !== undefined;
  if (!isNeeded || planned !== undefined || !object.spec.schedule.enabled) return undefined;
  const last = lastSync?.trigger === "Repair" ? Date.parse(lastSync.startTime) : Number.NEGATIVE_INFINITY;
  const allowed = last > now ? now : last + REPAIR_PAUSE_MS;
  return isAutomatic(situation) && now >= allowed ? startBy("Repair", situation) : allowed;
}

/** No retry is planned further ahead: a time beyond it was written by a clock that was wrong. */
const FURTHEST_RETRY_MS = 25 * HOUR_MS;

/**
 * A run that failed, at the time planned for it; at once when its cause is gone, or may be: there is another Secret. With automatic sync off only an approval is tried again. While a person must act, the Secret, which is not
 * watched, is looked at every minute.
 */
export function retry(situation: Situation): Decision | number | undefined {
  const { object, domain, obstacle, now, secretChanged } = situation;
  const planned = object.status?.retry;
  if (planned === undefined) return undefined;
  const written = Date.parse(planned.time);
  const time = written > now + FURTHEST_RETRY_MS ? now : written;
  const cured = object.status?.lastSync?.curedTime !== undefined;
  const isAllowed = object.spec.schedule.enabled || planned.trigger === "Approval";
  const isFree = !object.spec.suspend && obstacle === undefined && domain !== undefined;
  if (isAllowed && isFree && (time <= now || secretChanged || cured)) return retried(planned, situation);
  if (!awaitsPerson(object)) return time;
  return time > now ? Math.min(time, now + MINUTE_MS) : now + MINUTE_MS;
}

/** A tenant in trouble is not mended by another Secret; looking every minute would only be load. */
function awaitsPerson({ status }: O365Sync): boolean {
  const conditions = status?.conditions ?? [];
  return (
    findCondition(conditions, "Stalled") !== undefined || findCondition(conditions, "Authorized")?.status === "False"
  );
}

function retried(planned: NonNullable<NonNullable<O365Sync["status"]>["retry"]>, situation: Situation): Decision {
  return start(situation, causeOf(planned), planned.id, planned.attempts + 1);
}

/**
 * While the tenant does not let us in, or nobody knows (the credential was gone), or it was why the last sync failed, and no retry would notice a change: a look with a
 * fresh token every 10 minutes; at once when somebody asks for it, the spec was changed or the Secret is another one.
 */
export function recheck(situation: Situation): Decision | number | undefined {
  const { object, obstacle, lastCheck, checkAsked, secretChanged, now } = situation;
  const status = object.status ?? {};
  if (object.spec.suspend || obstacle !== undefined) return undefined;
  if (checkAsked) return { do: "recheck" };
  const authorized = findCondition(status.conditions ?? [], "Authorized");
  const refused = authorized !== undefined && authorized.status !== "True";
  if ((!refused && !isCuredByTenant(status)) || status.retry !== undefined) return undefined;
  const next = lastCheck === undefined || secretChanged || isEdited(situation) ? now : lastCheck + RECHECK_MS;
  return next <= now ? { do: "recheck" } : next;
}

/** Tables of an old layout, when their time is over: from then on they differ from what must stand. */
export const removeRetired = ({ retiringUntil }: Situation): number | undefined => retiringUntil;

const ATTENDED_FOR_MS = 10 * MINUTE_MS;
const ATTENDED_LOOK_MS = 10_000;

/**
 * What is in the way goes away without an event where it is not watched: a Secret, a role, a quota, a policy, a foreign
 * ConfigMap. What becomes right by itself is looked at every minute, what a person must mend every 10 minutes; a Secret
 * that is missing every 10 s while somebody waits for it.
 */
export function awaitObstacle(situation: Situation): number | undefined {
  const { obstacle, now } = situation;
  if (obstacle === undefined) return undefined;
  if (obstacle.kind === "stalled") return now + RECHECK_MS;
  return now + (obstacle.reason === "DependencyNotReady" && isAttended(situation) ? ATTENDED_LOOK_MS : MINUTE_MS);
}

/** A person is at work: the object was made, or answered a question, a few minutes ago. */
function isAttended({ object: { metadata, status }, now }: Situation): boolean {
  const times = [metadata.creationTimestamp, ...Object.values(status?.requests ?? {}).map(({ time }) => time)];
  return times.some((time) => {
    const ago = now - Date.parse(time ?? "");
    return ago >= 0 && ago < ATTENDED_FOR_MS;
  });
}

const startBy = (trigger: Exclude<Trigger, "Schedule" | "Manual" | "Approval">, situation: Situation): Decision =>
  start(situation, { trigger }, `${trigger.toLowerCase()}-${iso(situation.now)}`);

function start({ now }: Situation, cause: Cause, id: string, attempts = 1): Decision {
  return { do: "run", run: { ...cause, id, startTime: iso(now), attempts } };
}

/** The conditions of an O365Sync, derived from its spec, its status and what is published. Pure. */

import { approveLine, syncCommand, testConnectionCommand } from "../../api/commands.ts";
import { planName } from "../../api/names.ts";
import type { MailDomain, O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import type { Failure } from "../../base/failure.ts";
import { readableMinute, readableTime } from "../../base/time.ts";
import type { Publication } from "../../publication/manifest.ts";
import { findCondition, removeCondition, setCondition } from "../../runtime/condition-list.ts";
import type { Condition } from "../../runtime/kube.ts";
import { describeSchedule, upcomingSlot, wantedSlots } from "../../schedule/object-schedule.ts";
import type { Access } from "../access/connection.ts";
import { credentialExpiry } from "../access/expiry.ts";
import { accountsHash } from "../decide/fingerprint.ts";
import { withoutUnwanted } from "./additions-status.ts";
import { annotationNotes } from "./annotations.ts";
import { authorizedFinding, lastAuthorized } from "./authorized.ts";
import { consentLine, describeCounts, describeLimit } from "./messages.ts";

export interface Finding {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

export interface Facts {
  readonly domain: MailDomain | undefined;
  /** Why nothing can run now. */
  readonly obstacle: Failure | undefined;
  readonly now: number;
  readonly published: Publication | undefined;
  /** Whose list of this domain stands, before this object has published its own. */
  readonly predecessor: string | undefined;
  readonly accountsDamaged: boolean;
  /** Tables that the manifest names and that do not stand. */
  readonly missingTables: readonly string[];
  /** Tables of stale layouts that somebody edited or deleted. */
  readonly brokenStale: readonly string[];
  readonly consentUrl: string | undefined;
  /** When the credential ends, as far as that is known; undefined: no credential could be read. */
  readonly access: Pick<Access, "end"> | undefined;
  /** What this reconcile learned about permissions; undefined: nothing new. */
  readonly authorized: Finding | undefined;
  /** Why the run that ended in this reconcile failed. */
  readonly failure: Failure | undefined;
}

interface Readiness extends Finding {
  readonly reconciling?: Pick<Finding, "reason" | "message">;
  readonly stalled?: Pick<Finding, "reason" | "message">;
}

/** Completes a status: everything in it that follows from the rest. The only place where conditions are made. */
export function settle(object: O365Sync, given: O365SyncStatus, facts: Facts): O365SyncStatus {
  const status = withoutUnwanted(object, given);
  const generation = object.metadata.generation ?? 0;
  const before = status.conditions ?? [];
  const verdict = withNotes(object, readiness(object, status, facts));
  let conditions: readonly Condition[] = before;
  const put = (type: string, finding: Finding | undefined): void => {
    conditions =
      finding === undefined
        ? removeCondition(conditions, type)
        : setCondition(conditions, { type, ...finding, observedGeneration: generation }, facts.now);
  };
  put("Ready", verdict);
  put("Published", publishedFinding(before, status, facts));
  const { credentialExpiryTime: _before, ...kept } = status;
  const expiry = credentialExpiry(status, facts.access);
  put("Authorized", authorizedFinding(object, lastAuthorized(carried(before, "Authorized"), facts), expiry, facts.now));
  put("Held", heldFinding(object, status));
  put("Reconciling", verdict.reconciling && { status: "True", ...verdict.reconciling });
  put("Stalled", verdict.stalled && { status: "True", ...verdict.stalled });
  return {
    ...kept,
    observedGeneration: generation,
    ...(facts.domain === undefined ? {} : { domain: facts.domain.spec.domain }),
    ...(facts.consentUrl === undefined ? {} : { consentUrl: facts.consentUrl }),
    ...(expiry === undefined ? {} : { credentialExpiryTime: new Date(expiry).toISOString() }),
    ...(facts.published === undefined ? {} : { published: publishedStatus(facts.published) }),
    schedule: scheduleStatus(object, status, facts.now),
    conditions: [...conditions],
  };
}

export interface Trouble extends Pick<Finding, "reason" | "message"> {
  /** A person must act. */
  readonly stalled?: boolean;
}

/** A status whose object could not be looked at to the end: what is not said here stays as it was. */
export function troubled(object: O365Sync, { reason, message, stalled = false }: Trouble, now: number): O365SyncStatus {
  const { status = {} } = object;
  const observedGeneration = object.metadata.generation ?? 0;
  const finding = { reason, message, observedGeneration } as const;
  let conditions = removeCondition(status.conditions ?? [], stalled ? "Reconciling" : "Stalled");
  conditions = setCondition(conditions, { type: "Ready", status: "False", ...finding }, now);
  conditions = setCondition(conditions, { type: stalled ? "Stalled" : "Reconciling", status: "True", ...finding }, now);
  return { ...status, conditions: [...conditions] };
}

function carried(conditions: readonly Condition[], type: string): Finding | undefined {
  const found = findCondition(conditions, type);
  return found && { status: found.status, reason: found.reason, message: found.message };
}

/** Whether the published list was confirmed by the last run that was due, for this generation; the first rule that applies. */
function readiness(object: O365Sync, status: O365SyncStatus, facts: Facts): Readiness {
  return (
    obstructed(facts) ??
    held(object, status) ??
    failed(object, status, facts) ??
    neverSynced(object, status, facts) ??
    running(status) ??
    slotMissed(status, facts) ??
    syncRequired(object, status, facts) ??
    confirmed(status, facts)
  );
}

function obstructed({ obstacle }: Facts): Readiness | undefined {
  if (obstacle === undefined) return undefined;
  const { kind, reason, message } = obstacle;
  const verdict = { status: "False", reason, message } as const;
  if (kind === "stalled") return { ...verdict, stalled: { reason, message } };
  if (reason !== "DependencyNotReady") return { ...verdict, reconciling: { reason, message } };
  const again = `${message}; it is looked for again within a minute`;
  return { ...verdict, message: again, reconciling: { reason, message: again } };
}

/** Nothing goes on by itself. */
const waitsForPerson = (reason: string, message: string): Readiness => ({
  status: "False",
  reason,
  message,
  stalled: { reason, message },
});

/** Whoever looks at Ready alone sees the numbers, and what to do. */
function held(object: O365Sync, status: O365SyncStatus): Readiness | undefined {
  if (status.held === undefined || status.lastSync?.result === "Failed") return undefined;
  return waitsForPerson("Held", describeHeld(object, status.held));
}

function failed(object: O365Sync, status: O365SyncStatus, facts: Facts): Readiness | undefined {
  const { lastSync, retry } = status;
  if (lastSync?.result !== "Failed") return undefined;
  const reason = lastSync.reason ?? "Failed";
  if (lastSync.curedTime !== undefined) return curedFailure(object, reason);
  const next = nextTry(object, status, facts.now);
  const kept = facts.published === undefined ? "nothing is published" : "the published list stays as it is";
  const link = reason === "NotAuthorized" && facts.consentUrl !== undefined ? [consentLine(facts.consentUrl)] : [];
  const message = [lastSync.message ?? "", kept, next, ...link].join("; ");
  const verdict = { status: "False", reason, message } as const;
  const wasStalled = carried(status.conditions ?? [], "Stalled")?.reason === reason;
  if (facts.failure === undefined ? wasStalled : facts.failure.kind === "stalled")
    return { ...verdict, stalled: { reason, message } };
  if (retry === undefined && upcomingSlot({ ...object, status }, facts.now) === undefined && !object.spec.suspend)
    return { ...verdict, stalled: { reason, message } };
  return { ...verdict, reconciling: { reason: "ProgressingWithRetry", message: `${reason}: ${next}` } };
}

/** Never the old cause beside a newer success. */
function curedFailure(object: O365Sync, reason: string): Readiness {
  if (!object.spec.schedule.enabled || object.spec.suspend)
    return syncIsRequired(object, `the cause of the last failure (${reason}) is gone`);
  const message = `the cause of the last failure (${reason}) is gone; it is run again now`;
  return { status: "False", reason: "Progressing", message, reconciling: { reason: "Progressing", message } };
}

const syncIsRequired = (object: O365Sync, cause: string): Readiness =>
  waitsForPerson("SyncRequired", `${cause}; ${howToGoOn(object)}`);

function howToGoOn(object: O365Sync): string {
  const { suspend, schedule } = object.spec;
  const run = `run: ${syncCommand(object)}`;
  if (suspend) return `set spec.suspend to false${schedule.enabled ? "" : `; automatic sync is off, so then ${run}`}`;
  return `automatic sync is off, so ${run}`;
}

function nextTry(object: O365Sync, status: O365SyncStatus, now: number): string {
  if (object.spec.suspend) return "no next try while spec.suspend is true";
  const slot = upcomingSlot({ ...object, status }, now);
  const at = status.retry === undefined ? slot : Math.min(Date.parse(status.retry.time), slot ?? Infinity);
  if (at !== undefined) return `next try at ${readableTime(at)}`;
  return object.spec.schedule.enabled ? "next try by the schedule" : `next try by hand: ${syncCommand(object)}`;
}

function neverSynced(object: O365Sync, status: O365SyncStatus, facts: Facts): Readiness | undefined {
  if (status.lastSuccessfulTime !== undefined) return undefined;
  const isRunning = status.lastSync !== undefined && status.lastSync.result === undefined;
  if (isRunning || (object.spec.schedule.enabled && !object.spec.suspend)) {
    const message = isRunning ? "the first sync is under way; see status.progress" : "the first sync has not begun yet";
    const progressing = { reason: "Progressing", message };
    return { status: "Unknown", ...progressing, reconciling: progressing };
  }
  const awaiting = { status: "False", reason: "AwaitingFirstSync" } as const;
  const yet = notYet(facts);
  if (object.spec.suspend) return { ...awaiting, message: `${yet}; set spec.suspend to false` };
  const cure = `to test the connection: ${testConnectionCommand(object)}; to sync: ${syncCommand(object)}`;
  return { ...awaiting, message: `automatic sync is off, and ${yet}; ${cure}` };
}

/** An object that was made anew finds the list of the one before it. */
function notYet({ published, predecessor }: Facts): string {
  if (published !== undefined)
    return `this object has not synced yet: the list of ${readableTime(Date.parse(published.time))} stands meanwhile`;
  return predecessor === undefined
    ? "nothing was synced yet"
    : `this object has not synced yet: the list of the O365Sync ${predecessor} stands meanwhile`;
}

/** A routine run changes nothing until it has ended. */
function running(status: O365SyncStatus): Readiness | undefined {
  if (status.lastSync === undefined || status.lastSync.result !== undefined) return undefined;
  const conditions = status.conditions ?? [];
  const before = carried(conditions, "Ready");
  const [reconciling, stalled] = [carried(conditions, "Reconciling"), carried(conditions, "Stalled")];
  return before && { ...before, ...(reconciling && { reconciling }), ...(stalled && { stalled }) };
}

/** A slot that is still to come was written by a clock that was ahead. */
function slotMissed(status: O365SyncStatus, { now }: Facts): Readiness | undefined {
  const missed = status.schedule?.lastMissedTime;
  const success = status.lastSuccessfulTime;
  if (missed === undefined || Date.parse(missed) > now) return undefined;
  if (success !== undefined && Date.parse(success) > Date.parse(missed)) return undefined;
  const message = `the slot of ${readableTime(Date.parse(missed))} passed while nothing could run, too late to be caught up; the list is as of the last success`;
  return { status: "False", reason: "ScheduleMissed", message };
}

function syncRequired(object: O365Sync, status: O365SyncStatus, facts: Facts): Readiness | undefined {
  const verdict = (cause: string): Readiness => syncIsRequired(object, cause);
  if (object.spec.schedule.enabled) return undefined;
  if (facts.accountsDamaged) return verdict("the published accounts are damaged or gone, or their manifest was edited");
  const changed = facts.domain !== undefined && status.accountsHash !== accountsHash(object, facts.domain);
  return changed ? verdict("the spec or its MailDomain changed in a way that alters the accounts") : undefined;
}

function confirmed(status: O365SyncStatus, { published }: Facts): Readiness {
  const counts = published === undefined ? "" : `: ${describeCounts(published.counts)}`;
  const done = status.lastSync?.result === "Unchanged" ? "the published list is what the tenant has" : "published";
  return { status: "True", reason: "Succeeded", message: `${done}${counts}` };
}

/**
 * What is true beside every verdict. A question that nobody hears gets no answer: whoever waits for one looks here, also
 * when its event is long gone. It goes first: a message may end in a link.
 */
function withNotes(object: O365Sync, verdict: Readiness): Readiness {
  const notes = [...(object.spec.suspend ? ["suspended"] : []), ...annotationNotes(object)];
  return { ...verdict, message: [...notes, verdict.message].join("; ") };
}

/** Where the manifest cannot tell, what stands is as before: the numbers in the status go on holding plans. */
function publishedFinding(
  before: readonly Condition[],
  status: O365SyncStatus,
  { published, missingTables, brokenStale, predecessor }: Facts,
): Finding {
  if (published === undefined) {
    const asBefore = status.published && carried(before, "Published");
    if (asBefore !== undefined) return asBefore;
    const meanwhile =
      predecessor === undefined
        ? "the domain is not routed"
        : `the list of ${predecessor} stands meanwhile, and is what the first one is measured against`;
    return { status: "False", reason: "NotPublished", message: `no list was published yet; ${meanwhile}` };
  }
  const missing = missingTables.length;
  if (missing > 0) {
    const message = `of the published list ${missing === 1 ? "a ConfigMap is" : `${missing} ConfigMaps are`} missing: ${fewOf(missingTables)}; what is gone is made again from the published accounts as soon as nothing is in the way (see Ready)`;
    return { status: "False", reason: "TablesMissing", message };
  }
  return {
    status: "True",
    reason: "Published",
    message: [
      `a complete list is published: ${describeCounts(published.counts)}`,
      ...describeRetiring(published, brokenStale),
    ].join("; "),
  };
}

const fewOf = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;

/** Of what retires, that which gateways see no change in any more, or do not have any more. */
function describeRetiring({ retiring, output }: Publication, broken: readonly string[]): string[] {
  const beside = output.formats.join(", ");
  const notes = retiring.flatMap(({ shards, formats, until, stale, gone }) => {
    const end = readableTime(Date.parse(until));
    if (stale === true)
      return [
        `the tables of shards: ${shards} are stale: the list does not fit them any more, move the gateways to the new ConfigMaps before ${end}`,
      ];
    if (gone !== true) return [];
    const names = formats.join(", ");
    return shards === output.shards && beside !== ""
      ? [
          `the tables ${names} of shards: ${shards} were given up: they do not fit beside ${beside}; let the gateways read ${beside}, or ask for ${names} again with more shards`,
        ]
      : [`the tables ${names} of shards: ${shards} were given up: the list does not fit them any more`];
  });
  if (broken.length === 0 || !retiring.some(({ stale }) => stale === true)) return notes;
  const lost = `what was edited or deleted of them cannot be made again (${fewOf(broken)}): move the gateways that mount it now`;
  return [...notes, lost];
}

function heldFinding(object: O365Sync, { held }: O365SyncStatus): Finding | undefined {
  return held && { status: "True", reason: held.reason, message: describeHeld(object, held) };
}

function describeHeld(object: O365Sync, held: NonNullable<O365SyncStatus["held"]>): string {
  const numbers = held.violations.map(describeLimit).join("; ");
  const cure = held.approvable
    ? approveLine(object, held.planDigest)
    : "it cannot be approved: correct the cause, then sync again";
  return `nothing was saved (${numbers}); the plan ${held.planDigest} is in ConfigMap ${planName(object.metadata.name)}; ${cure}`;
}

function publishedStatus({
  revision,
  time,
  counts,
  output,
  retiring,
  layouts,
}: Publication): NonNullable<O365SyncStatus["published"]> {
  const sizes = layouts.flatMap(({ tables }) => tables.map(({ bytes }) => bytes));
  const previous = retiring.find(({ shards }) => shards !== output.shards);
  return {
    revision,
    time,
    ...counts,
    shards: output.shards,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    largestShardBytes: Math.max(0, ...sizes),
    ...(previous === undefined ? {} : { previousShards: previous.shards, previousUntil: previous.until }),
  };
}

function scheduleStatus(
  object: O365Sync,
  status: O365SyncStatus,
  now: number,
): NonNullable<O365SyncStatus["schedule"]> {
  const { nextTime: _before, next: _text, ...rest } = status.schedule ?? {};
  const next = upcomingSlot({ ...object, status }, now);
  return {
    ...rest,
    times: rest.times ?? [],
    summary: describeSchedule(object, wantedSlots(object)),
    next: describeNext(object, status, next),
    ...(next === undefined ? {} : { nextTime: new Date(next).toISOString() }),
  };
}

/** What the column NEXT SYNC says. */
function describeNext(object: O365Sync, { retry }: O365SyncStatus, slot: number | undefined): string {
  if (object.spec.suspend) return "suspended";
  const again = retry === undefined ? undefined : Date.parse(retry.time);
  if (again !== undefined && again < (slot ?? Number.POSITIVE_INFINITY)) return `${readableMinute(again)} (retry)`;
  return slot === undefined ? "off" : readableMinute(slot);
}

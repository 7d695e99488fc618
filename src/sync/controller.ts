/** The O365Sync controller: gathers, decides, carries that out, and has the status written that follows. */

import type { O365Sync } from "../api/types.generated.ts";
import { HOUR_MS } from "../base/time.ts";
import { anchorOf } from "../publication/anchor.ts";
import type { KeptChanges } from "../publication/changes-writer.ts";
import { misownedAmong } from "../publication/inspect.ts";
import { asFailure, asObstacle } from "../publication/obstacle.ts";
import { type HistoryRecord, isTest, type Run } from "../publication/run-records.ts";
import { storeKey } from "../runtime/store.ts";
import { ApiError, type Reconcile, type ReconcileContext, type ReconcileResult } from "../runtime/types.ts";
import { nextPoll, wantsAdditions } from "./additions/poll-times.ts";
import { announce } from "./announce.ts";
import { decide } from "./decide/decide.ts";
import { interruptedRun } from "./decide/interrupted.ts";
import type { Decision, Situation } from "./decide/situation.ts";
import { gather, type View } from "./gather.ts";
import { sendOwedMail } from "./mail/mail.ts";
import { createMemory, type Remembered } from "./memory.ts";
import { factsOf, type Outcome } from "./outcome.ts";
import { poll } from "./poll/poll.ts";
import { GroundGone } from "./run/ground.ts";
import { recordOf } from "./run/record.ts";
import { renderKey, rerender } from "./run/rerender.ts";
import { conclude, conductRun, recheck } from "./run/runner.ts";
import type { SyncServices } from "./services.ts";
import { settle } from "./status/conditions.ts";
import { describeChanges } from "./status/messages.ts";
import {
  abandonedEnd,
  adopted,
  answered,
  cured,
  missed,
  type RunEnd,
  recalled,
  skipsSlots,
} from "./status/transitions.ts";
import { tellLasting } from "./tell-lasting.ts";
import { tellingTrouble } from "./trouble.ts";

/** Somebody writes in between once or twice; who does so always, or a cache that stays old, is trouble as any other. */
const MOST_CONFLICTS = 5;
const CONFLICT_MS = 500;
/** A run that a conflict cut short more often than this is trouble too: its pauses double. */
const MOST_CUTS = 1;
/** Before what an error cut short asks the tenant again. */
const FIRST_PAUSE_MS = 5_000;

export function createSyncReconciler(services: SyncServices): Reconcile {
  const memories = createMemory();

  const reconcile: Reconcile = async (key, context) => {
    const [namespace = "", name = ""] = key.split("/");
    const { clock } = services.deps;
    const gathered = await gather(services, { namespace, name }, clock.now(), context);
    if (gathered === undefined) {
      memories.forget(key);
      services.observer?.unpolled({ namespace, name });
      return {};
    }
    const memory = memories.of(key, gathered.object.metadata.uid);
    const view = await finishBegun(services, gathered, context);
    const situation = situationOf(services, view, memory);
    const decision = decide(situation);
    const carryOut = async () => {
      const outcome = await carryOutDecision(services, view, decision, memory, context);
      const facts = factsOf(services, outcome.view, clock.now(), outcome);
      const stuck = situation.tablesDiffer ? memory.renderFailure : undefined;
      const settled = settle(outcome.view.object, outcome.status, { ...facts, obstacle: facts.obstacle ?? stuck });
      const anchor = anchorOf(outcome.view.object.status ?? {}, outcome.view.standing.manifest);
      const status = anchor === undefined ? settled : { ...settled, anchor };
      return { outcome, written: await services.statuses.write(outcome.view.object, status, context.signal) };
    };
    const { outcome, written } = await (decision.do === "run"
      ? withPause(services, memory, decision.run, carryOut)
      : carryOut());
    if (decision.do === "recheck") services.checks?.done(key);
    announce(services.events, outcome, written, gathered.standing.manifest.current?.retiring);
    tellLasting(services, outcome, written, memory);
    count(services, outcome);
    // What was only asked and answered with nothing leaves the object as it was.
    const isQuiet = outcome.polled !== undefined && written === view.object;
    return nextLook(isQuiet ? decide(situationOf(services, outcome.view, memory)) : decision, clock.now());
  };

  const goesOn = (key: string): boolean => memories.of(key).cutShort !== undefined;
  return tellingTrouble(services, goesOn, async (key, context) => {
    try {
      const result = await reconcile(key, context);
      // A run that only pauses has not got past them.
      if (!goesOn(key)) memories.of(key).conflicts = 0;
      return result;
    } catch (error) {
      if (error instanceof GroundGone) return { requeueAfterMs: CONFLICT_MS };
      if (!(error instanceof ApiError && (error.conflict || error.alreadyExists))) throw error;
      const memory = memories.of(key);
      const conflicts = ++memory.conflicts;
      if (conflicts > MOST_CONFLICTS || (memory.cutShort?.times ?? 0) > MOST_CUTS) throw error;
      // Somebody wrote in between: what they wrote is looked at before anything else is done.
      context.log.debug({ reason: error.reason }, "Looking again");
      return { requeueAfterMs: CONFLICT_MS * 2 ** (conflicts - 1) };
    }
  });
}

/** For metrics: what events tell, and after it stands in the status. */
function count({ observer }: SyncServices, outcome: Outcome): void {
  const { view, run, end, seconds = 0, missedSlots, mail, polled } = outcome;
  if (run !== undefined && end !== undefined)
    observer?.runEnded({
      trigger: isTest(run) ? "Test" : run.trigger,
      result: end.result,
      seconds,
      delaySeconds: delayOf(run),
    });
  if (missedSlots !== undefined) observer?.missedSlots(missedSlots);
  if (mail !== undefined) observer?.mailEnded(mail);
  const { object } = view;
  if (polled !== undefined) observer?.polled(object.metadata, polled);
  if (!wantsAdditions(object)) observer?.unpolled(object.metadata);
}

/** How late the first attempt at a slot began, in seconds. */
function delayOf({ slotTime, startTime, attempts }: Run): number | undefined {
  if (slotTime === undefined || attempts > 1) return undefined;
  return Math.max(0, (Date.parse(startTime) - Date.parse(slotTime)) / 1000);
}

/** Whatever was done may be followed by more: only a wait ends the round. */
function nextLook(decision: Decision, now: number): ReconcileResult {
  if (decision.do !== "wait") return { requeueAfterMs: 0 };
  return decision.until === undefined ? {} : { requeueAfterMs: Math.max(0, decision.until - now) };
}

/** A publication that was begun comes before anything else. What cannot be finished counts as damage of the accounts. */
async function finishBegun(services: SyncServices, view: View, { log, signal }: ReconcileContext): Promise<View> {
  const { standing } = view;
  if (standing.manifest.intent === undefined) return view;
  try {
    const begun = await services.publisher.takeOver(standing, signal);
    if (begun !== undefined) {
      log.info({ run: standing.manifest.intent.record?.id }, "Finishing a publication that was begun");
      const finished = await services.publisher.finish(begun, signal);
      return { ...view, standing: finished, accountsDamaged: false, drifted: false, missingTables: [] };
    }
    log.warn({}, "The journal of a publication that was begun is damaged");
    const { intent: _, ...manifest } = standing.manifest;
    return { ...view, standing: { ...standing, manifest }, accountsDamaged: true };
  } catch (error) {
    const obstacle = asObstacle(error);
    if (obstacle === undefined) throw error;
    return { ...view, obstacle, tablesObstacle: obstacle };
  }
}

function situationOf(services: SyncServices, view: View, memory: Remembered): Situation {
  const { object, domain, obstacle, tablesObstacle, standing, accountsDamaged, access, handledBefore } = view;
  const { clock } = services.deps;
  const now = clock.now();
  // How long ago it was, whatever the wall clock showed then.
  const ago = (at: number): number => now - (clock.monotonic() - at);
  memory.manualRuns = memory.manualRuns.filter((start) => ago(start) > now - HOUR_MS);
  const { current } = standing.manifest;
  // What is held for a change that was undone is held no longer, and would be held again if it came back.
  if (!view.outdated) memory.heldRender = undefined;
  const isWanted = view.outdated && !object.spec.suspend;
  const undone = object.status?.held?.rendering === true && !view.outdated;
  const until = (current?.retiring ?? []).map((old) => Date.parse(old.until));
  return {
    object,
    domain,
    obstacle,
    tablesObstacle,
    now,
    accountsDamaged,
    misowned: misownedAmong(object, services.maps.known(object)).length > 0,
    tablesDiffer: view.drifted || undone || (isWanted && memory.heldRender !== renderKey(view)),
    lastRender: memory.lastRender === undefined ? undefined : ago(memory.lastRender),
    lastCheck: memory.lastCheck === undefined ? undefined : ago(memory.lastCheck),
    manualRuns: memory.manualRuns.map(ago),
    manualRunsPerHour: services.settings.manualRunsPerHour,
    retiringUntil: until.length === 0 ? undefined : Math.min(...until),
    secretChanged: memory.runSecret !== undefined && access !== undefined && memory.runSecret !== access.version,
    checkAsked: services.checks?.isAsked(storeKey(object.metadata)) === true,
    handledBefore,
    pollAt: pollAtOf(services, view, memory, now),
    resumeAt: mustPause(view, memory) ? ago(memory.cutShort.until) : undefined,
    credentialEnd: access?.end,
  };
}

/** Whoever is seen for the first time waits for its turn like everybody else. */
function pollAtOf({ deps: { clock }, settings }: SyncServices, view: View, memory: Remembered, now: number) {
  const { object, standing } = view;
  if (!wantsAdditions(object) || standing.manifest.current === undefined) return undefined;
  const { followed } = memory;
  followed.polled ??= clock.monotonic();
  const wall = (at: number): number => now - (clock.monotonic() - at);
  const next = nextPoll(object, settings.additionsIntervalMs(object), wall(followed.polled));
  return followed.notBefore === undefined ? next : Math.max(next, wall(followed.notBefore));
}

/** What is published already needs no tenant to be told. */
function mustPause(view: View, memory: Remembered): memory is Remembered & { cutShort: object } {
  const run = interruptedRun(view.object);
  return run !== undefined && run.id === memory.cutShort?.id && publishedBy(view, run) === undefined;
}

async function carryOutDecision(
  services: SyncServices,
  view: View,
  decision: Decision,
  memory: Remembered,
  context: ReconcileContext,
): Promise<Outcome> {
  const status = view.object.status ?? {};
  const now = services.deps.clock.now();
  switch (decision.do) {
    case "wait":
      return { view, status };
    case "answer":
      return { view, status: answered(status, decision.answers, now) };
    case "adopt":
      return { view, status: adopted(view.object, status, decision.slots, now) };
    case "miss":
      return {
        view,
        status: missed(view.object, status, decision.latest, decision.count),
        ...(skipsSlots(view.object) ? {} : { missedSlots: decision.count }),
      };
    case "cure":
      return { view, status: cured(status, now) };
    case "recall":
      return { view, status: recalled(status, decision.requests) };
    case "recheck":
      return lookAtPermissions(services, view, memory, context);
    case "relabel":
      return relabel(services, view, memory, context);
    case "render":
      return renderOrExplain(services, view, memory, context);
    case "poll":
      return poll(services, view, decision.due, memory, context);
    case "notify":
      return { view, ...(await sendOwedMail(services, view, decision.owed, context)) };
    case "abandon":
      return endWithout(
        services,
        view,
        decision.run,
        abandonedEnd(decision.reason, decision.message, view.obstacle),
        context,
      );
    case "run":
      return run(services, view, decision.run, memory, context);
  }
}

async function lookAtPermissions(
  services: SyncServices,
  view: View,
  memory: Remembered,
  context: ReconcileContext,
): Promise<Outcome> {
  memory.lastCheck = services.deps.clock.monotonic();
  memory.runSecret = view.access?.version;
  return recheck(services, view, context);
}

async function relabel(
  { maps, deps }: SyncServices,
  view: View,
  memory: Remembered,
  { signal }: ReconcileContext,
): Promise<Outcome> {
  memory.lastRender = deps.clock.monotonic();
  for (const { name, role } of misownedAmong(view.object, maps.known(view.object)))
    await maps.relabel(view.object, name, role, signal);
  return { view, status: view.object.status ?? {} };
}

/** What keeps the tables from being put right is shown until they are; it keeps no run from starting. */
async function renderOrExplain(
  services: SyncServices,
  view: View,
  memory: Remembered,
  context: ReconcileContext,
): Promise<Outcome> {
  try {
    memory.renderFailure = undefined;
    return await rerender(services, view, memory, context);
  } catch (error) {
    memory.renderFailure = asObstacle(error);
    if (memory.renderFailure === undefined) throw error;
    return { view, status: view.object.status ?? {} };
  }
}

async function run(
  services: SyncServices,
  view: View,
  started: Run,
  memory: Remembered,
  context: ReconcileContext,
): Promise<Outcome> {
  const interrupted = interruptedRun(view.object)?.id === started.id;
  const published = interrupted ? publishedBy(view, started) : undefined;
  if (published !== undefined) return concludePublished(services, view, started, published, context);
  memory.runSecret = view.access?.version;
  memory.lastCheck = services.deps.clock.monotonic();
  if (started.request !== undefined && !interrupted) memory.manualRuns.push(services.deps.clock.monotonic());
  return conductRun(services, view, started, memory, context);
}

/** A run that an error cuts short goes on by itself, but asks the tenant again only after a pause that doubles. */
async function withPause<T>(
  { deps: { clock } }: SyncServices,
  memory: Remembered,
  { id }: Run,
  work: () => Promise<T>,
): Promise<T> {
  const times = memory.cutShort?.id === id ? memory.cutShort.times + 1 : 1;
  try {
    const result = await work();
    memory.cutShort = undefined;
    return result;
  } catch (error) {
    const pause = Math.min(HOUR_MS, FIRST_PAUSE_MS * 2 ** Math.min(times - 1, 20));
    memory.cutShort = { id, times, until: clock.monotonic() + pause };
    throw error;
  }
}

/** What an interrupted run published before it could report it. */
function publishedBy({ standing }: View, run: Run): HistoryRecord | undefined {
  const { record } = standing.manifest;
  return record?.id === run.id ? record : undefined;
}

async function concludePublished(
  services: SyncServices,
  view: View,
  run: Run,
  record: HistoryRecord,
  context: ReconcileContext,
): Promise<Outcome> {
  const end = endOf(record);
  const own = recordOf(run, end, {}, undefined, services.deps.clock.now());
  const lists = await findChanges(services, view.object, run, context);
  const kept = lists?.place === undefined ? record : { ...record, changesIn: lists.place };
  return conclude(
    services,
    { view, run, end, record: own, kept, facts: lists === undefined ? {} : { kept: lists } },
    context,
  );
}

/** It died between what it published and what it says of it: the history names no list that is not there. */
async function findChanges(
  { changes }: SyncServices,
  object: O365Sync,
  run: Run,
  { log, signal }: ReconcileContext,
): Promise<KeptChanges | undefined> {
  try {
    return await changes.find(object, run.id, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ run: run.id, reason: asFailure(error)?.reason ?? "Unknown" }, "What it changed could not be looked for");
    return undefined;
  }
}

/** The end of a run that a predecessor published and could not report. Only numbers come from the manifest: others can write there. */
function endOf({ read, changes, conflicts }: HistoryRecord): RunEnd {
  return {
    result: "Published",
    reason: "Published",
    message: changes === undefined ? "a run that was interrupted was finished" : describeChanges(changes),
    ...(read === undefined ? {} : { read }),
    ...(changes === undefined ? {} : { changes }),
    ...(conflicts === undefined ? {} : { conflicts }),
  };
}

function endWithout(
  services: SyncServices,
  view: View,
  ended: Run,
  end: RunEnd,
  context: ReconcileContext,
): Promise<Outcome> {
  const published = publishedBy(view, ended);
  if (published !== undefined) return concludePublished(services, view, ended, published, context);
  const record = recordOf(ended, end, {}, undefined, services.deps.clock.now());
  return conclude(services, { view, run: ended, end, record, facts: {} }, context);
}

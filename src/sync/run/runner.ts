/** Conducts one run: persists its start, executes it within its deadline, and records its end. */

import { BY_TENANT, tenantOf } from "../../api/indexers.ts";
import type { O365SyncStatus } from "../../api/types.generated.ts";
import { createDeadline } from "../../base/abort.ts";
import { Failure } from "../../base/failure.ts";
import { detailsDigest } from "../../publication/details.ts";
import { asFailure, asObstacle } from "../../publication/obstacle.ts";
import { type HistoryRecord, isTest, type Run } from "../../publication/run-records.ts";
import { idlePatterns } from "../../recipients/left-out.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import { findCondition } from "../../runtime/condition-list.ts";
import { ApiError, type ReconcileContext } from "../../runtime/types.ts";
import { placeOf, remember } from "../additions/places.ts";
import { wantsAdditions } from "../additions/poll-times.ts";
import { besides } from "../besides.ts";
import { isCuredByTenant, isRefusal } from "../decide/cures.ts";
import { accountsHash, hashAfter, NOT_OWNED } from "../decide/fingerprint.ts";
import { interruptedRun } from "../decide/interrupted.ts";
import { requestedBy } from "../decide/requests.ts";
import type { View } from "../gather.ts";
import type { Remembered } from "../memory.ts";
import { factsOf, type Outcome } from "../outcome.ts";
import type { SyncServices } from "../services.ts";
import { type Finding, settle } from "../status/conditions.ts";
import { cured, ended, type RunEnd, started } from "../status/transitions.ts";
import { authorizationTrouble, isNotOwned, judgeAuthorization } from "./ask-tenant.ts";
import { GroundGone, groundFailure } from "./ground.ts";
import { publishedAccounts } from "./load-baseline.ts";
import { tellProgress } from "./progress.ts";
import { failedEnd, recordOf } from "./record.ts";
import { execute, type RunFacts, type RunInput } from "./run.ts";
import { sharingOf } from "./sharing.ts";
import { tryConnection } from "./test-connection.ts";

export async function conductRun(
  services: SyncServices,
  view: View,
  run: Run,
  memory: Pick<Remembered, "followed" | "idlePatterns">,
  context: ReconcileContext,
): Promise<Outcome> {
  const begun =
    interruptedRun(view.object)?.id === run.id
      ? await takeOver(services, view, run, context)
      : await persistStart(services, view, run, context);
  const follows = wantsAdditions(begun.object) && !isTest(run);
  const place = follows ? placeOf(begun.object, memory.followed, begun.standing.manifest) : undefined;
  const facts: RunFacts = {
    standing: begun.standing,
    objects: 0,
    unwritten: [],
    ...(place === undefined ? {} : { place }),
  };
  const { statuses, deps } = services;
  const { log, signal } = context;
  const look = () => progressOf(facts);
  const teller = tellProgress({ statuses, deps, object: begun.object, run, look, log, signal });
  const telling = { ...services, statuses: teller.statuses };
  const end = await executeWithin(telling, begun, run, facts, context).finally(() => void teller.stop());
  const object = await teller.stop();
  if (facts.reading !== undefined)
    memory.idlePatterns = idlePatterns(object.spec.excludeRecords ?? [], facts.reading.derived.leftOut);
  const isWhole = end.result === "Published" || end.result === "Unchanged";
  if (isWhole && facts.place !== undefined) remember(object, memory.followed, facts.place);
  const now = services.deps.clock.now();
  const learned = {
    ...(facts.proposal === undefined ? {} : { proposal: facts.proposal }),
    leftOut: facts.reading?.derived.leftOut.entries ?? [],
    changesIn: facts.kept?.place,
  };
  const record = recordOf(run, end, learned, managerOf(begun, run), now);
  const missingTables = end.result === "Published" ? [] : begun.missingTables;
  const authorized = refusedBy(end) ?? facts.authorized;
  const learnt = { ...facts, ...(authorized === undefined ? {} : { authorized }) };
  const after = { ...begun, object, standing: facts.standing, missingTables };
  return conclude(services, { view: after, run, end, record, facts: learnt }, context);
}

function progressOf({ begun, reading, objects }: RunFacts) {
  const phase = begun === true ? "Publishing" : reading === undefined ? "Reading" : "Planning";
  return { phase, objects } as const;
}

/** Authorized follows the last answer: a token that was obtained is worth nothing where Graph refuses it. */
function refusedBy({ failure }: RunEnd): Finding | undefined {
  if (failure === undefined || !isRefusal(failure.reason)) return undefined;
  return { status: "False", reason: failure.reason, message: failure.message };
}

/** Nothing is asked of the tenant before this is written: whoever starts next finishes this very run. */
async function persistStart(services: SyncServices, view: View, run: Run, context: ReconcileContext): Promise<View> {
  const { object, domain } = view;
  if (domain === undefined) return view;
  const now = services.deps.clock.now();
  const next = started(object.status ?? {}, run, accountsHash(object, domain));
  const status = settle(object, next, factsOf(services, view, now));
  const { managedFields } = object.metadata;
  const written = await services.statuses.writeExactly(object, status, context.signal);
  return {
    ...view,
    object: { ...written, metadata: { ...written.metadata, ...(managedFields && { managedFields }) } },
  };
}

/** Its start is persisted already, by a process that may still be there. Tests publish nothing. */
async function takeOver(services: SyncServices, view: View, run: Run, { signal }: ReconcileContext): Promise<View> {
  if (isTest(run)) return view;
  return { ...view, standing: await services.publisher.fence(view.standing, signal) };
}

async function executeWithin(
  services: SyncServices,
  view: View,
  run: Run,
  facts: RunFacts,
  { log, queuedAt, signal }: ReconcileContext,
): Promise<RunEnd> {
  const { object, domain, access, standing } = view;
  if (domain === undefined || access === undefined)
    throw new Error("a run was decided on without a domain or a credential");
  const deadline = createDeadline(services.deps.clock, services.settings.runDeadlineMs, signal);
  try {
    const input: RunInput = {
      object,
      domain,
      access,
      run,
      requestedBy: managerOf(view, run),
      standing,
      accountsStand: !view.accountsDamaged,
      follows: wantsAdditions(object) && !isTest(run),
      loadAccounts: (wish, each) => accountsOf(services, view, each, wish),
      sharing: sharingOf({
        object,
        access,
        run,
        syncs: services.stores.syncs.by(BY_TENANT, tenantOf(object)),
        queuedAt,
        now: services.deps.clock.now(),
      }),
      onObjects: (count) => {
        facts.objects = count;
      },
      log,
      signal: deadline.signal,
    };
    return await execute(services, input, facts);
  } catch (error) {
    if (signal.aborted) throw error;
    const gone = error instanceof GroundGone ? groundFailure(error) : undefined;
    if (error instanceof GroundGone && gone === undefined) throw error;
    const failure = deadline.expired ? tooSlow(services.settings.runDeadlineMs) : (gone ?? asFailure(error));
    // What was begun is finished by the next reconcile, whatever stopped it; what was refused at its first write was not begun.
    const refused = error instanceof ApiError && asObstacle(error) !== undefined;
    const stands = facts.begun === true && !(facts.standing === standing && refused);
    if (failure === undefined || (stands && !(error instanceof Failure))) throw error;
    return failedEnd(failure);
  } finally {
    deadline.release();
  }
}

/** `what` took longer than it may. */
export function tooSlow(ms: number, what = "the run"): Failure {
  return new Failure(
    "retry",
    "DeadlineExceeded",
    `${what} took longer than ${Math.round(ms / 1000)} s (--sync-timeout)`,
  );
}

/** Looks whether a fresh token, the permissions and a first page of each source can be had. */
export async function recheck(services: SyncServices, view: View, { signal }: ReconcileContext): Promise<Outcome> {
  const { object, domain, access } = view;
  const outcome: Outcome = { view, status: object.status ?? {} };
  if (access === undefined) return outcome;
  const directory = services.directories.connect(access.connection);
  let finding: Finding | undefined;
  try {
    const authorization = await directory.authorize({ sources: object.spec.sources, fresh: true, signal });
    const { failure, ...judged } = judgeAuthorization(authorization);
    finding = judged.finding;
    if (failure !== undefined || domain === undefined) return { ...outcome, authorized: finding };
    // What the token says is not what Graph does.
    const { clock } = services.deps;
    const { ownership } = await tryConnection(directory, { object, domain, tokenMs: 0, clock, signal });
    const seen = isCuredByTenant(outcome.status) ? cured(outcome.status, clock.now()) : outcome.status;
    const verifiedHash = hashAfter(seen.verifiedHash, ownership);
    const status = verifiedHash === undefined ? seen : { ...seen, verifiedHash };
    return { ...outcome, status, authorized: finding };
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error;
    // The token is well all the same.
    if (isNotOwned(error))
      return { ...outcome, status: { ...outcome.status, verifiedHash: NOT_OWNED }, authorized: finding };
    return { ...outcome, authorized: isRefusal(error.reason) ? authorizationTrouble(error) : undefined };
  }
}

export async function accountsOf(
  services: SyncServices,
  view: View,
  signal: AbortSignal,
  wish?: Roster,
): Promise<Roster | undefined> {
  const { current } = view.standing.manifest;
  if (current === undefined || view.accountsDamaged) return undefined;
  return publishedAccounts(services.maps, view.object, current, signal, wish);
}

const managerOf = ({ object }: View, run: Run): string | undefined =>
  run.request === undefined ? undefined : requestedBy(object.metadata.managedFields, run.request);

/** Whether anybody has to hear of it: a retry that fails as before is none, nor is a slot that finds all as it was. */
function isNews({ retry, conditions = [] }: O365SyncStatus, run: Run, { result, reason }: RunEnd): boolean {
  if (result === "Failed") return run.attempts === 1 || retry?.id !== run.id || retry.reason !== reason;
  const wasReady = findCondition(conditions, "Ready")?.status === "True";
  return !(result === "Unchanged" && run.trigger === "Schedule" && wasReady);
}

export interface Conclusion {
  /** With what stands after the run. */
  readonly view: View;
  readonly run: Run;
  readonly end: RunEnd;
  readonly record: HistoryRecord;
  /** What the manifest kept of a run that a predecessor published: for the history, and never for status or mail. */
  readonly kept?: HistoryRecord;
  readonly facts: Pick<RunFacts, "authorized" | "verifiedHash" | "nearlyFull" | "kept"> &
    Partial<Pick<RunFacts, "unwritten">>;
}

/**
 * History first, then status: a run whose end is not in the status is found interrupted and told again under its id.
 * Whether history and plan can be written does not matter to that.
 */
export async function conclude(
  services: SyncServices,
  conclusion: Conclusion,
  { log, signal }: ReconcileContext,
): Promise<Outcome> {
  const { view, run, end, record, kept, facts } = conclusion;
  const { object } = view;
  const { deps } = services;
  const now = deps.clock.now();
  let damagedRecords = 0;
  const written = services.histories.put(object, kept ?? record, facts.kept?.stands, signal).then(({ damaged }) => {
    damagedRecords = damaged;
  });
  const unwritten = await besides(log, signal, "The history", written);
  const before: O365SyncStatus = object.status ?? {};
  const details = kept === undefined && unwritten === undefined ? detailsDigest(record) : undefined;
  const status = ended(before, { object, run, end, now, random: deps.random, record, details });
  if (before.held !== undefined && status.held === undefined)
    await besides(log, signal, "The plan", services.plans.clear(object, signal));
  const { result, reason, read, changes } = end;
  // Never below zero, also when the clock was set back meanwhile.
  const seconds = Math.max(0, now - Date.parse(run.startTime)) / 1000;
  const level = end.failure?.level ?? "info";
  log[level]({ run: run.id, trigger: run.trigger, result, reason, read, changes, seconds }, "Run ended");
  return {
    view,
    status: facts.verifiedHash === undefined ? status : { ...status, verifiedHash: facts.verifiedHash },
    authorized: facts.authorized,
    failure: end.failure,
    end,
    run,
    isNews: isNews(before, run, end),
    unwritten: [
      ...(unwritten === undefined ? [] : [{ reason: "HistoryNotWritten", failure: unwritten } as const]),
      ...(facts.unwritten ?? []),
    ],
    damagedRecords,
    seconds,
    nearlyFull: facts.nearlyFull,
  };
}

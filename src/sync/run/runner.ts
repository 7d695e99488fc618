/** Conducts one run: persists its start, executes it within its deadline, and records its end. */

import { BY_TENANT, tenantOf } from "../../api/indexers.ts";
import type { O365SyncStatus } from "../../api/types.generated.ts";
import { Failure } from "../../base/failure.ts";
import { detailsDigest } from "../../publication/details.ts";
import { asFailure, asObstacle } from "../../publication/obstacle.ts";
import { type HistoryRecord, isTest, type Run } from "../../publication/records.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import { createDeadline } from "../../runtime/abort.ts";
import { findCondition } from "../../runtime/conditions.ts";
import { ApiError, type ReconcileContext } from "../../runtime/types.ts";
import { accountsHash } from "../decide/fingerprint.ts";
import { interruptedRun } from "../decide/interrupted.ts";
import { requestedBy } from "../decide/requests.ts";
import type { View } from "../gather.ts";
import { factsOf, type Outcome, type SyncServices } from "../outcome.ts";
import { settle } from "../status/conditions.ts";
import { ended, type RunEnd, started } from "../status/transitions.ts";
import { publishedAccounts } from "./baseline.ts";
import { GroundGone, groundFailure } from "./ground.ts";
import { failedEnd, recordOf } from "./report.ts";
import { execute, type RunFacts, type RunInput } from "./run.ts";
import { sharingOf } from "./sharing.ts";
import { authorizationTrouble, judgeAuthorization } from "./steps.ts";

export async function conduct(
  services: SyncServices,
  view: View,
  run: Run,
  context: ReconcileContext,
): Promise<Outcome> {
  const begun =
    interruptedRun(view.object)?.id === run.id
      ? await takeOver(services, view, run, context)
      : await persistStart(services, view, run, context);
  const facts: RunFacts = { standing: begun.standing };
  const end = await executeWithin(services, begun, run, facts, context);
  const now = services.deps.clock.now();
  const learned = {
    ...(facts.proposal === undefined ? {} : { proposal: facts.proposal }),
    conflicts: facts.reading?.derived.conflicts ?? [],
  };
  const record = recordOf(run, end, learned, managerOf(begun, run), now);
  const then = { ...begun, standing: facts.standing, object: facts.object ?? begun.object };
  return conclude(services, { view: then, run, end, record, facts }, context);
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
      loadAccounts: (each) => accountsOf(services, view, each),
      sharing: sharingOf({
        object,
        access,
        run,
        syncs: services.stores.syncs.by(BY_TENANT, tenantOf(object)),
        queuedAt,
        now: services.deps.clock.now(),
      }),
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

function tooSlow(ms: number): Failure {
  return new Failure(
    "retry",
    "DeadlineExceeded",
    `the run took longer than ${Math.round(ms / 1000)} s (--sync-timeout)`,
  );
}

/** Obtains a fresh token, and says what it carries. */
export async function recheck(services: SyncServices, view: View, { signal }: ReconcileContext): Promise<Outcome> {
  const { object, access } = view;
  const outcome: Outcome = { view, status: object.status ?? {} };
  if (access === undefined) return outcome;
  const directory = services.directories.connect(access.connection);
  try {
    const authorization = await directory.authorize({ sources: object.spec.sources, fresh: true, signal });
    return { ...outcome, authorized: judgeAuthorization(authorization).finding };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...outcome, authorized: authorizationTrouble(error) };
  }
}

export async function accountsOf(services: SyncServices, view: View, signal: AbortSignal): Promise<Roster | undefined> {
  const { current } = view.standing.manifest;
  if (current === undefined || view.accountsDamaged) return undefined;
  return publishedAccounts(services.maps, view.object, current, signal);
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
  readonly facts: Pick<RunFacts, "authorized" | "verifiedHash" | "nearlyFull">;
}

/** History first, then status: a run whose end is not in the status is found interrupted and told again under its id. */
export async function conclude(
  services: SyncServices,
  conclusion: Conclusion,
  { log, signal }: ReconcileContext,
): Promise<Outcome> {
  const { view, run, end, record, kept, facts } = conclusion;
  const { object } = view;
  const { deps } = services;
  const now = deps.clock.now();
  await services.histories.put(object, kept ?? record, signal);
  const before: O365SyncStatus = object.status ?? {};
  const details = kept === undefined ? detailsDigest(record) : undefined;
  const status = ended(before, { object, run, end, now, random: deps.random, record, details });
  if (before.held !== undefined && status.held === undefined) await services.plans.clear(object, signal);
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
    seconds,
    nearlyFull: facts.nearlyFull,
  };
}

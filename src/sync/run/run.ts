/** One run, from credentials to publication: an ordered list of steps, the first that fails ends it. */

import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import { createDeadline } from "../../base/abort.ts";
import { Failure } from "../../base/failure.ts";
import { inSlices } from "../../base/slices.ts";
import type { Directory, FeedPlace, Sharing } from "../../directory/types.ts";
import type { KeptChanges } from "../../publication/changes-writer.ts";
import { saveLeftOut } from "../../publication/left-out-file.ts";
import type { Plans } from "../../publication/plans.ts";
import { beyond, type Proposal } from "../../publication/proposal.ts";
import { namesOf } from "../../publication/publication.ts";
import type { Standing } from "../../publication/publish.ts";
import type { Run } from "../../publication/run-records.ts";
import type { Wish } from "../../recipients/diff.ts";
import { type LeftOut, lackedBy } from "../../recipients/left-out.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import { revisionOf } from "../../recipients/revision.ts";
import { findCondition } from "../../runtime/condition-list.ts";
import type { Logger } from "../../runtime/types.ts";
import type { Access } from "../access/connection.ts";
import { kept } from "../additions/places.ts";
import { besides, type Unwritten } from "../besides.ts";
import { hashAfter, type Ownership, ownershipHash } from "../decide/fingerprint.ts";
import type { RunServices } from "../services.ts";
import type { Finding } from "../status/conditions.ts";
import type { RunEnd } from "../status/transitions.ts";
import {
  authorizationTrouble,
  confirmRemovals,
  isNotOwned,
  judgeAuthorization,
  type Reading,
  readWish,
  verifyOwnership,
} from "./ask-tenant.ts";
import { type Change, hold, type Judged, judge, publish } from "./gate.ts";
import { loadBaseline } from "./load-baseline.ts";
import { describeConfirmed, describeIgnored, describeProposal, describeViolations, recordOf } from "./record.ts";
import { stillHeld } from "./still-held.ts";
import { timed, tryConnection } from "./test-connection.ts";

export interface RunInput {
  readonly object: O365Sync;
  readonly domain: MailDomain;
  readonly access: Access;
  readonly run: Run;
  readonly requestedBy: string | undefined;
  readonly standing: Standing;
  /** Whether the published accounts stand as the manifest says. */
  readonly accountsStand: boolean;
  /** The published accounts, of which those are not read that the wish has too; undefined where they are damaged or there are none. */
  readonly loadAccounts: (wish: Roster, signal: AbortSignal) => Promise<Roster | undefined>;
  /** Present when other objects read the tenant with the very same credential. */
  readonly sharing: Sharing | undefined;
  /** Whether what comes after it is asked for between syncs. */
  readonly follows: boolean;
  /** Told of how many objects of the directory were read so far. */
  readonly onObjects: (count: number) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What a run has learned so far; it survives the step that fails. */
export interface RunFacts {
  /** As it stands since the run wrote to its status. */
  object?: O365Sync;
  /** Set before the first write of a publication: from here on it is finished, not planned anew. */
  begun?: boolean;
  authorized?: Finding;
  verifiedHash?: string;
  /** Objects of the directory that were read so far. */
  objects: number;
  reading?: Reading;
  proposal?: Proposal;
  standing: Standing;
  /** What the tenant tells after it is to be asked for, once what was read stands. */
  place?: FeedPlace;
  /** Where every address stands that the publication changed. */
  kept?: KeptChanges;
  /** What beside the list could not be written, and why. */
  readonly unwritten: Unwritten[];
  nearlyFull?: { readonly suggestedShards: number | undefined };
}

/** Runs the steps that this run asks for. What stops it is thrown as Failure or ApiError; `facts` keeps what was learned. */
export async function execute(services: RunServices, input: RunInput, facts: RunFacts): Promise<RunEnd> {
  const patience = input.run.request === "testConnection" ? "short" : "long";
  const directory = services.directories.connect(input.access.connection, patience);
  const [, tokenMs] = await timed(services.deps.clock, authorize(directory, input, facts));
  return input.run.request === "testConnection"
    ? testConnection(services, directory, input, tokenMs, facts)
    : sync(services, directory, input, facts);
}

async function authorize(directory: Directory, { object, run, signal }: RunInput, facts: RunFacts): Promise<void> {
  const { sources } = object.spec;
  // Consent shows in a new token only.
  const refused = findCondition(object.status?.conditions ?? [], "Authorized")?.status === "False";
  const fresh = run.request === "testConnection" || refused;
  const authorization = await directory.authorize({ sources, fresh, signal }).catch((error: unknown) => {
    const trouble = authorizationTrouble(error);
    if (trouble !== undefined) facts.authorized = trouble;
    throw error;
  });
  const { finding, failure } = judgeAuthorization(authorization);
  facts.authorized = finding;
  if (failure !== undefined) throw failure;
}

/** What the check said stays known, whatever the next run fails of. */
async function notingOwnership<T extends { readonly ownership: Ownership }>(
  { status }: O365Sync,
  facts: RunFacts,
  check: Promise<T>,
): Promise<T> {
  const note = (found: Ownership | "not owned"): void => {
    const hash = hashAfter(status?.verifiedHash, found);
    if (hash !== undefined) facts.verifiedHash = hash;
  };
  try {
    const found = await check;
    note(found.ownership);
    return found;
  } catch (error) {
    if (isNotOwned(error)) note("not owned");
    throw error;
  }
}

async function testConnection(
  { deps: { clock } }: RunServices,
  directory: Directory,
  { object, domain, signal }: RunInput,
  tokenMs: number,
  facts: RunFacts,
): Promise<RunEnd> {
  const test = tryConnection(directory, { object, domain, tokenMs, clock, signal });
  const { message } = await notingOwnership(object, facts, test);
  return { result: "Succeeded", reason: "Succeeded", message };
}

async function sync(services: RunServices, directory: Directory, input: RunInput, facts: RunFacts): Promise<RunEnd> {
  const { object, domain, run, signal, standing } = input;
  if (object.status?.verifiedHash !== ownershipHash(object, domain)) {
    const check = verifyOwnership(directory, object, domain, { fresh: false, signal });
    await notingOwnership(
      object,
      facts,
      check.then((ownership) => ({ ownership })),
    );
  }
  await beginToFollow(directory, services.deps, input, facts);
  const sharing = sinceThen(input.sharing, facts.place);
  const reading = await readWish(directory, object, domain, { ...input, sharing }, signal);
  facts.reading = reading;
  const { derived } = reading;
  const wish: Wish = { accounts: derived.accounts, names: namesOf(domain) };
  const { predecessor, unread } = standing;
  const { current } = standing.manifest;
  const revision = await inSlices(revisionOf(wish.accounts, wish.names), signal);
  const same = current?.revision === revision && input.accountsStand;
  // What is published already needs not be read to be compared with itself.
  const accounts = same ? wish.accounts : await input.loadAccounts(wish.accounts, signal);
  const baseline = await loadBaseline(
    services,
    { object, current, accounts, predecessor, unread, names: wish.names },
    signal,
  );
  const domains = [wish.names.domain, ...wish.names.aliasDomains.map(({ name }) => name)];
  const change: Change = {
    baseline,
    wish,
    tenantAccounts: derived.tenantAccounts,
    excluded: derived.excluded.size,
    objects: derived.objects,
    operationsLimit: object.spec.operationsLimit ?? {},
    confirm(proposal) {
      facts.proposal = proposal;
      return confirmRemovals(directory, { proposal, derived, sources: object.spec.sources, domains }, signal);
    },
    unseen: (proposal) => withoutShown(services.plans, input, proposal),
  };
  const judged = await judge(services, input, change);
  const { violations } = judged;
  const result = { judged, reading, note: `${describeConfirmed(judged.confirmed)}${describeIgnored(baseline)}` };
  if (run.request === "testSync") return endTest(services, input, result);
  if (violations.length > 0) return endHeld(services, input, facts, { ...result, before: accounts }, change);
  if (same) {
    await keepLeftOut(services, input, facts, derived.leftOut);
    return { ...numbers(result), result: "Unchanged", reason: "Unchanged", message: "nothing changed" };
  }
  return endPublished(services, input, facts, { ...result, wish, revision, before: accounts });
}

/** Before the tenant is read, so that nothing falls in between. That it cannot be followed keeps no run from its end. */
async function beginToFollow(
  { feed }: Directory,
  { clock }: RunServices["deps"],
  { object, follows, log, run, signal }: RunInput,
  facts: RunFacts,
): Promise<void> {
  if (!follows || facts.place !== undefined) return;
  // Another object of the tenant may be asking, and slowly: a run that is due goes first.
  const patience = createDeadline(clock, MOST_WAIT_MS, signal);
  try {
    facts.place = await feed.begin(object.spec.sources, patience.signal);
  } catch (error) {
    if (signal.aborted || !(patience.expired || error instanceof Failure)) throw error;
    const reason = error instanceof Failure ? error.reason : "Timeout";
    log.info({ run: run.id, reason }, "The tenant cannot be followed yet");
  } finally {
    patience.release();
  }
}

const MOST_WAIT_MS = 30_000;

/** A read that others began earlier may lack what was told, and perhaps added, since. */
const sinceThen = (sharing: Sharing | undefined, place: FeedPlace | undefined): Sharing | undefined =>
  sharing === undefined || place === undefined
    ? sharing
    : { ...sharing, notBefore: Math.max(sharing.notBefore, place.time) };

/** For an approval, what is new since the plan that was shown; otherwise everything. */
async function withoutShown(plans: Plans, { object, run, signal }: RunInput, proposal: Proposal): Promise<Proposal> {
  if (run.request !== "approve" || run.token === undefined) return proposal;
  // The digest names exactly these changes: nothing is new, also where the plan was too large to be stored in full.
  if (run.token === proposal.digest) return inSlices(beyond(proposal, proposal), signal);
  const shown = await plans.shown(object, signal);
  if (shown?.digest === run.token) return inSlices(beyond(proposal, shown), signal);
  throw new Failure(
    "stalled",
    "UnknownPlan",
    `the plan ${run.token} is no longer there as it was shown: its ConfigMap is gone, or was edited since; sync again, and approve what that shows`,
  );
}

interface Result {
  readonly judged: Judged;
  readonly reading: Reading;
  /** What is told besides. */
  readonly note: string;
}

function numbers({
  judged,
  reading,
}: Pick<Result, "judged" | "reading">): Pick<RunEnd, "read" | "changes" | "dropped" | "conflicts"> {
  const { derived, read } = reading;
  return { read, changes: judged.proposal.plan.counts, dropped: derived.dropped, conflicts: derived.conflicts.size };
}

async function endTest({ plans }: RunServices, { object, signal }: RunInput, result: Result): Promise<RunEnd> {
  const { proposal, violations } = result.judged;
  const would =
    violations.length === 0 ? "a sync would publish this" : `a sync would be held: ${describeViolations(violations)}`;
  await plans.save(
    object,
    proposal,
    { isHeld: false, title: "test sync: nothing was published", lines: [would] },
    signal,
  );
  return {
    ...numbers(result),
    result: "Succeeded",
    reason: "Succeeded",
    message: `${describeProposal(proposal)}; ${would}${result.note}`,
  };
}

interface Stopped extends Result {
  /** What stays published; undefined where that is nothing, or cannot be read. */
  readonly before: Roster | undefined;
}

async function endHeld(
  services: RunServices,
  input: RunInput,
  facts: RunFacts,
  result: Stopped,
  change: Change,
): Promise<RunEnd> {
  const { judged, reading, before } = result;
  const still = input.follows ? await stillHeld(services, input, { change, judged }) : undefined;
  const held = still ?? (await hold(services, input, judged));
  const { leftOut } = reading.derived;
  if (before !== undefined)
    await keepLeftOut(services, input, facts, await inSlices(lackedBy(before, leftOut), input.signal));
  else if (input.standing.manifest.current === undefined) await keepLeftOut(services, input, facts, leftOut);
  const message = `${describeViolations(judged.violations)}${result.note}`;
  return { ...numbers(result), result: "Held", reason: held.reason, message, held };
}

interface Accepted extends Result {
  readonly wish: Wish;
  /** Of the wish. */
  readonly revision: string;
  readonly before: Roster | undefined;
}

async function endPublished(
  services: RunServices,
  input: RunInput,
  facts: RunFacts,
  { judged, wish, revision, reading, note, before }: Accepted,
): Promise<RunEnd> {
  const { proposal, unseen } = judged;
  const message = `${describeProposal(proposal)}${note}`;
  const end: RunEnd = { ...numbers({ judged, reading }), result: "Published", reason: "Published", message };
  const learned = { proposal, leftOut: reading.derived.leftOut.entries };
  const record = recordOf(input.run, end, learned, input.requestedBy, services.deps.clock.now());
  const feed = facts.place && kept(input.object, facts.place);
  const publishing = { wish, revision, before, removed: unseen.lostCount, record, feed };
  facts.standing = await publish(services, input, publishing, {
    drafted({ nearlyFull }) {
      if (nearlyFull !== undefined) facts.nearlyFull = nearlyFull;
    },
    beginning() {
      facts.begun = true;
    },
    vouched(object) {
      facts.object = object;
    },
    begun(standing) {
      facts.standing = standing;
    },
  });
  await keepChanges(services, input, facts, proposal);
  await keepLeftOut(services, input, facts, reading.derived.leftOut);
  return end;
}

/** Beside the list that stands now; nothing of the run depends on it. */
async function keepLeftOut(
  { maps }: RunServices,
  { object, log, signal }: RunInput,
  { unwritten }: RunFacts,
  leftOut: LeftOut,
): Promise<void> {
  const work = saveLeftOut(maps, object, leftOut, signal);
  const failure = await besides(log, signal, "What is left out", work);
  if (failure !== undefined) unwritten.push({ reason: "LeftOutNotWritten", failure });
}

/** For people who ask later; nothing of the run depends on it. */
async function keepChanges(
  { changes }: RunServices,
  { object, run, log, signal }: RunInput,
  facts: RunFacts,
  { plan }: Proposal,
): Promise<void> {
  const time = facts.standing.manifest.current?.time ?? run.startTime;
  const work = changes.put(object, { run: run.id, time, plan }, signal).then((kept) => {
    if (kept !== undefined) facts.kept = kept;
  });
  const failure = await besides(log, signal, "What it changed", work);
  if (failure !== undefined) facts.unwritten.push({ reason: "HistoryNotWritten", failure });
}

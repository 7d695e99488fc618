/** One run, from credentials to publication: an ordered list of steps, the first that fails ends it. */

import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import type { Deps } from "../../base/deps.ts";
import { Failure } from "../../base/failure.ts";
import { inSlices } from "../../base/slices.ts";
import type { Directory, DirectoryProvider, Sharing } from "../../directory/types.ts";
import type { ConfigMaps } from "../../publication/configmaps.ts";
import { removedLastDay } from "../../publication/manifest.ts";
import { approveLine, type Plans } from "../../publication/plans.ts";
import { acceptedBefore, beyond, bindingOf, type Proposal, propose } from "../../publication/proposal.ts";
import { draftPublication, namesOf } from "../../publication/publication.ts";
import type { Publisher, Standing } from "../../publication/publish.ts";
import type { HistoryRecord, Run } from "../../publication/records.ts";
import type { Routes } from "../../publication/routes.ts";
import type { Wish } from "../../recipients/diff.ts";
import { guards, type Violation } from "../../recipients/guards.ts";
import type { Baseline } from "../../recipients/model.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import { revisionOf } from "../../recipients/revision.ts";
import { findCondition } from "../../runtime/conditions.ts";
import type { Client, Logger } from "../../runtime/types.ts";
import type { Access } from "../access/credentials.ts";
import { ownershipHash } from "../decide/fingerprint.ts";
import type { Finding } from "../status/conditions.ts";
import type { RunEnd } from "../status/transitions.ts";
import { loadBaseline } from "./baseline.ts";
import { describeProposal, describeViolations, recordOf, recordViolations } from "./report.ts";
import {
  authorizationTrouble,
  confirmRemovals,
  judgeAuthorization,
  type Reading,
  readWish,
  verifyOwnership,
} from "./steps.ts";
import { timed, tryConnection } from "./test-connection.ts";

export interface RunServices {
  readonly client: Client;
  readonly maps: ConfigMaps;
  readonly directories: DirectoryProvider;
  readonly publisher: Publisher;
  readonly plans: Plans;
  readonly routes: Routes;
  readonly deps: Deps;
  /** Percent; what no object's deletionGuard may exceed. */
  readonly maxDeletionPercent: number;
}

export interface RunInput {
  readonly object: O365Sync;
  readonly domain: MailDomain;
  readonly access: Access;
  readonly run: Run;
  readonly requestedBy: string | undefined;
  readonly standing: Standing;
  /** Whether the published accounts stand as the manifest says. */
  readonly accountsStand: boolean;
  /** Reads the published accounts; undefined where they are damaged or there are none. */
  readonly loadAccounts: (signal: AbortSignal) => Promise<Roster | undefined>;
  readonly consentUrl: string | undefined;
  /** Present when other objects read the tenant with the very same credential. */
  readonly sharing: Sharing | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What a run has learned so far; it survives the step that fails. */
export interface RunFacts {
  /** Set before the first write of a publication: from here on it is finished, not planned anew. */
  begun?: boolean;
  authorized?: Finding;
  verifiedHash?: string;
  reading?: Reading;
  proposal?: Proposal;
  standing: Standing;
  nearlyFull?: { readonly suggestedShards: number | undefined };
}

/** Runs the steps that this run asks for. What stops it is thrown as Failure or ApiError; `facts` keeps what was learned. */
export async function execute(services: RunServices, input: RunInput, facts: RunFacts): Promise<RunEnd> {
  const directory = services.directories.connect(input.access.connection);
  const [, tokenMs] = await timed(services.deps.clock, authorize(directory, input, facts));
  return input.run.request === "testConnection"
    ? testConnection(services, directory, input, tokenMs, facts)
    : sync(services, directory, input, facts);
}

async function authorize(
  directory: Directory,
  { object, run, consentUrl, signal }: RunInput,
  facts: RunFacts,
): Promise<void> {
  const { sources } = object.spec;
  // Consent shows in a new token only.
  const refused = findCondition(object.status?.conditions ?? [], "Authorized")?.status === "False";
  const fresh = run.request === "testConnection" || refused;
  const authorization = await directory.authorize({ sources, fresh, signal }).catch((error: unknown) => {
    const trouble = authorizationTrouble(error, consentUrl);
    if (trouble !== undefined) facts.authorized = trouble;
    throw error;
  });
  const { finding, failure } = judgeAuthorization(authorization, consentUrl);
  facts.authorized = finding;
  if (failure !== undefined) throw failure;
}

async function testConnection(
  { deps: { clock } }: RunServices,
  directory: Directory,
  { object, domain, signal }: RunInput,
  tokenMs: number,
  facts: RunFacts,
): Promise<RunEnd> {
  const { ownership, message } = await tryConnection(directory, { object, domain, tokenMs, clock, signal });
  if (ownership.kind === "verified") facts.verifiedHash = ownership.hash;
  return { result: "Succeeded", reason: "Succeeded", message };
}

async function sync(services: RunServices, directory: Directory, input: RunInput, facts: RunFacts): Promise<RunEnd> {
  const { object, domain, run, signal, standing } = input;
  if (object.status?.verifiedHash !== ownershipHash(object, domain)) {
    const ownership = await verifyOwnership(directory, object, domain, { fresh: false, signal });
    if (ownership.kind === "verified") facts.verifiedHash = ownership.hash;
  }
  const reading = await readWish(directory, object, domain, input, signal);
  facts.reading = reading;
  const { derived } = reading;
  const wish: Wish = { accounts: derived.accounts, names: namesOf(domain) };
  const { current } = standing.manifest;
  const revision = await inSlices(revisionOf(wish.accounts, wish.names), signal);
  const same = current?.revision === revision && input.accountsStand;
  // What is published already needs not be read to be compared with itself.
  const accounts = same ? wish.accounts : await input.loadAccounts(signal);
  const baseline = await loadBaseline(services, { object, current, accounts }, signal);
  const proposal = await inSlices(propose(baseline, wish, bindingOf(object, current)), signal);
  facts.proposal = proposal;
  const domains = [wish.names.domain, ...wish.names.aliasDomains.map(({ name }) => name)];
  await confirmRemovals(directory, { proposal, derived, sources: object.spec.sources, domains }, signal);
  const unseen = await withoutShown(services.plans, input, proposal);
  const violations = await judge(services, input, { baseline, proposal: unseen, reading });
  if (run.request === "testSync") return endTest(services, input, { proposal, violations, reading });
  if (violations.length > 0) return hold(services, input, { proposal, violations, reading });
  if (same)
    return { ...numbers({ proposal, reading }), result: "Unchanged", reason: "Unchanged", message: "nothing changed" };
  const removed = unseen.lost.length;
  return publish(services, input, facts, { proposal, wish, revision, reading, before: accounts, removed });
}

/** For an approval, what is new since the plan that was shown; otherwise everything. */
async function withoutShown(plans: Plans, { object, run, signal }: RunInput, proposal: Proposal): Promise<Proposal> {
  if (run.request !== "approve" || run.token === undefined) return proposal;
  // The digest names exactly these changes: nothing is new, also where the plan was too large to be stored in full.
  if (run.token === proposal.digest) return inSlices(beyond(proposal, proposal), signal);
  const shown = await plans.shown(object, run.token, signal);
  if (shown !== undefined) return inSlices(beyond(proposal, shown), signal);
  throw new Failure(
    "stalled",
    "UnknownPlan",
    `the plan ${run.token} is no longer there to compare with; sync again, and approve what that shows`,
  );
}

interface Judged {
  readonly baseline: Baseline;
  readonly proposal: Proposal;
  readonly reading: Reading;
}

async function judge(
  { deps, maxDeletionPercent }: RunServices,
  { object, standing, signal }: RunInput,
  judged: Judged,
): Promise<Violation[]> {
  const { baseline, proposal, reading } = judged;
  const { operationsLimit, deletionGuard } = object.spec;
  return guards({
    plan: proposal.plan,
    baseline,
    tenantAccounts: reading.derived.tenantAccounts,
    objects: reading.derived.objects,
    lost: proposal.lostCount,
    accepted: await inSlices(acceptedBefore(baseline), signal),
    removedLast24h: removedLastDay(standing.manifest, deps.clock.now()),
    operationsLimit: operationsLimit ?? {},
    deletionGuard,
    maxDeletionPercent,
  });
}

interface Outcome {
  readonly proposal: Proposal;
  readonly reading: Reading;
  readonly violations: readonly Violation[];
}

function numbers({
  proposal,
  reading,
}: Pick<Outcome, "proposal" | "reading">): Pick<RunEnd, "read" | "changes" | "dropped" | "conflicts"> {
  const { derived, read } = reading;
  return { read, changes: proposal.plan.counts, dropped: derived.dropped, conflicts: derived.conflicts.length };
}

async function endTest({ plans }: RunServices, { object, signal }: RunInput, outcome: Outcome): Promise<RunEnd> {
  const { proposal, violations } = outcome;
  const would =
    violations.length === 0 ? "a sync would publish this" : `a sync would be held: ${describeViolations(violations)}`;
  await plans.save(object, proposal, { title: "test sync: nothing was published", lines: [would] }, signal);
  return {
    ...numbers(outcome),
    result: "Succeeded",
    reason: "Succeeded",
    message: `${describeProposal(proposal)}; ${would}`,
  };
}

async function hold({ plans }: RunServices, { object, signal }: RunInput, outcome: Outcome): Promise<RunEnd> {
  const { proposal, violations } = outcome;
  const approvable = violations.every((violation) => violation.approvable);
  const cure = approvable
    ? approveLine(object, proposal.digest)
    : "it cannot be approved: correct the cause, then sync again";
  const lines = [...violations.map(({ message }) => message), cure];
  await plans.save(object, proposal, { title: "held: nothing was published", lines }, signal);
  const reason = violations[0]?.reason ?? "Held";
  const held = { planDigest: proposal.digest, reason, approvable, violations: recordViolations(violations) };
  return { ...numbers(outcome), result: "Held", reason, message: describeViolations(violations), held };
}

interface Publishing extends Pick<Outcome, "proposal" | "reading"> {
  readonly wish: Wish;
  /** Of the wish. */
  readonly revision: string;
  readonly before: Roster | undefined;
  readonly removed: number;
}

async function publish(
  services: RunServices,
  input: RunInput,
  facts: RunFacts,
  publishing: Publishing,
): Promise<RunEnd> {
  const { object, run, standing, requestedBy, signal } = input;
  const { proposal, wish, revision, reading, before, removed } = publishing;
  const now = services.deps.clock.now();
  const wanted = { object, before: standing.manifest.current, ...wish, revision, now };
  const draft = await inSlices(draftPublication(wanted), signal);
  if (draft.nearlyFull !== undefined) facts.nearlyFull = draft.nearlyFull;
  const message = describeProposal(proposal);
  const end: RunEnd = { ...numbers({ proposal, reading }), result: "Published", reason: "Published", message };
  const record: HistoryRecord = recordOf(
    run,
    end,
    { proposal, conflicts: reading.derived.conflicts },
    requestedBy,
    now,
  );
  await services.routes.untilWithdrawn(object, standing.manifest.current, draft.publication, signal);
  facts.begun = true;
  const begun = await services.publisher.begin({ standing, before, draft, removedAddresses: removed, record }, signal);
  facts.standing = begun.standing;
  facts.standing = await services.publisher.finish(begun, signal);
  return end;
}

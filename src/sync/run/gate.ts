/** The one gate to what is published: a change of the list is proposed, judged, and then held or published here. */

import { approveLine } from "../../api/commands.ts";
import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import { inSlices } from "../../base/slices.ts";
import { isPauseDue, type Steps } from "../../base/steps.ts";
import { type Pending, vouching } from "../../publication/anchor.ts";
import { type KeptFeed, removedLastDay } from "../../publication/manifest.ts";
import { acceptedBefore, bindingOf, type Proposal, propose } from "../../publication/proposal.ts";
import { type Draft, draftPublication } from "../../publication/publication.ts";
import type { Standing } from "../../publication/publish.ts";
import { findLayouts } from "../../publication/retire.ts";
import type { HistoryRecord } from "../../publication/run-records.ts";
import type { Baseline } from "../../recipients/baseline.ts";
import type { Wish } from "../../recipients/diff.ts";
import { type GuardInput, guards, type Unconfirmed, type Violation } from "../../recipients/guards.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import { isDelete } from "../../recipients/roster-changes.ts";
import type { GateServices } from "../services.ts";
import type { RunEnd } from "../status/transitions.ts";
import { ALL_CONFIRMED, type Confirmed } from "./ask-tenant.ts";
import { lookAgain } from "./ground.ts";
import { recordViolations } from "./record.ts";

/** Who wants to change the list, and what stands now. */
export interface Ground {
  readonly object: O365Sync;
  readonly domain: MailDomain;
  readonly standing: Standing;
  readonly signal: AbortSignal;
}

/** What the list should become, and where that comes from. */
export interface Change extends Pick<GuardInput, "tenantAccounts" | "excluded" | "objects" | "operationsLimit"> {
  readonly baseline: Baseline;
  readonly wish: Wish;
  /** Throws Failure where the directory says that something would go which is still there; absent: no need to ask. */
  readonly confirm?: (proposal: Proposal) => Promise<Confirmed>;
  /** What of it no person has approved yet; absent: everything. */
  readonly unseen?: (proposal: Proposal) => Promise<Proposal>;
}

export interface Judged {
  readonly proposal: Proposal;
  readonly confirmed: Confirmed;
  /** What of it no person has approved. */
  readonly unseen: Proposal;
  /** None: it may be published. */
  readonly violations: readonly Violation[];
}

export async function judge(services: GateServices, ground: Ground, change: Change): Promise<Judged> {
  const { object, standing, signal } = ground;
  const { baseline, wish, confirm, unseen: unseenOf } = change;
  const { manifest } = standing;
  const proposal = await inSlices(propose(baseline, wish, bindingOf(object, manifest.current)), signal);
  const confirmed = (await confirm?.(proposal)) ?? ALL_CONFIRMED;
  const unseen = unseenOf === undefined ? proposal : await unseenOf(proposal);
  const input: GuardInput = {
    ...change,
    plan: unseen.plan,
    unconfirmed: await inSlices(countUnconfirmed(unseen, confirmed), signal),
    lost: unseen.lostCount,
    // Counted only where it is asked for: it takes a pass over the whole list.
    accepted: unseen.lostCount === 0 ? 0 : await inSlices(acceptedBefore(baseline), signal),
    removedLast24h: removedLastDay(manifest, services.deps.clock.now()),
    deletionGuard: object.spec.deletionGuard,
    maxDeletionPercent: services.maxDeletionPercent,
  };
  return { proposal, confirmed, unseen, violations: await inSlices(guards(input), signal) };
}

function* countUnconfirmed({ plan }: Proposal, { unconfirmed, cause }: Confirmed): Steps<Unconfirmed> {
  let count = 0;
  for (const { kind, address } of unconfirmed.size === 0 ? [] : plan.changes) {
    if (!isDelete(kind)) break;
    if (unconfirmed.has(address)) count++;
    if (isPauseDue()) yield;
  }
  return { count, cause };
}

/** Shows the plan with all its violations; answers what the status says of it. */
export async function hold(
  { plans }: GateServices,
  { object, signal }: Ground,
  { proposal, violations }: Judged,
): Promise<NonNullable<RunEnd["held"]>> {
  const approvable = violations.every((violation) => violation.approvable);
  const cure = approvable
    ? approveLine(object, proposal.digest)
    : "it cannot be approved: correct the cause, then sync again";
  const lines = [...violations.map(({ message }) => message), cure];
  const head = { isHeld: true, title: "held: nothing was published", lines };
  const planSha256 = await plans.save(object, proposal, head, signal);
  const reason = violations[0]?.reason ?? "Held";
  return { planDigest: proposal.digest, planSha256, reason, approvable, violations: recordViolations(violations) };
}

export interface Publishing {
  readonly wish: Wish;
  /** Of the wish, where it is known already. */
  readonly revision?: string;
  /** What is published now; undefined where that is unknown or nothing. */
  readonly before: Roster | undefined;
  /** How many addresses this takes away without a person's approval. */
  readonly removed: number;
  /** Absent when tables are only rendered again. */
  readonly record?: HistoryRecord;
  /** What was told of the tenant up to here is in it. */
  readonly feed?: KeptFeed | undefined;
}

/** Told what will be written, and what stands once the publication is begun: from then on it is finished, not planned anew. */
export interface Progress {
  drafted?(draft: Draft): void;
  /** The object as it stands since its status vouches for what will be written. */
  vouched?(object: O365Sync): void;
  beginning?(): void;
  begun?(standing: Standing): void;
}

/**
 * Writes it; answers what stands then, with the object whose status vouches for it. Throws GroundGone where what it was
 * planned for is no longer so.
 */
export async function publish(
  { client, maps, publisher, deps, statuses }: GateServices,
  ground: Ground,
  { wish, revision, before, removed, record, feed }: Publishing,
  progress: Progress = {},
): Promise<Standing> {
  const { object, standing, signal } = ground;
  const { current } = standing.manifest;
  const now = deps.clock.now();
  // Neither rendering nor what is only added changes what a plan that is held takes away.
  const keepsPlans = record === undefined || record.trigger === "Additions";
  const known = revision === undefined ? {} : { revision };
  const found = current === undefined ? await findLayouts(maps, object, signal) : [];
  const published = current !== undefined && publisher.hasRendered(object, current) ? before : undefined;
  const wanted = { object, before: current, published, found, ...wish, ...known, keepsPlans, now };
  const draft = await inSlices(draftPublication(wanted), signal);
  progress.drafted?.(draft);
  await lookAgain(client, ground, signal, record?.trigger === "Additions");
  progress.beginning?.();
  const vouch = async (pending: Pending): Promise<O365Sync> => {
    const { managedFields } = object.metadata;
    const written = await statuses.write(object, vouching(object.status ?? {}, standing.manifest, pending), signal);
    const vouched = { ...written, metadata: { ...written.metadata, ...(managedFields && { managedFields }) } };
    progress.vouched?.(vouched);
    return vouched;
  };
  const input = { standing, before, draft, removedAddresses: removed, feed, vouch };
  const begun = await publisher.begin(record === undefined ? input : { ...input, record }, signal);
  progress.begun?.(begun.standing);
  return publisher.finish(begun, signal);
}

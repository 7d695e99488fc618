/** Puts the tables right from the published accounts, without asking the tenant. */

import { inSlices } from "../../base/slices.ts";
import { type Publication, removedLastDay } from "../../publication/manifest.ts";
import { approveLine } from "../../publication/plans.ts";
import { bindingOf, type Proposal, propose } from "../../publication/proposal.ts";
import { draftPublication, namesOf, namesToRender, outputOf, wantsRendering } from "../../publication/publication.ts";
import { guards } from "../../recipients/guards.ts";
import type { AccountType, DomainNames } from "../../recipients/model.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import type { ReconcileContext } from "../../runtime/types.ts";
import type { View } from "../gather.ts";
import type { Remembered } from "../memory.ts";
import type { Outcome, SyncServices } from "../outcome.ts";
import { heldByRendering } from "../status/transitions.ts";
import { describeViolations, recordViolations } from "./report.ts";
import { accountsOf } from "./runner.ts";

/** What rendering was asked for: while it is held for this, it is not asked for again. */
export const renderKey = ({ object, domain }: View): string =>
  JSON.stringify([domain && namesOf(domain), outputOf(object)]);

/**
 * Where this takes addresses away (a Mirror domain was removed) it is a plan and passes the deletion guard, or it is
 * held; the rest is put right all the same.
 */
export async function rerender(
  services: SyncServices,
  view: View,
  memory: Remembered,
  { signal }: ReconcileContext,
): Promise<Outcome> {
  const { object, domain, standing } = view;
  const { current } = standing.manifest;
  const now = services.deps.clock.now();
  memory.lastRender = now;
  const accounts = await accountsOf(services, view, signal);
  const unchanged: Outcome = { view, status: object.status ?? {} };
  if (current === undefined || domain === undefined || accounts === undefined) return unchanged;
  const names = namesToRender(current, namesOf(domain));
  const baseline = { kind: "accounts", accounts, names: current } as const;
  const proposal = await inSlices(propose(baseline, { accounts, names }, bindingOf(object, current)), signal);
  const violations = judge(services, view, { accounts, current, proposal, now });
  if (violations.length === 0) {
    const standingThen = await publish(services, view, { accounts, names, lost: proposal.lost.length, now }, signal);
    return { ...unchanged, view: { ...view, standing: standingThen }, rendered: true };
  }
  memory.heldRender = renderKey(view);
  const lines = [...violations.map(({ message }) => message), approveLine(object, proposal.digest)];
  await services.plans.save(object, proposal, { title: "held: nothing was published", lines }, signal);
  const held = {
    planDigest: proposal.digest,
    reason: violations[0]?.reason ?? "Held",
    approvable: true,
    violations: recordViolations(violations),
  };
  const status = heldByRendering(object.status ?? {}, held, proposal.plan.counts, now);
  const kept: DomainNames = { domain: names.domain, aliasDomains: withMirrors(current, names) };
  const restNeeded = view.drifted || wantsRendering(current, kept, outputOf(object));
  if (!restNeeded) return { view, status, heldNote: describeViolations(violations) };
  const standingThen = await publish(services, view, { accounts, names: kept, lost: 0, now }, signal);
  return {
    view: { ...view, standing: standingThen },
    status,
    rendered: true,
    heldNote: describeViolations(violations),
  };
}

interface Judged {
  readonly accounts: Roster;
  readonly current: Publication;
  readonly proposal: Proposal;
  readonly now: number;
}

/** No limit of operations counts what a Mirror domain repeats; the deletion guard does. */
function judge(
  { maxDeletionPercent }: SyncServices,
  { object, standing }: View,
  { accounts, current, proposal, now }: Judged,
) {
  if (proposal.lost.length === 0) return [];
  const count = (wanted: AccountType): number => {
    let found = 0;
    for (let index = 0; index < accounts.length; index++) if (accounts.typeOf(index) === wanted) found++;
    return found;
  };
  const objects = { users: count("mailbox"), groups: count("distributionList"), contacts: count("contact") };
  return guards({
    plan: proposal.plan,
    baseline: { kind: "accounts", accounts, names: current },
    tenantAccounts: accounts.length,
    objects,
    lost: proposal.lostCount,
    accepted: current.counts.addresses,
    removedLast24h: removedLastDay(standing.manifest, now),
    operationsLimit: {},
    deletionGuard: object.spec.deletionGuard,
    maxDeletionPercent,
  });
}

function withMirrors(current: Publication, names: DomainNames): DomainNames["aliasDomains"] {
  const named = new Set(names.aliasDomains.map(({ name }) => name));
  const kept = current.aliasDomains.filter(({ name, recipients }) => recipients === "Mirror" && !named.has(name));
  return [...names.aliasDomains, ...kept].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Rendering {
  readonly accounts: Roster;
  readonly names: DomainNames;
  readonly lost: number;
  readonly now: number;
}

async function publish(services: SyncServices, { object, standing }: View, rendering: Rendering, signal: AbortSignal) {
  const { accounts, names, lost, now } = rendering;
  const before = standing.manifest.current;
  const draft = await inSlices(draftPublication({ object, before, accounts, names, now }), signal);
  await services.routes.untilWithdrawn(object, standing.manifest.current, draft.publication, signal);
  const begun = await services.publisher.begin({ standing, before: accounts, draft, removedAddresses: lost }, signal);
  return services.publisher.finish(begun, signal);
}

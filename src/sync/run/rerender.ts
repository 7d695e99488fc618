/** Puts the tables right from the published accounts, without asking the tenant. */

import type { O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import { inSlices } from "../../base/slices.ts";
import { namesOf, namesToRender, outputOf, wantsRendering } from "../../publication/publication.ts";
import { countBySource } from "../../recipients/guards.ts";
import type { DomainNames } from "../../recipients/model.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import type { ReconcileContext } from "../../runtime/types.ts";
import type { View } from "../gather.ts";
import type { Remembered } from "../memory.ts";
import type { Outcome } from "../outcome.ts";
import type { SyncServices } from "../services.ts";
import { heldByRendering, released } from "../status/transitions.ts";
import { type Ground, hold, type Judged, judge, publish } from "./gate.ts";
import { describeViolations } from "./record.ts";
import { accountsOf } from "./runner.ts";

/** What rendering was asked for: while it is held for this, it is not asked for again. */
export const renderKey = ({ object, domain }: View): string =>
  JSON.stringify([domain && namesOf(domain), outputOf(object), object.spec.deletionGuard]);

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
  memory.lastRender = services.deps.clock.monotonic();
  const accounts = await accountsOf(services, view, signal);
  const status = object.status ?? {};
  if (current === undefined || domain === undefined || accounts === undefined) return { view, status };
  if (!view.drifted && !view.outdated) return { view, status: await release(services, object, signal) };
  const ground: Ground = { object, domain, standing, signal };
  const names = namesToRender(current, namesOf(domain));
  const judged = await judge(services, ground, {
    baseline: { kind: "accounts", accounts, names: current },
    wish: { accounts, names },
    tenantAccounts: accounts.length,
    excluded: 0,
    objects: await inSlices(countBySource(accounts), signal),
    // No limit of operations counts what a Mirror domain repeats; the deletion guard does.
    operationsLimit: {},
  });
  if (judged.violations.length === 0) {
    const standingThen = await render(services, ground, accounts, { names, lost: judged.proposal.lost.size });
    const statusThen = await release(services, object, signal);
    const then = { ...view, standing: standingThen, object: standingThen.object, missingTables: [] };
    return { view: then, status: statusThen, rendered: view.drifted ? "Drifted" : "Changed" };
  }
  memory.heldRender = renderKey(view);
  const outcome: Outcome = {
    view,
    status: await statusHeld(services, ground, judged),
    heldNote: describeViolations(judged.violations),
  };
  const kept: DomainNames = { domain: names.domain, aliasDomains: withMirrors(current, names) };
  if (!view.drifted && !wantsRendering(current, kept, outputOf(object))) return outcome;
  const standingThen = await render(services, ground, accounts, { names: kept, lost: 0 });
  const then = { ...view, standing: standingThen, object: standingThen.object, missingTables: [] };
  return { ...outcome, view: then, rendered: view.drifted ? "Drifted" : "Changed" };
}

/** A plan that a run holds stays the one that is shown, and its command the one that works. */
async function statusHeld(services: SyncServices, ground: Ground, judged: Judged): Promise<O365SyncStatus> {
  const { status = {} } = ground.object;
  if (status.held !== undefined && status.held.rendering !== true) return status;
  const held = await hold(services, ground, judged);
  return heldByRendering(status, held, judged.proposal.plan.counts, services.deps.clock.now());
}

/** Nothing that rendering held is wanted any more: it is shown no longer. */
async function release({ plans }: SyncServices, object: O365Sync, signal: AbortSignal): Promise<O365SyncStatus> {
  const { status = {} } = object;
  if (status.held?.rendering === true) await plans.clear(object, signal);
  return released(status);
}

function withMirrors(current: DomainNames, names: DomainNames): DomainNames["aliasDomains"] {
  const named = new Set(names.aliasDomains.map(({ name }) => name));
  const kept = current.aliasDomains.filter(({ name, recipients }) => recipients === "Mirror" && !named.has(name));
  return [...names.aliasDomains, ...kept].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Rendering {
  readonly names: DomainNames;
  /** Addresses that it takes away. */
  readonly lost: number;
}

const render = (services: SyncServices, ground: Ground, accounts: Roster, { names, lost }: Rendering) =>
  publish(services, ground, { wish: { accounts, names }, before: accounts, removed: lost });

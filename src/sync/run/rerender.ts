/** Puts the tables right from the published accounts, without asking the tenant. */

import { namesOf, namesToRender, outputOf, wantsRendering } from "../../publication/publication.ts";
import { countBySource } from "../../recipients/guards.ts";
import type { DomainNames } from "../../recipients/model.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import type { ReconcileContext } from "../../runtime/types.ts";
import type { View } from "../gather.ts";
import type { Remembered } from "../memory.ts";
import type { Outcome, SyncServices } from "../outcome.ts";
import { heldByRendering } from "../status/transitions.ts";
import { type Ground, hold, judge, publish } from "./gate.ts";
import { describeViolations } from "./report.ts";
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
  memory.lastRender = services.deps.clock.now();
  const accounts = await accountsOf(services, view, signal);
  const status = object.status ?? {};
  if (current === undefined || domain === undefined || accounts === undefined) return { view, status };
  const ground: Ground = { object, standing, signal };
  const names = namesToRender(current, namesOf(domain));
  const judged = await judge(services, ground, {
    baseline: { kind: "accounts", accounts, names: current },
    wish: { accounts, names },
    tenantAccounts: accounts.length,
    objects: countBySource(accounts),
    // No limit of operations counts what a Mirror domain repeats; the deletion guard does.
    operationsLimit: {},
  });
  if (judged.violations.length === 0) {
    const standingThen = await render(services, ground, accounts, { names, lost: judged.proposal.lost.size });
    return { view: { ...view, standing: standingThen, object: standingThen.object }, status, rendered: true };
  }
  memory.heldRender = renderKey(view);
  const held = await hold(services, ground, judged);
  const outcome: Outcome = {
    view,
    status: heldByRendering(status, held, judged.proposal.plan.counts, services.deps.clock.now()),
    heldNote: describeViolations(judged.violations),
  };
  const kept: DomainNames = { domain: names.domain, aliasDomains: withMirrors(current, names) };
  if (!view.drifted && !wantsRendering(current, kept, outputOf(object))) return outcome;
  const standingThen = await render(services, ground, accounts, { names: kept, lost: 0 });
  return { ...outcome, view: { ...view, standing: standingThen, object: standingThen.object }, rendered: true };
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

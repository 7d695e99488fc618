/** What a run proposes: the plan, and the Mirror domains whose repeated addresses go with it. Pure. */
import { createHash } from "node:crypto";
import { diff, lostAddresses, subtract, type Wish } from "../recipients/diff.ts";
import type { Baseline, Plan } from "../recipients/model.ts";
import { acceptedAddresses } from "../recipients/render.ts";
import { droppedMirrors } from "./publication.ts";

export interface Proposal {
  readonly plan: Plan;
  /** Mirror domains that the baseline repeats and the wish does not. */
  readonly mirrors: readonly string[];
  /** Every rendered address that would stop being accepted. */
  readonly lost: readonly string[];
  /** How many those are; where only numbers are left of the baseline, how many fewer there would be. */
  readonly lostCount: number;
  /** Names exactly this: what an approval binds to. */
  readonly digest: string;
}

export function propose(baseline: Baseline, wish: Wish): Proposal {
  const plan = diff(baseline, wish);
  const mirrors = baseline.kind === "accounts" ? droppedMirrors(baseline.names, wish.names) : [];
  const lost = lostAddresses(baseline, wish);
  const lostCount =
    baseline.kind === "numbers"
      ? Math.max(0, baseline.addresses - acceptedAddresses(wish.accounts, wish.names).size)
      : lost.length;
  return { plan, mirrors, lost, lostCount, digest: digestOf(plan, mirrors) };
}

/** A plan alone keeps its own digest, so that it can be told from its changes. */
function digestOf(plan: Plan, mirrors: readonly string[]): string {
  if (mirrors.length === 0) return plan.digest;
  return createHash("sha256")
    .update([plan.digest, ...mirrors].join("\n"))
    .digest("hex")
    .slice(0, 20);
}

/** What of `proposal` was not in the one that a person saw. */
export function beyond(proposal: Proposal, shown: Proposal): Proposal {
  const plan = subtract(proposal.plan, shown.plan);
  const seen = new Set(shown.lost);
  const mirrors = proposal.mirrors.filter((name) => !shown.mirrors.includes(name));
  const lost = proposal.lost.filter((address) => !seen.has(address));
  // Against bare numbers nobody can tell which addresses go: then what was shown to stay must still be there.
  const onlyNumbers = shown.lostCount > shown.lost.length;
  const lostCount = onlyNumbers ? subtract(shown.plan, proposal.plan).changes.length : lost.length;
  return { plan, mirrors, lost, lostCount, digest: digestOf(plan, mirrors) };
}

/** Rendered addresses of a baseline. */
export function acceptedBefore(baseline: Baseline): number {
  if (baseline.kind === "accounts") return acceptedAddresses(baseline.accounts, baseline.names).size;
  if (baseline.kind === "addresses") return baseline.addresses.length;
  return baseline.kind === "numbers" ? baseline.addresses : 0;
}

/** What a run proposes: the plan, and the Mirror domains whose repeated addresses go with it. Pure. */
import { createHash } from "node:crypto";
import type { O365Sync } from "../api/types.generated.ts";
import type { Steps } from "../base/steps.ts";
import { countAccepted } from "../recipients/accepted.ts";
import type { Baseline } from "../recipients/baseline.ts";
import { diff, lostAddresses, subtract, type Wish } from "../recipients/diff.ts";
import type { Plan } from "../recipients/model.ts";
import { type AddressSet, withoutAddresses } from "../recipients/packed/address-set.ts";
import type { Publication } from "./manifest.ts";
import { droppedMirrors } from "./publication.ts";

export interface Proposal {
  readonly plan: Plan;
  /** Mirror domains that the baseline repeats and the wish does not. */
  readonly mirrors: readonly string[];
  /** Every rendered address that would stop being accepted. */
  readonly lost: AddressSet;
  /** How many those are; where only numbers are left of the baseline, how many fewer there would be. */
  readonly lostCount: number;
  /** Names exactly this: what an approval binds to. */
  readonly digest: string;
}

/** What makes the digest of a plan its own, also when the same changes are proposed once more. */
export interface Binding {
  /** When a run published the baseline, RFC 3339; undefined before the first publication. */
  readonly publishedAt: string | undefined;
  /** The digest of the last approval that was answered: never given again, or its approval would ask for nothing. */
  readonly answered: string | undefined;
}

export function bindingOf({ status }: O365Sync, current: Publication | undefined): Binding {
  return { publishedAt: current?.plannedTime ?? current?.time, answered: status?.handledApprove };
}

export function* propose(baseline: Baseline, wish: Wish, binding: Binding): Steps<Proposal> {
  const plan = yield* diff(baseline, wish);
  const mirrors = baseline.kind === "accounts" ? droppedMirrors(baseline.names, wish.names) : [];
  const lost = yield* lostAddresses(baseline, wish);
  // Tables that stand may be fewer than there were: then the numbers tell how many are missing.
  const published = baseline.kind === "numbers" || baseline.kind === "addresses" ? baseline.published : undefined;
  const fewer = published === undefined ? 0 : published - (yield* countAccepted(wish.accounts, wish.names));
  const lostCount = Math.max(lost.size, fewer);
  return { plan, mirrors, lost, lostCount, digest: boundDigest(digestOf(plan, mirrors), binding) };
}

const hash = (lines: readonly string[]): string =>
  createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 20);

const digestOf = (plan: Plan, mirrors: readonly string[]): string => hash([plan.digest, ...mirrors]);

function boundDigest(digest: string, { publishedAt = "", answered }: Binding): string {
  const bound = hash([digest, publishedAt]);
  return bound === answered ? hash([bound]) : bound;
}

/** What of `proposal` was not in the one that a person saw. */
export function* beyond(proposal: Proposal, shown: Proposal): Steps<Proposal> {
  const plan = yield* subtract(proposal.plan, shown.plan);
  const mirrors = proposal.mirrors.filter((name) => !shown.mirrors.includes(name));
  const lost = yield* withoutAddresses(proposal.lost, shown.lost);
  // Against bare numbers nobody can tell which addresses go: then what was shown to stay must still be there.
  const onlyNumbers = shown.lostCount > shown.lost.size;
  const missing = onlyNumbers ? (yield* subtract(shown.plan, proposal.plan)).changes.length : 0;
  const lostCount = lost.size + missing;
  return { plan, mirrors, lost, lostCount, digest: digestOf(plan, mirrors) };
}

/** Rendered addresses of a baseline. */
export function* acceptedBefore(baseline: Baseline): Steps<number> {
  if (baseline.kind === "accounts") return yield* countAccepted(baseline.accounts, baseline.names);
  if (baseline.kind === "addresses") return Math.max(baseline.addresses.length, baseline.published ?? 0);
  return baseline.kind === "numbers" ? baseline.published : 0;
}

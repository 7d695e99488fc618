/** How a run is told to people: its end in one sentence, and the record that the history keeps. Pure. */
import type { Failure } from "../../base/failure.ts";
import type { Proposal } from "../../publication/proposal.ts";
import {
  ADDRESSES_KEPT,
  type Contested,
  type HistoryRecord,
  isTest,
  type ListPlace,
  LOSERS_KEPT,
  type RecordedViolation,
  type Run,
} from "../../publication/run-records.ts";
import type { Baseline } from "../../recipients/baseline.ts";
import type { Violation } from "../../recipients/guards.ts";
import type { LeftOutEntry } from "../../recipients/left-out.ts";
import type { Plan } from "../../recipients/model.ts";
import { describeChanges } from "../status/messages.ts";
import type { RunEnd } from "../status/transitions.ts";
import type { Confirmed } from "./ask-tenant.ts";

/** What a run learned on its way, whatever its end. */
export interface Learned {
  readonly proposal?: Proposal;
  /** What is left out, conflicts first. */
  readonly leftOut?: readonly LeftOutEntry[];
  readonly changesIn?: ListPlace | undefined;
}

export function recordOf(
  run: Run,
  end: RunEnd,
  learned: Learned,
  requestedBy: string | undefined,
  now: number,
): HistoryRecord {
  const { added, removed } = shownChanges(learned.proposal?.plan);
  const contested = firstContested(learned.leftOut ?? []);
  return {
    id: run.id,
    synced: run.startTime,
    completed: new Date(now).toISOString(),
    syncedBy: syncedBy(run, requestedBy),
    testSync: isTest(run),
    summary: `${LEAD[end.result]}${end.message}`,
    trigger: run.trigger,
    ...(run.request === undefined ? {} : { request: run.request }),
    ...(run.token === undefined ? {} : { token: run.token }),
    result: end.result,
    reason: end.reason,
    attempts: run.attempts,
    ...(end.read === undefined ? {} : { read: end.read }),
    ...(end.changes === undefined ? {} : { changes: end.changes }),
    ...(end.held === undefined ? {} : heldFacts(end.held)),
    ...(end.dropped === undefined ? {} : { dropped: end.dropped }),
    ...(end.conflicts === undefined ? {} : { conflicts: end.conflicts }),
    ...(added.length === 0 ? {} : { added }),
    ...(removed.length === 0 ? {} : { removed }),
    ...(contested.length === 0 ? {} : { contested }),
    ...(learned.changesIn === undefined ? {} : { changesIn: learned.changesIn }),
  };
}

/** By address; whoever else lost it beyond a few is only counted in the left-out file. */
function firstContested(entries: readonly LeftOutEntry[]): Contested[] {
  const found = new Map<string, { readonly address: string; readonly keptBy: string; readonly lostBy: string[] }>();
  for (const { reason, address = "", object = "", keptBy = "" } of entries) {
    if (reason !== "conflict") break;
    const known = found.get(address);
    if (known === undefined && found.size === ADDRESSES_KEPT) break;
    if (known === undefined) found.set(address, { address, keptBy, lostBy: [object] });
    else if (known.lostBy.length < LOSERS_KEPT) known.lostBy.push(object);
  }
  return [...found.values()];
}

const heldFacts = ({ violations, planDigest, approvable }: NonNullable<RunEnd["held"]>) => ({
  violations,
  plan: { digest: planDigest, approvable },
});

/** The first addresses of a plan that go, and that come. */
function shownChanges(plan: Plan | undefined): { readonly added: string[]; readonly removed: string[] } {
  if (plan === undefined) return { added: [], removed: [] };
  const { changes, counts } = plan;
  const deletes = counts.accountDeletes + counts.aliasDeletes;
  const addresses = (from: number, to: number): string[] => {
    const count = Math.max(0, Math.min(to - from, ADDRESSES_KEPT));
    return Array.from({ length: count }, (_, index) => changes.at(from + index)?.address ?? "");
  };
  return { removed: addresses(0, deletes), added: addresses(deletes, changes.length) };
}

const LEAD: Readonly<Record<RunEnd["result"], string>> = {
  Published: "",
  Unchanged: "",
  Succeeded: "",
  Held: "held, nothing was saved: ",
  Failed: "failed: ",
};

/** The trigger, and for an annotation its value and the field manager that set it: a claim, nobody vouches for it. */
function syncedBy({ trigger, token, slotTime }: Run, requestedBy: string | undefined): string {
  if (slotTime !== undefined) return `Schedule (slot ${slotTime.slice(0, 16)}Z)`;
  if (token === undefined) return trigger;
  const manager = requestedBy === undefined ? "" : `, field manager ${shownManager(requestedBy)}, not authenticated`;
  return `${trigger} (${token}${manager})`;
}

/** Anybody may call theirs whatever they like: a sentence is none, and would be read in a mail. */
const shownManager = (name: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) ? name : "of another kind";

export function recordViolations(violations: readonly Violation[]): RecordedViolation[] {
  return violations.map(({ limit, allowed, actual }) => ({ limit, allowed, actual }));
}

export const describeViolations = (violations: readonly Violation[]): string =>
  violations.map(({ message }) => message).join("; ");

/** What a plan would do, for a test and for a publication. */
export function describeProposal({ plan, mirrors, lost }: Proposal): string {
  const dropped = mirrors.length === 0 ? "" : `, the Mirror domain ${mirrors.join(", ")} dropped`;
  const refused =
    lost.size === 0 ? "" : `; the gateway stops accepting ${lost.size} ${lost.size === 1 ? "address" : "addresses"}`;
  return `${describeChanges(plan.counts)}${dropped}${refused}`;
}

/** What is to be said of a confirmation that is less than it should be; nothing otherwise. */
export function describeConfirmed({ byIdAlone }: Confirmed): string {
  if (byIdAlone === 0) return "";
  const what = byIdAlone === 1 ? "1 removal was" : `${byIdAlone} removals were`;
  return `; ${what} confirmed by object id alone: the tenant refuses to tell who has an address`;
}

/** Of spec.baselineRef: what it holds of other domains is none of this list's. */
export function describeIgnored(baseline: Baseline): string {
  const ignored = baseline.kind === "addresses" ? (baseline.ignored ?? 0) : 0;
  if (ignored === 0) return "";
  return `; spec.baselineRef names ${ignored} ${ignored === 1 ? "address" : "addresses"} of other domains, which ${ignored === 1 ? "is" : "are"} ignored`;
}

export function failedEnd(failure: Failure): RunEnd {
  return { result: "Failed", reason: failure.reason, message: failure.message, failure };
}

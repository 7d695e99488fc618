/** What may stop a plan: a checklist of small rules; each looks at the plan and answers violations or nothing. */

import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Baseline } from "./baseline.ts";
import { type AccountType, type ChangeCounts, type Plan, SOURCES, type Source } from "./model.ts";
import type { Roster } from "./packed/roster.ts";
import { isDelete } from "./roster-changes.ts";

export interface GuardInput {
  readonly plan: Plan;
  readonly baseline: Baseline;
  /** Accounts that the tenant yields after excludes and before statics. */
  readonly tenantAccounts: number;
  /** Addresses of the domain that `excludeRecords` leaves out. */
  readonly excluded: number;
  readonly objects: Readonly<Record<Source, number>>;
  /** Addresses that would go although the directory was not asked about them. */
  readonly unconfirmed: Unconfirmed;
  /** Rendered addresses that would stop being accepted. */
  readonly lost: number;
  /** Rendered addresses that earlier plans took away in the last 24 hours, approved ones left out. */
  readonly removedLast24h: number;
  /** Rendered addresses of the baseline. */
  readonly accepted: number;
  readonly operationsLimit: Readonly<Partial<Record<keyof ChangeCounts, number | undefined>>>;
  readonly deletionGuard: { readonly enabled: boolean; readonly maxPercent: number; readonly floor: number };
  /** What the installation allows at most as maxPercent. Below 100 the guard cannot be switched off, nor lifted by its floor. */
  readonly maxDeletionPercent: number;
}

export interface Unconfirmed {
  readonly count: number;
  /** More than are asked for one by one, or a tenant that does not answer such questions. */
  readonly cause: "tooMany" | "refused";
}

export interface Violation {
  readonly reason: "EmptyResult" | "SourceVanished" | "Unconfirmed" | "OperationsLimit" | "DeletionGuard";
  /** The limit by the name that people know it by. */
  readonly limit: string;
  readonly allowed: number;
  readonly actual: number;
  readonly approvable: boolean;
  readonly message: string;
}

type Guard = (input: GuardInput) => readonly Violation[];

/** Every violation of every guard, in this order. */
export function* guards(input: GuardInput): Steps<Violation[]> {
  return [
    emptyResult(input),
    yield* sourceVanished(input),
    unconfirmedRemovals(input),
    operationsLimit(input),
    deletionGuard(input),
  ].flat();
}

const emptyResult: Guard = ({ tenantAccounts, excluded }) => {
  if (tenantAccounts > 0) return [];
  const [limit, cause] =
    excluded === 0
      ? ["tenant accounts", "the tenant has no account of this domain; check tenantId and sources"]
      : [
          "tenant accounts that excludeRecords leaves",
          `excludeRecords leaves out all ${excluded} addresses; correct it`,
        ];
  const message = `${cause}: a list without anybody is never published`;
  return [{ reason: "EmptyResult", limit, allowed: 1, actual: 0, approvable: false, message }];
};

const TYPES: Readonly<Record<Source, AccountType>> = {
  users: "mailbox",
  groups: "distributionList",
  contacts: "contact",
};

/** How many accounts came from each source. */
export function* countBySource(accounts: Roster): Steps<Record<Source, number>> {
  const counts: Record<AccountType, number> = { mailbox: 0, distributionList: 0, contact: 0, static: 0 };
  for (let index = 0; index < accounts.length; index++) {
    counts[accounts.typeOf(index)]++;
    if (isPauseDue()) yield;
  }
  return { users: counts[TYPES.users], groups: counts[TYPES.groups], contacts: counts[TYPES.contacts] };
}

function* sourceVanished({ plan, baseline, objects }: GuardInput): Steps<Violation[]> {
  const silent = SOURCES.filter((source) => objects[source] === 0);
  if (baseline.kind !== "accounts" || silent.length === 0) return [];
  const counts = yield* countBySource(baseline.accounts);
  const violations: Violation[] = [];
  for (const source of silent) {
    const before = counts[source];
    // Nothing to hold where its addresses stay accounts of another source, or were approved to go.
    if (before === 0 || !(yield* isGoing(plan, TYPES[source]))) continue;
    const message = `${source} yield no account any more, there were ${before}`;
    const limit = `accounts from ${source}`;
    violations.push({ reason: "SourceVanished", limit, allowed: 1, actual: 0, approvable: true, message });
  }
  return violations;
}

/** Of a baseline of bare addresses, so many removals are confirmed one by one. */
export const MOST_BARE = 2_000;

const UNCONFIRMED: Readonly<Record<Unconfirmed["cause"], string>> = {
  tooMany: `more than ${MOST_BARE} are not asked for one by one`,
  refused: "the tenant refuses to tell who has an address",
};

const unconfirmedRemovals: Guard = ({ unconfirmed: { count, cause } }) => {
  if (count === 0) return [];
  const message = `the tenant did not confirm that ${count} addresses are gone: no account of them is known, and ${UNCONFIRMED[cause]}; look at the plan before you approve it`;
  const allowed = cause === "tooMany" ? MOST_BARE : 0;
  return [{ reason: "Unconfirmed", limit: "unconfirmed removals", allowed, actual: count, approvable: true, message }];
};

function* isGoing({ changes }: Plan, type: AccountType): Steps<boolean> {
  for (const change of changes) {
    if (!isDelete(change.kind)) return false;
    // Looked up only where it is asked for.
    if (change.kind === "accountDelete" && change.account?.type === type) return true;
    if (isPauseDue()) yield;
  }
  return false;
}

const LIMITS = ["accountAdds", "accountDeletes", "aliasAdds", "aliasDeletes", "total"] as const;

const operationsLimit: Guard = ({ plan, operationsLimit }) =>
  LIMITS.flatMap((name): Violation[] => {
    const allowed = operationsLimit[name];
    const actual = plan.counts[name];
    if (allowed === undefined || actual <= allowed) return [];
    const message = `operationsLimit.${name} allows ${allowed}, the plan has ${actual}`;
    return [
      { reason: "OperationsLimit", limit: `operationsLimit.${name}`, allowed, actual, approvable: true, message },
    ];
  });

/** The floor that an installation with a cap still grants, so that small lists can change at all. */
const LARGEST_CAPPED_FLOOR = 10;

function capped({ deletionGuard, maxDeletionPercent: cap }: GuardInput): GuardInput["deletionGuard"] {
  if (cap >= 100) return deletionGuard;
  const { enabled, maxPercent, floor } = deletionGuard;
  if (!enabled) return { enabled: true, maxPercent: cap, floor: LARGEST_CAPPED_FLOOR };
  return { enabled, maxPercent: Math.min(maxPercent, cap), floor: Math.min(floor, LARGEST_CAPPED_FLOOR) };
}

/** Judged unrounded; what is shown is rounded down. Needs a baseline, and something that this plan takes away. */
const deletionGuard: Guard = (input) => {
  const { baseline, lost, removedLast24h, accepted } = input;
  const { enabled, maxPercent, floor } = capped(input);
  if (!enabled || baseline.kind === "none" || lost === 0) return [];
  // Divided last: 29 / 100 * 100 is less than 29.
  const share = Math.max(floor, (maxPercent * accepted) / 100);
  const half = accepted / 2;
  const limit = Math.min(share, half);
  const actual = lost + removedLast24h;
  if (actual <= limit) return [];
  const allowed = Math.floor(limit);
  const earlier = removedLast24h === 0 ? "" : `, ${removedLast24h} of them in the last 24 h`;
  const rule = share <= half ? `${maxPercent} % of ${accepted}, or ${floor}` : `half of ${accepted}`;
  const message = `deletionGuard allows ${allowed} addresses to be refused from now on (${rule}), the plan makes it ${actual}${earlier}`;
  return [{ reason: "DeletionGuard", limit: "deletionGuard", allowed, actual, approvable: true, message }];
};

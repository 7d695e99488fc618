/** The difference between what is published and what should be. */
import { createHash } from "node:crypto";
import type { Account, Baseline, Change, ChangeCounts, ChangeKind, DomainNames, Plan } from "./model.ts";
import { acceptedAddresses } from "./render.ts";

export interface Wish {
  readonly accounts: readonly Account[];
  readonly names: DomainNames;
}

/**
 * Identity is the address: a renamed primary is a delete and an add, an alias that becomes an account is an alias delete
 * and an account add, and the aliases of a deleted account are alias deletes. Against bare addresses (baselineRef) an
 * address that was not accepted is an add of its kind, and one that would be refused (mirrored addresses, postmaster and
 * abuse counted as accepted) is an account delete. Where only numbers are left, everything is an add.
 */
export function diff(baseline: Baseline, wish: Wish): Plan {
  const changes =
    baseline.kind === "addresses"
      ? fromAddresses(baseline.addresses, wish)
      : fromAccounts(accountsOf(baseline), wish.accounts);
  return planOf(changes);
}

const accountsOf = (baseline: Baseline): readonly Account[] => (baseline.kind === "accounts" ? baseline.accounts : []);

interface Entry {
  readonly account: Account;
  readonly alias: boolean;
}

function entriesOf(accounts: readonly Account[]): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const account of accounts) {
    entries.set(account.address, { account, alias: false });
    for (const alias of account.aliases) entries.set(alias, { account, alias: true });
  }
  return entries;
}

const addOf = ({ alias }: Entry): ChangeKind => (alias ? "aliasAdd" : "accountAdd");
const deleteOf = ({ alias }: Entry): ChangeKind => (alias ? "aliasDelete" : "accountDelete");

function fromAccounts(before: readonly Account[], after: readonly Account[]): Change[] {
  const [old, next] = [entriesOf(before), entriesOf(after)];
  const changes: Change[] = [];
  for (const [address, entry] of old) {
    const now = next.get(address);
    if (now?.alias !== entry.alias) changes.push({ kind: deleteOf(entry), address, account: entry.account });
  }
  for (const [address, entry] of next) {
    const was = old.get(address);
    if (was?.alias !== entry.alias) changes.push({ kind: addOf(entry), address, account: entry.account });
  }
  return changes;
}

function fromAddresses(before: readonly string[], wish: Wish): Change[] {
  const accepted = acceptedAddresses(wish.accounts, wish.names);
  const old = new Set(before);
  const changes: Change[] = [...old]
    .filter((address) => !accepted.has(address))
    .map((address) => ({ kind: "accountDelete", address }));
  for (const [address, entry] of entriesOf(wish.accounts)) {
    if (!old.has(address)) changes.push({ kind: addOf(entry), address, account: entry.account });
  }
  return changes;
}

const ORDER: Readonly<Record<ChangeKind, number>> = { accountDelete: 0, aliasDelete: 1, accountAdd: 2, aliasAdd: 3 };

/** The plan that consists of these changes, in whatever order they come. */
export function planOf(changes: readonly Change[]): Plan {
  const isDelete = ({ kind }: Change): number => (ORDER[kind] < 2 ? 0 : 1);
  const sorted = [...changes].sort(
    (a, b) => isDelete(a) - isDelete(b) || compare(a.address, b.address) || ORDER[a.kind] - ORDER[b.kind],
  );
  return { changes: sorted, counts: countsOf(sorted), digest: digestOf(sorted) };
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

function countsOf(changes: readonly Change[]): ChangeCounts {
  const count = (kind: ChangeKind): number => changes.filter((change) => change.kind === kind).length;
  const counts = {
    accountAdds: count("accountAdd"),
    accountDeletes: count("accountDelete"),
    aliasAdds: count("aliasAdd"),
    aliasDeletes: count("aliasDelete"),
  };
  return { ...counts, total: changes.length };
}

function digestOf(changes: readonly Change[]): string {
  const hash = createHash("sha256");
  for (const { kind, address } of changes) hash.update(`${kind} ${address}\n`);
  return hash.digest("hex").slice(0, 20);
}

/** What of `plan` is not in `shown`. */
export function subtract(plan: Plan, shown: Plan): Plan {
  const seen = new Set(shown.changes.map(({ kind, address }) => `${kind} ${address}`));
  return planOf(plan.changes.filter(({ kind, address }) => !seen.has(`${kind} ${address}`)));
}

/** Every rendered address that would stop being accepted, sorted; one that only moves is not lost. Nothing where only numbers are left. */
export function lostAddresses(baseline: Baseline, wish: Wish): string[] {
  if (baseline.kind === "none" || baseline.kind === "numbers") return [];
  const before =
    baseline.kind === "addresses" ? baseline.addresses : [...acceptedAddresses(baseline.accounts, baseline.names)];
  const after = acceptedAddresses(wish.accounts, wish.names);
  return [...new Set(before)].filter((address) => !after.has(address)).sort();
}

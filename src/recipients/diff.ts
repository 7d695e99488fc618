/** The difference between what is published and what should be. */
import { createHash } from "node:crypto";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { acceptedParts } from "./accepted.ts";
import type { Baseline } from "./baseline.ts";
import { differingAccounts } from "./differing.ts";
import type { Change, ChangeCounts, ChangeKind, Changes, DomainNames, Plan } from "./model.ts";
import { type AddressSet, createAddressSet, NO_ADDRESSES } from "./packed/address-set.ts";
import { bucketOfAddress, bucketsFor, type Roster } from "./packed/roster.ts";
import { sortedBy } from "./packed/sort.ts";
import { collectChanges, sortKey } from "./roster-changes.ts";

export interface Wish {
  readonly accounts: Roster;
  readonly names: DomainNames;
}

/**
 * Identity is the address: a renamed primary is a delete and an add, an alias that becomes an account of another object is
 * an alias delete and an account add, and the aliases of a deleted account are alias deletes. Where an object keeps its
 * former primary among its addresses, that one goes on as its account and its new addresses are aliases: nothing is
 * deleted by a usual rename, nor by another election. Against bare addresses (baselineRef) an
 * address that was not accepted is an add of its kind, and one that would be refused (mirrored addresses, postmaster and
 * abuse counted as accepted) is an account delete. Where only numbers are left, everything is an add.
 */
export function* diff(baseline: Baseline, wish: Wish): Steps<Plan> {
  if (baseline.kind === "addresses") return yield* fromAddresses(baseline.addresses, wish);
  const before = baseline.kind === "accounts" ? baseline.accounts : undefined;
  if (before === undefined) return yield* planWith(yield* allNew(wish.accounts));
  if (before === wish.accounts) return yield* planOf([]);
  const { gone, come, areApart } = yield* differingAccounts(before, wish.accounts);
  // An account that is the same in both changes nothing, unless others have its addresses too.
  const [old, now] = areApart ? [gone, come] : [before, wish.accounts];
  return yield* planWith(yield* fromAccounts(old, now));
}

function* allNew(accounts: Roster): Steps<Changes> {
  const changes = collectChanges(undefined, accounts);
  for (let index = 0; index < accounts.length; index++) {
    const count = accounts.countOf(index);
    for (let place = 0; place < count; place++) {
      changes.add(index, place, place === 0);
      if (isPauseDue()) yield;
    }
  }
  return yield* changes.finish();
}

function* fromAccounts(before: Roster, after: Roster): Steps<Changes> {
  const changes = collectChanges(before, after);
  const count = bucketsFor(Math.max(before.addresses, after.addresses));
  const oldBuckets = yield* before.deal(count);
  const buckets = yield* after.deal(count);
  const accountPlaces = yield* accountPlacesOf(before, after, count);
  for (let bucket = 0; bucket < count; bucket++) {
    // What an address was, until the wish is found to keep it as that.
    const old = new Map<string, readonly [index: number, place: number]>();
    for (let slot = oldBuckets.start(bucket); slot < oldBuckets.start(bucket + 1); slot++) {
      const [index, place] = [oldBuckets.indexAt(slot), oldBuckets.placeAt(slot)];
      old.set(before.addressAt(index, place), [index, place]);
      if (isPauseDue()) yield;
    }
    for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
      const [index, place] = [buckets.indexAt(slot), buckets.placeAt(slot)];
      const address = after.addressAt(index, place);
      const was = old.get(address);
      const asAccount = place === (accountPlaces[index] ?? 0);
      if (was !== undefined && (was[1] === 0) === asAccount) old.delete(address);
      else changes.add(index, place, asAccount);
      if (isPauseDue()) yield;
    }
    for (const [index, place] of old.values()) {
      changes.delete(index, place);
      if (isPauseDue()) yield;
    }
  }
  return yield* changes.finish();
}

/** By account of `after`: where the address stands that goes on as its account, its former primary or else its primary. */
function* accountPlacesOf(before: Roster, after: Roster, count: number): Steps<Uint16Array> {
  const places = new Uint16Array(after.length);
  const oldBuckets = yield* before.deal(count);
  const buckets = yield* after.deal(count);
  for (let bucket = 0; bucket < count; bucket++) {
    const primaries = new Map<string, number>();
    for (let slot = oldBuckets.start(bucket); slot < oldBuckets.start(bucket + 1); slot++) {
      const index = oldBuckets.indexAt(slot);
      if (oldBuckets.placeAt(slot) === 0) primaries.set(before.addressAt(index, 0), index);
      if (isPauseDue()) yield;
    }
    for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
      const [index, place] = [buckets.indexAt(slot), buckets.placeAt(slot)];
      const was = place === 0 ? undefined : primaries.get(after.addressAt(index, place));
      if (was !== undefined && before.idOf(was) === after.idOf(index)) places[index] = place;
      if (isPauseDue()) yield;
    }
  }
  return places;
}

function* fromAddresses(before: readonly string[], wish: Wish): Steps<Plan> {
  const adds = collectChanges(undefined, wish.accounts);
  const deletes: Change[] = [];
  const count = bucketsFor(Math.max(before.length, wish.accounts.addresses));
  const old = yield* byBucket(before, count);
  const acceptedIn = yield* acceptedParts(wish.accounts, wish.names, count);
  const buckets = yield* wish.accounts.deal(count);
  for (let bucket = 0; bucket < count; bucket++) {
    const accepted = yield* acceptedIn(bucket);
    const here = new Set(old[bucket]);
    for (const address of here) {
      if (!accepted.has(address)) deletes.push({ kind: "accountDelete", address });
      if (isPauseDue()) yield;
    }
    for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
      const [index, place] = [buckets.indexAt(slot), buckets.placeAt(slot)];
      if (!here.has(wish.accounts.addressAt(index, place))) adds.add(index, place, place === 0);
      if (isPauseDue()) yield;
    }
  }
  return yield* planWith(joined(yield* sortedChanges(deletes), yield* adds.finish()));
}

function* byBucket(addresses: readonly string[], count: number): Steps<readonly string[][]> {
  const buckets = Array.from({ length: count }, (): string[] => []);
  for (const address of addresses) {
    buckets[bucketOfAddress(address, count)]?.push(address);
    if (isPauseDue()) yield;
  }
  return buckets;
}

const joined = (first: Changes, second: Changes): Changes => ({
  length: first.length + second.length,
  at: (index) => (index < first.length ? first.at(index) : second.at(index - first.length)),
  *[Symbol.iterator]() {
    yield* first;
    yield* second;
  },
});

function* sortedChanges(changes: readonly Change[]): Steps<Change[]> {
  const at = (item: number): Change => changes[item] as Change;
  const order = yield* sortedBy(changes.length, (item) => sortKey(at(item).kind, at(item).address));
  return Array.from(order, at);
}

/** The plan that consists of these changes, in whatever order they come. */
export function* planOf(changes: readonly Change[]): Steps<Plan> {
  return yield* planWith(yield* sortedChanges(changes));
}

/** Texts are hashed some at a time: a call each costs more than the hash. */
const HASHED_CHARACTERS = 16 * 1024;

/** Counts and names changes that are sorted. */
function* planWith(changes: Changes): Steps<Plan> {
  const counts: Record<ChangeKind, number> = { accountAdd: 0, accountDelete: 0, aliasAdd: 0, aliasDelete: 0 };
  const hash = createHash("sha256");
  let lines = "";
  for (const { kind, address } of changes) {
    counts[kind]++;
    lines += `${kind} ${address}\n`;
    if (lines.length < HASHED_CHARACTERS) continue;
    hash.update(lines);
    lines = "";
    if (isPauseDue()) yield;
  }
  hash.update(lines);
  return { changes, counts: countsOf(counts, changes.length), digest: hash.digest("hex").slice(0, 20) };
}

const countsOf = (counts: Readonly<Record<ChangeKind, number>>, total: number): ChangeCounts => ({
  accountAdds: counts.accountAdd,
  accountDeletes: counts.accountDelete,
  aliasAdds: counts.aliasAdd,
  aliasDeletes: counts.aliasDelete,
  total,
});

/** What of `plan` is not in `shown`, which a ConfigMap held. */
export function* subtract(plan: Plan, shown: Plan): Steps<Plan> {
  const seen = new Set<string>();
  for (const { kind, address } of shown.changes) {
    seen.add(`${kind} ${address}`);
    if (isPauseDue()) yield;
  }
  const left: Change[] = [];
  for (const change of plan.changes) {
    if (!seen.has(`${change.kind} ${change.address}`)) left.push(change);
    if (isPauseDue()) yield;
  }
  return yield* planOf(left);
}

const isSame = (before: Wish, after: Wish): boolean =>
  before.accounts === after.accounts && haveSameNames(before, after);
const haveSameNames = (before: Wish, after: Wish): boolean =>
  JSON.stringify(namesIn(before)) === JSON.stringify(namesIn(after));
const namesIn = ({ names: { domain, aliasDomains } }: Wish) => [domain, aliasDomains];

/** Every rendered address that would stop being accepted; one that only moves is not lost. Nothing where only numbers are left. */
export function* lostAddresses(baseline: Baseline, wish: Wish): Steps<AddressSet> {
  if (baseline.kind === "none" || baseline.kind === "numbers") return NO_ADDRESSES;
  if (baseline.kind === "accounts" && isSame(baseline, wish)) return NO_ADDRESSES;
  if (baseline.kind === "accounts" && haveSameNames(baseline, wish)) {
    const { gone, come, areApart } = yield* differingAccounts(baseline.accounts, wish.accounts);
    if (areApart) return yield* lostOf({ ...baseline, accounts: gone }, { ...wish, accounts: come });
  }
  return yield* lostOf(baseline, wish);
}

function* lostOf(baseline: Rendered, wish: Wish): Steps<AddressSet> {
  const size = baseline.kind === "addresses" ? baseline.addresses.length : baseline.accounts.addresses;
  const count = bucketsFor(Math.max(size, wish.accounts.addresses));
  const before = yield* acceptedOf(baseline, count);
  const after = yield* acceptedParts(wish.accounts, wish.names, count);
  const lost = createAddressSet();
  for (let part = 0; part < count; part++) {
    const accepted = yield* after(part);
    for (const address of yield* before(part)) {
      if (!accepted.has(address)) lost.add(address);
      if (isPauseDue()) yield;
    }
  }
  return lost;
}

/** A baseline of which the addresses are known. */
type Rendered = Extract<Baseline, { kind: "accounts" | "addresses" }>;

/** What a baseline accepts, part by part. */
function* acceptedOf(baseline: Rendered, count: number): Steps<(part: number) => Steps<Iterable<string>>> {
  if (baseline.kind === "accounts") {
    const parts = yield* acceptedParts(baseline.accounts, baseline.names, count);
    return function* (part) {
      return (yield* parts(part)).keys();
    };
  }
  const parts = yield* byBucket(baseline.addresses, count);
  return function* (part) {
    if (isPauseDue()) yield;
    return parts[part] ?? [];
  };
}

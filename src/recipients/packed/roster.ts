/** A list of accounts, sorted by address, packed: decoded one at a time, so that a large one costs little memory. */

import { isPauseDue, type Steps } from "../../base/steps.ts";
import type { Account, AccountType } from "../model.ts";
import { type Buckets, dealOut, localOf } from "./buckets.ts";
import { hashText } from "./hash-text.ts";
import {
  compareAddresses,
  createRecords,
  LONGEST_ID,
  MOST_RECORD_BYTES,
  type PackedBytes,
  type Records,
} from "./records.ts";
import { sortedAddresses } from "./sort.ts";

export interface Roster extends Iterable<Account>, PackedBytes {
  readonly length: number;
  /** Of all accounts: primary ones and aliases. */
  readonly addresses: number;
  get(index: number): Account;
  typeOf(index: number): AccountType;
  idOf(index: number): string;
  /** Of an account: its primary address and its aliases. */
  countOf(index: number): number;
  /** Place 0 is the primary address, the aliases follow. */
  addressAt(index: number, place: number): string;
  /** All addresses by `bucketOf` their local part; the same again when it is asked for again. */
  deal(count: number): Steps<Buckets>;
}

export interface RosterBuilder {
  /** It holds as much as any list may have: what comes besides is no list that this operator has written. */
  readonly isFull: boolean;
  /** An account with the id of an earlier one takes its place. Throws RangeError for what is no address. */
  put(account: Account): void;
  drop(id: string): void;
  /** It can finish once. */
  finish(): Steps<Roster>;
}

export const ACCOUNT_TYPES: readonly AccountType[] = ["mailbox", "distributionList", "contact", "static"];

/** Into how many buckets this many addresses are dealt, so that each takes little memory while it is looked at. */
export function bucketsFor(addresses: number): number {
  let count = 1;
  while (count < MOST_BUCKETS && addresses / count > BUCKET_ADDRESSES) count *= 2;
  return count;
}

const MOST_BUCKETS = 4096;
const BUCKET_ADDRESSES = 2048;

/** 0 … count - 1; equal for all addresses with one local part. */
export const bucketOf = (local: string, count: number): number => hashText(local) % count;
export const bucketOfAddress = (address: string, count: number): number => bucketOf(localOf(address), count);

export function createRosterBuilder(): RosterBuilder {
  const records = createRecords();
  return {
    get isFull() {
      return records.bytes() > MOST_RECORD_BYTES;
    },
    put({ id, address, type, aliases }) {
      const addresses = [address, ...aliases];
      if (!addresses.every(isCarried) || addresses.length > 0xffff || Buffer.byteLength(id) > LONGEST_ID)
        throw new RangeError("an account has an address that is none");
      records.put({ id, kind: ACCOUNT_TYPES.indexOf(type), addresses, marks: [] });
    },
    drop(id) {
      const index = records.find(id);
      if (index !== undefined) records.remove(index);
    },
    finish: () => rosterFrom(records),
  };
}

/** Whether a roster can hold an address. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII
export const isCarried = (address: string): boolean => address.length < 256 && /^[\u0000-\u007f]*$/.test(address);

/** The records are accounts: kinds are places in ACCOUNT_TYPES, the first address is the primary. */
export function* rosterFrom(records: Records): Steps<Roster> {
  records.seal();
  const standing = new Uint32Array(records.length);
  let length = 0;
  let total = 0;
  for (let index = 0; index < records.length; index++) {
    if (!records.has(index)) continue;
    standing[length++] = index;
    total += records.countOf(index);
    if (isPauseDue()) yield;
  }
  const order = yield* sortedByPrimary(records, standing.subarray(0, length));
  const at = (index: number): number => order[index] ?? 0;
  return withDealing({
    length,
    addresses: total,
    get(index) {
      const { id, kind, addresses } = records.get(at(index));
      const [address = "", ...aliases] = addresses;
      return { id, address, type: ACCOUNT_TYPES[kind] ?? "static", aliases };
    },
    typeOf: (index) => ACCOUNT_TYPES[records.kindOf(at(index))] ?? "static",
    idOf: (index) => records.idOf(at(index)),
    countOf: (index) => records.countOf(at(index)),
    addressAt: (index, place) => records.addressOf(at(index), place),
    bufferOf: (index) => records.bufferOf(at(index)),
    startOf: (index) => records.startOf(at(index)),
    placeOf: (index, place) => records.placeOf(at(index), place),
    endOf: (index) => records.endOf(at(index)),
    hashOfLocal: (index, place) => records.hashOfLocal(at(index), place),
  });
}

/** What a roster tells of single accounts. */
export type Listing = Omit<Roster, "deal" | typeof Symbol.iterator>;

export function withDealing(listing: Listing): Roster {
  const { length, countOf, hashOfLocal } = listing;
  let dealt: { readonly count: number; readonly buckets: Buckets } | undefined;
  return {
    ...listing,
    *deal(count) {
      if (dealt?.count !== count) {
        const bucketAt = (index: number, place: number): number => hashOfLocal(index, place) % count;
        dealt = { count, buckets: yield* dealOut({ length, countOf, bucketAt }, count) };
      }
      return dealt.buckets;
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield listing.get(index);
    },
  };
}

/** Below zero where the account of `a` stands first. */
export const comparePrimaries = (a: PackedBytes, index: number, b: PackedBytes, other: number): number =>
  compareAddresses(a.bufferOf(index), a.placeOf(index, 0), b.bufferOf(other), b.placeOf(other, 0));

/** Whether two rosters show the very same memory there, as one does that shares what stands with another. */
export const isOneRecord = (a: PackedBytes, index: number, b: PackedBytes, other: number): boolean =>
  a.startOf(index) === b.startOf(other) && a.bufferOf(index) === b.bufferOf(other);

/** Whether two accounts are the same in everything. */
export function isSameAccount(a: PackedBytes, index: number, b: PackedBytes, other: number): boolean {
  if (isOneRecord(a, index, b, other)) return true;
  const first = a.bufferOf(index);
  const second = b.bufferOf(other);
  const from = a.startOf(index);
  const to = b.startOf(other);
  const length = a.endOf(index) - from;
  if (length !== b.endOf(other) - to) return false;
  // Most differ early or not at all.
  for (let at = 0; at < length; at++) if (first[from + at] !== second[to + at]) return false;
  return true;
}

function* sortedByPrimary(records: Records, standing: Uint32Array): Steps<Uint32Array> {
  const at = (item: number): number => standing[item] ?? 0;
  const order = yield* sortedAddresses(standing.length, {
    bufferOf: (item) => records.bufferOf(at(item)),
    placeOf: (item) => records.placeOf(at(item), 0),
  });
  for (let index = 0; index < order.length; index++) order[index] = standing[order[index] ?? 0] ?? 0;
  return order;
}

/** Packs accounts that stand in memory already. */
export function* rosterOf(accounts: Iterable<Account>): Steps<Roster> {
  const builder = createRosterBuilder();
  yield* putAll(builder, accounts);
  return yield* builder.finish();
}

export function* putAll(builder: RosterBuilder, accounts: Iterable<Account>): Steps<void> {
  for (const account of accounts) {
    builder.put(account);
    if (isPauseDue()) yield;
  }
}

/** A list of accounts, sorted by address, packed: decoded one at a time, so that a large one costs little memory. */

import { isPauseDue, type Steps } from "../../base/steps.ts";
import type { Account, AccountType } from "../model.ts";
import { type Buckets, dealOut, localOf } from "./buckets.ts";
import { createRecords, hashText, LONGEST_ID, type Records } from "./records.ts";
import { sortedBy } from "./sort.ts";

export interface Roster extends Iterable<Account> {
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
  const sorted = yield* sortedBy(length, (item) => records.addressOf(standing[item] ?? 0, 0));
  const order = sorted.map((item) => standing[item] ?? 0);
  const at = (index: number): number => order[index] ?? 0;
  const countOf = (index: number): number => records.countOf(at(index));
  const addressAt = (index: number, place: number): string => records.addressOf(at(index), place);
  const typeOf = (index: number): AccountType => ACCOUNT_TYPES[records.kindOf(at(index))] ?? "static";
  const idOf = (index: number): string => records.idOf(at(index));
  const get = (index: number): Account => {
    const { id, kind, addresses } = records.get(at(index));
    const [address = "", ...aliases] = addresses;
    return { id, address, type: ACCOUNT_TYPES[kind] ?? "static", aliases };
  };
  let dealt: { readonly count: number; readonly buckets: Buckets } | undefined;
  return {
    length,
    addresses: total,
    get,
    typeOf,
    idOf,
    countOf,
    addressAt,
    *deal(count) {
      if (dealt?.count !== count) {
        const buckets = yield* dealOut({ length, countOf, addressAt }, count, (local) => bucketOf(local, count));
        dealt = { count, buckets };
      }
      return dealt.buckets;
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield get(index);
    },
  };
}

/** Packs accounts that stand in memory already. */
export function* rosterOf(accounts: Iterable<Account>): Steps<Roster> {
  const builder = createRosterBuilder();
  for (const account of accounts) {
    builder.put(account);
    if (isPauseDue()) yield;
  }
  return yield* builder.finish();
}

/** What a gateway accepts: the addresses of the accounts, those that Mirror domains repeat, postmaster and abuse. */

import { isPauseDue, type Steps } from "../base/steps.ts";
import type { DomainNames } from "./model.ts";
import type { Buckets } from "./packed/buckets.ts";
import { bucketOf, bucketsFor, type Roster } from "./packed/roster.ts";

/** RFC 5321 section 4.5.1 and RFC 2142: these must be accepted at every domain. */
const REQUIRED = ["abuse", "postmaster"];

/** Addresses between two looks at the clock. */
const STRIDE = 16;

/** An address, and the address of its account. */
export type Recipients = Map<string, string>;

/**
 * Adds what is accepted of the local parts in one bucket. Addresses with one local part are always in one bucket, so
 * that what is accepted of it can be told from that bucket alone, whatever stands in `owners` of others. `isHere`: whether a local part belongs there.
 */
export function* addRecipients(
  owners: Recipients,
  { accounts, names }: { readonly accounts: Roster; readonly names: DomainNames },
  { buckets, bucket, isHere }: { readonly buckets: Buckets; readonly bucket: number; isHere(local: string): boolean },
): Steps<void> {
  for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
    const [index, place] = [buckets.indexAt(slot), buckets.placeAt(slot)];
    const address = accounts.addressAt(index, place);
    owners.set(address, place === 0 ? address : accounts.addressAt(index, 0));
    if (slot % STRIDE === 0 && isPauseDue()) yield;
  }
  yield* addMirrored(owners, { accounts, names }, { buckets, bucket });
  const required = REQUIRED.filter(isHere);
  for (const domain of required.length === 0 ? [] : [names.domain, ...names.aliasDomains.map(({ name }) => name)]) {
    for (const local of required) {
      const address = `${local}@${domain}`;
      if (!owners.has(address)) owners.set(address, address);
    }
  }
}

/** What the tenant really has at a mirrored address, and stands there by now, goes before the copy. */
function* addMirrored(
  owners: Recipients,
  { accounts, names }: { readonly accounts: Roster; readonly names: DomainNames },
  { buckets, bucket }: { readonly buckets: Buckets; readonly bucket: number },
): Steps<void> {
  const mirrors = names.aliasDomains.filter((alias) => alias.recipients === "Mirror").map(({ name }) => name);
  if (mirrors.length === 0) return;
  const own = `@${names.domain}`;
  for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
    const address = accounts.addressAt(buckets.indexAt(slot), buckets.placeAt(slot));
    const owner = owners.get(address);
    if (isPauseDue()) yield;
    if (owner === undefined || !address.endsWith(own)) continue;
    const local = address.slice(0, -own.length);
    for (const mirror of mirrors) if (!owners.has(`${local}@${mirror}`)) owners.set(`${local}@${mirror}`, owner);
  }
}

/** What is accepted, part by part: in part i what has a local part of bucket i. */
export function* acceptedParts(
  accounts: Roster,
  names: DomainNames,
  count: number,
): Steps<(part: number) => Steps<Recipients>> {
  const buckets = yield* accounts.deal(count);
  return function* (bucket) {
    const owners: Recipients = new Map();
    const isHere = (local: string): boolean => bucketOf(local, count) === bucket;
    yield* addRecipients(owners, { accounts, names }, { buckets, bucket, isHere });
    return owners;
  };
}

/** How many addresses a gateway accepts. */
export function* countAccepted(accounts: Roster, names: DomainNames): Steps<number> {
  const parts = bucketsFor(accounts.addresses);
  const accepted = yield* acceptedParts(accounts, names, parts);
  let count = 0;
  for (let part = 0; part < parts; part++) {
    count += (yield* accepted(part)).size;
  }
  return count;
}

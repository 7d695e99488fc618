/** The tables that gateways read, as a pure function of accounts and names. */

import { isPauseDue, type Steps } from "../../base/steps.ts";
import { addRecipients, type Recipients } from "../accepted.ts";
import type { DomainNames } from "../model.ts";
import type { Buckets } from "../packed/buckets.ts";
import type { Roster } from "../packed/roster.ts";
import { sortedBy } from "../packed/sort.ts";
import { parseAddress } from "../smtp-address.ts";
import { FORMATS, type Format, type OutputOptions } from "./formats/formats.ts";
import type { Entry, TableFormat } from "./formats/table-format.ts";
import { OWNER_OF_FILLER } from "./formats/text-lines.ts";
import { dealShards, MOST_SHARDS, shardOf, slotOf } from "./shards.ts";

/** What is to be rendered: a roster, and where its addresses stand. Made once, for any number of shards and formats. */
export interface Tables {
  readonly accounts: Roster;
  readonly names: DomainNames;
  readonly shards: Buckets;
}

export interface ShardSize {
  /** Addresses that stand in it. */
  readonly addresses: number;
  /** Of all its keys and values as they stand in the ConfigMap. */
  readonly bytes: number;
  /** Addresses that a format cannot carry. */
  readonly leftOut: Readonly<Partial<Record<Format, number>>>;
}

export interface RenderedShard extends Pick<ShardSize, "addresses" | "bytes"> {
  readonly index: number;
  readonly data: Readonly<Record<string, string>>;
  /** Values are base64. */
  readonly binaryData: Readonly<Record<string, string>>;
}

/**
 * Stands in a table that would be empty otherwise: an empty file makes some gateways refuse all mail. Nothing can be
 * delivered below `.invalid` (RFC 2606), and no domain of it is ever routed.
 */
const filler = (index: number): string => `nobody@empty-shard-${index}.invalid`;
export const isFiller = (address: string): boolean => /^nobody@empty-shard-\d+\.invalid$/.test(address);

export function* prepareTables(accounts: Roster, names: DomainNames): Steps<Tables> {
  return { accounts, names, shards: yield* dealShards(accounts) };
}

/** At least as many addresses as any shard of so many has. */
export function mostOfShard({ names, shards: dealt }: Tables, shards: number): number {
  const sums = new Float64Array(shards);
  for (let part = 0; part < MOST_SHARDS; part++)
    sums[part % shards] = (sums[part % shards] ?? 0) + dealt.start(part + 1) - dealt.start(part);
  const mirrors = names.aliasDomains.filter(({ recipients }) => recipients === "Mirror").length;
  return Math.max(...sums) * (1 + mirrors);
}

/** Every address of the given part of 128, with the address of its account. */
function* addPart(owners: Recipients, { accounts, names, shards }: Tables, part: number): Steps<void> {
  const isHere = (local: string): boolean => slotOf(local) === part;
  yield* addRecipients(owners, { accounts, names }, { buckets: shards, bucket: part, isHere });
}

/**
 * The size of each shard, without rendering it; none when there are no formats. The same numbers as of `renderShard`.
 * `isWanted`: the numbers of other shards say nothing.
 */
export function* measureShards(
  tables: Tables,
  { formats, shards }: OutputOptions,
  isWanted: (index: number) => boolean = () => true,
): Steps<ShardSize[]> {
  if (formats.length === 0) return [];
  const sums = Array.from({ length: shards }, () => createSum(formats));
  for (let part = 0; part < MOST_SHARDS; part++) {
    const sum = sums[part % shards];
    if (sum === undefined || !isWanted(part % shards)) continue;
    const owners: Recipients = new Map();
    yield* addPart(owners, tables, part);
    for (const entry of owners) {
      if (isPauseDue()) yield;
      sum.add(...entry);
    }
  }
  return sums.map((sum, index) => sum.total(index));
}

/** Sums up the tables of one shard. */
function createSum(formats: readonly Format[]) {
  let addresses = 0;
  const leftOut: Partial<Record<Format, number>> = {};
  const sizes = [...formats].sort().map((format) => ({ format, size: FORMATS[format].createSize() }));
  return {
    add(address: string, owner: string): void {
      addresses++;
      for (const { format, size } of sizes) {
        if (!size.add(address, owner)) leftOut[format] = (leftOut[format] ?? 0) + 1;
      }
    },
    total(index: number): ShardSize {
      const bytes = sizes.reduce(
        (sum, { format, size }) => sum + FORMATS[format].key.length + size.bytes(filler(index)),
        0,
      );
      return { addresses, bytes, leftOut };
    },
  };
}

/** Byte-stable: the order of accounts, aliases and formats does not matter. */
export function* renderShard(tables: Tables, { formats, shards }: OutputOptions, index: number): Steps<RenderedShard> {
  const owners: Recipients = new Map();
  for (let part = index; part < MOST_SHARDS; part += shards) {
    yield* addPart(owners, tables, part);
  }
  const unsorted = [...owners];
  const order = yield* sortedBy(unsorted.length, (item) => unsorted[item]?.[0] ?? "");
  const entries = Array.from(order, (item) => unsorted[item] as Entry);
  const values = { data: {} as Record<string, string>, binaryData: {} as Record<string, string> };
  for (const format of [...formats].sort()) {
    const { key, field, render } = FORMATS[format];
    values[field][key] = yield* render(entries, filler(index));
  }
  const bytes = bytesOf(values.data) + bytesOf(values.binaryData);
  return { index, addresses: entries.length, bytes, ...values };
}

/** Tables are ASCII: a character is a byte. */
const bytesOf = (values: Readonly<Record<string, string>>): number =>
  Object.entries(values).reduce((sum, [key, value]) => sum + key.length + value.length, 0);

/** Stands alone in a table that would be empty. */
export const fillerLine = (format: Format, index: number): string =>
  FORMATS[format].line(filler(index), OWNER_OF_FILLER) ?? "";

/**
 * The addresses that the tables of one ConfigMap accept, whatever their formats; fillers left out. Anybody may have
 * written it: what is no address, and what is no table, is passed over.
 */
export function* parseTables({
  data = {},
  binaryData = {},
}: {
  readonly data?: Readonly<Record<string, string>> | undefined;
  readonly binaryData?: Readonly<Record<string, string>> | undefined;
}): Steps<Set<string>> {
  const addresses = new Set<string>();
  const add = (word: string): void => {
    const parsed = parseAddress(word);
    if (!("dropped" in parsed) && !parsed.domain.endsWith(".invalid")) addresses.add(parsed.address);
  };
  const values = { data, binaryData };
  for (const { key, field, lenientLines, addressesOf } of Object.values(FORMATS)) {
    for (const line of lenientLines(values[field][key] ?? "")) {
      for (const word of addressesOf(line)) add(word);
      if (isPauseDue()) yield;
    }
  }
  return addresses;
}

/** Throws Error when a shard's tables would break a gateway: a last look before anything is written. Names no address. */
export function* checkShard({ index, data, binaryData }: RenderedShard, shards: number): Steps<void> {
  const values = { data, binaryData };
  for (const format of Object.values(FORMATS)) {
    const value = values[format.field][format.key];
    if (value !== undefined) yield* checkTable(format, value, { index, shards });
  }
}

function* checkTable(
  { key, words, hasComments, parse }: TableFormat,
  value: string,
  { index, shards }: { readonly index: number; readonly shards: number },
): Steps<void> {
  const broken = (what: string): Error => new Error(`${key} of shard ${index} ${what}`);
  const table = parse(value);
  if ("broken" in table) throw broken(table.broken);
  let before = "";
  for (const line of table.lines) {
    const [address = "", ...rest] = line.split(" ");
    const malformed = address === "" || rest.length !== words - 1 || rest.includes("");
    const comment = hasComments && line.startsWith("#");
    if (malformed || comment || address !== address.toLowerCase()) throw broken("has a bad line");
    if (before >= address) throw broken("is not sorted, or holds an address twice");
    // Then no other shard holds it too.
    if (shardOf(address, shards) !== index && address !== filler(index))
      throw broken("holds an address of another shard");
    before = address;
    if (isPauseDue()) yield;
  }
}

/** What one ConfigMap may hold, binaryData counted in base64: the API server's 1 MiB less room for metadata. */
export const LARGEST_BYTES = 900 * 1024;
const CROWDED = 0.7;
export const SHARDS = [1, 2, 4, 8, 16, 32, 64, 128];

export interface Capacity {
  readonly ok: boolean;
  /** Fuller than 70 %. */
  readonly warn: boolean;
  readonly biggestBytes: number;
  /** How many shards would do, more than now when `warn`; undefined when even 128 would not. */
  readonly suggestedShards: number | undefined;
}

export function capacityOf(tables: readonly Pick<ShardSize, "bytes">[]): Capacity {
  const biggestBytes = Math.max(0, ...tables.map(({ bytes }) => bytes));
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const warn = biggestBytes > CROWDED * LARGEST_BYTES;
  // Shards fill unevenly; half full leaves room to grow.
  const roomy = SHARDS.find((shards) => shards > tables.length && total / shards <= LARGEST_BYTES / 2);
  return {
    ok: biggestBytes <= LARGEST_BYTES,
    warn,
    biggestBytes,
    suggestedShards: warn ? roomy : Math.max(1, tables.length),
  };
}

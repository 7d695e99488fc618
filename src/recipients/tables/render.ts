/** The tables that gateways read, as a pure function of accounts and names. */

import { isPauseDue, type Steps } from "../../base/steps.ts";
import { addRecipients, type Recipients } from "../accepted.ts";
import { parseAddress } from "../addresses.ts";
import type { DomainNames, Format, OutputOptions } from "../model.ts";
import type { Buckets } from "../packed/buckets.ts";
import type { Roster } from "../packed/roster.ts";
import { sortedBy } from "../packed/sort.ts";
import { cdbBytes, cdbEntries, writeCdb } from "./cdb.ts";
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

/** The key of each format in its ConfigMap. */
export const TABLE_KEYS: Readonly<Record<Format, string>> = {
  postfix: "relay_recipients",
  cdb: "relay_recipients.cdb",
  addresses: "recipients.map",
  aliases: "virtual_aliases",
};

/**
 * Stands in a table that would be empty otherwise: an empty file makes some gateways refuse all mail. Nothing can be
 * delivered below `.invalid` (RFC 2606), and no domain of it is ever routed.
 */
const filler = (index: number): string => `nobody@empty-shard-${index}.invalid`;
export const isFiller = (address: string): boolean => /^nobody@empty-shard-\d+\.invalid$/.test(address);

export function* prepareTables(accounts: Roster, names: DomainNames): Steps<Tables> {
  return { accounts, names, shards: yield* dealShards(accounts) };
}

/** Every address of the given part of 128, with the address of its account. */
function* addPart(owners: Recipients, { accounts, names, shards }: Tables, part: number): Steps<void> {
  const isHere = (local: string): boolean => slotOf(local) === part;
  yield* addRecipients(owners, { accounts, names }, { buckets: shards, bucket: part, isHere });
}

/** The size of each shard, without rendering it; none when there are no formats. The same numbers as of `renderShard`. */
export function* measureShards(tables: Tables, { formats, shards }: OutputOptions): Steps<ShardSize[]> {
  if (formats.length === 0) return [];
  const sums = Array.from({ length: shards }, () => ({ addresses: 0, characters: 0, text: textSums(formats) }));
  for (let part = 0; part < MOST_SHARDS; part++) {
    const sum = sums[part % shards];
    if (sum === undefined) continue;
    const owners: Recipients = new Map();
    yield* addPart(owners, tables, part);
    for (const entry of owners) {
      if (isPauseDue()) yield;
      sum.addresses++;
      sum.characters += entry[0].length;
      for (const [format, { add }] of sum.text) add(LINES[format](...entry));
    }
  }
  return sums.map(({ addresses, characters, text }, index) => {
    let bytes = 0;
    const leftOut: Partial<Record<Format, number>> = {};
    for (const [format, { total, missing }] of text) {
      bytes += TABLE_KEYS[format].length + total(fillerLine(format, index));
      if (missing() > 0) leftOut[format] = missing();
    }
    if (formats.includes("cdb")) {
      const size =
        addresses === 0 ? cdbBytes(1, filler(index).length + 2) : cdbBytes(addresses, characters + addresses * 2);
      bytes += TABLE_KEYS.cdb.length + Math.ceil(size / 3) * 4;
    }
    return { addresses, bytes, leftOut };
  });
}

/** Sums up what a table in text is long: a line and its end each. */
function textSums(formats: readonly Format[]) {
  return formats
    .filter((format): format is TextFormat => format !== "cdb")
    .sort()
    .map((format) => {
      let [sum, left] = [0, 0];
      const add = (line: string | undefined): void => {
        if (line === undefined) left++;
        else if (line !== "") sum += line.length + 1;
      };
      const total = (ifEmpty: string): number => (sum === 0 ? ifEmpty.length + 1 : sum);
      return [format, { add, total, missing: () => left }] as const;
    });
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
  const data: Record<string, string> = {};
  const binaryData: Record<string, string> = {};
  for (const format of [...formats].sort()) {
    if (format === "cdb") binaryData[TABLE_KEYS.cdb] = yield* renderCdb(entries, index);
    else data[TABLE_KEYS[format]] = yield* renderText(format, entries, index);
  }
  return { index, addresses: entries.length, bytes: bytesOf(data) + bytesOf(binaryData), data, binaryData };
}

/** Tables are ASCII: a character is a byte. */
const bytesOf = (values: Readonly<Record<string, string>>): number =>
  Object.entries(values).reduce((sum, [key, value]) => sum + key.length + value.length, 0);

type Entry = readonly [address: string, owner: string];
export type TextFormat = Exclude<Format, "cdb">;

/** The line of an address: "" where the table needs none for it, undefined where the format cannot carry it. */
const LINES: Readonly<Record<TextFormat, (...entry: Entry) => string | undefined>> = {
  // Postfix and Exim skip a line that begins with #; anywhere else it is a character like any other.
  postfix: (address) => (address.startsWith("#") ? undefined : `${address} OK`),
  // Rspamd's maps end a key at # wherever it stands, and read one that begins with / up to the next /, over the lines between.
  addresses: (address) => (address.includes("#") || address.startsWith("/") ? undefined : address),
  aliases(address, owner) {
    if (address === owner) return "";
    return address.startsWith("#") || !isPlain(owner) ? undefined : `${address} ${owner}`;
  },
};

/** The line of an address as a table has it; undefined where the table has none. */
export const lineOf = (format: TextFormat, ...entry: Entry): string | undefined => LINES[format](...entry) || undefined;

/** Whether a format has room for an address of an account. */
export const isCarriedBy = (format: Format, address: string, owner: string): boolean =>
  format === "cdb" || LINES[format](address, owner) !== undefined;

/** virtual(5) parses the right-hand side as a list of RFC 5322 addresses: in a local part their specials would split it. */
const isPlain = (address: string): boolean => !/[()<>[\]:;,\\@]/.test(address.slice(0, address.lastIndexOf("@")));

/** Stands alone in a table that would be empty. */
export const fillerLine = (format: TextFormat, index: number): string =>
  LINES[format](filler(index), "nobody@invalid") ?? "";

function* renderText(format: TextFormat, entries: readonly Entry[], index: number): Steps<string> {
  const lines: string[] = [];
  for (const entry of entries) {
    const line = LINES[format](...entry);
    if (line !== undefined && line !== "") lines.push(line);
    if (isPauseDue()) yield;
  }
  if (lines.length === 0) lines.push(fillerLine(format, index));
  return `${lines.join("\n")}\n`;
}

function* renderCdb(entries: readonly Entry[], index: number): Steps<string> {
  const keys = entries.length === 0 ? [filler(index)] : entries.map(([address]) => address);
  const database = yield* writeCdb(keys.map((key) => [key, "OK"] as const));
  return database.toString("base64");
}

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
  for (const format of ["postfix", "addresses", "aliases"] as const) {
    for (const line of (data[TABLE_KEYS[format]] ?? "").split("\n")) {
      const [address = "", owner = ""] = line.split(" ");
      add(address);
      // Who owns an alias is accepted too, and stands nowhere else where this is the only table.
      if (format === "aliases") add(owner);
      if (isPauseDue()) yield;
    }
  }
  const database = parseCdb(binaryData[TABLE_KEYS.cdb] ?? "");
  for (const line of "lines" in database ? database.lines : []) {
    add(line.split(" ")[0] ?? "");
    if (isPauseDue()) yield;
  }
  return addresses;
}

/** Throws Error when a shard's tables would break a gateway: a last look before anything is written. Names no address. */
export function* checkShard({ index, data, binaryData }: RenderedShard, shards: number): Steps<void> {
  for (const [key, text] of Object.entries(data)) yield* checkTable(key, parseText(text), { index, shards });
  for (const [key, value] of Object.entries(binaryData)) yield* checkTable(key, parseCdb(value), { index, shards });
}

/** What a table holds, or what is wrong with its form. */
type Parsed = { readonly broken: string } | { readonly lines: readonly string[] };

function parseText(text: string): Parsed {
  if (!text.endsWith("\n")) return { broken: text === "" ? "is empty" : "does not end with a newline" };
  return { lines: text.slice(0, -1).split("\n") };
}

function parseCdb(base64: string): Parsed {
  try {
    const entries = cdbEntries(Buffer.from(base64, "base64"));
    return entries.length === 0 ? { broken: "is empty" } : { lines: entries.map((entry) => entry.join(" ")) };
  } catch {
    return { broken: "is no constant database" };
  }
}

function* checkTable(
  key: string,
  table: Parsed,
  { index, shards }: { readonly index: number; readonly shards: number },
): Steps<void> {
  const broken = (what: string): Error => new Error(`${key} of shard ${index} ${what}`);
  if ("broken" in table) throw broken(table.broken);
  const words = key === TABLE_KEYS.addresses ? 1 : 2;
  const isText = key !== TABLE_KEYS.cdb;
  let before = "";
  for (const line of table.lines) {
    const [address = "", ...rest] = line.split(" ");
    const malformed = address === "" || rest.length !== words - 1 || rest.includes("");
    const comment = isText && line.startsWith("#");
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
const SHARDS = [1, 2, 4, 8, 16, 32, 64, 128];

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

/** The tables that gateways read, as a pure function of accounts and names. */
import { writeCdb } from "./cdb.ts";
import type { Account, DomainNames, Format, OutputOptions } from "./model.ts";
import { shardOf } from "./shards.ts";

export interface RenderedShard {
  readonly index: number;
  /** Addresses that stand in it. */
  readonly addresses: number;
  /** Of all its keys and values, decoded. */
  readonly bytes: number;
  readonly data: Readonly<Record<string, string>>;
  /** Values are base64. */
  readonly binaryData: Readonly<Record<string, string>>;
}

export interface Rendered {
  /** One a shard; none when there are no formats. */
  readonly tables: readonly RenderedShard[];
  /** Addresses that a format cannot carry. */
  readonly leftOut: Readonly<Partial<Record<Format, number>>>;
  /** What a gateway accepts, over all shards. */
  readonly addresses: number;
}

/** The key of each format in its ConfigMap. */
export const TABLE_KEYS: Readonly<Record<Format, string>> = {
  postfix: "relay_recipients",
  cdb: "relay_recipients.cdb",
  addresses: "recipients.map",
  aliases: "virtual_aliases",
};

/** RFC 5321 section 4.5.1 and RFC 2142: these must be accepted at every domain. */
const REQUIRED = ["abuse", "postmaster"];

/**
 * Stands in a table that would be empty otherwise: an empty file makes some gateways refuse all mail. Nothing can be
 * delivered below `.invalid` (RFC 2606), and no domain of it is ever routed.
 */
const filler = (index: number): string => `nobody@empty-shard-${index}.invalid`;

/** Every address that a gateway accepts, with the address of its account; sorted by address. */
function recipients(accounts: readonly Account[], names: DomainNames): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { address, aliases } of accounts) {
    owners.set(address, address);
    for (const alias of aliases) owners.set(alias, address);
  }
  const mirrors = names.aliasDomains.filter((alias) => alias.recipients === "Mirror").map(({ name }) => name);
  const own = `@${names.domain}`;
  for (const [address, owner] of mirrors.length === 0 ? [] : [...owners]) {
    if (!address.endsWith(own)) continue;
    const local = address.slice(0, -own.length);
    // What the tenant really has at a mirrored address goes before the copy.
    for (const mirror of mirrors) if (!owners.has(`${local}@${mirror}`)) owners.set(`${local}@${mirror}`, owner);
  }
  for (const domain of [names.domain, ...names.aliasDomains.map(({ name }) => name)]) {
    for (const local of REQUIRED) if (!owners.has(`${local}@${domain}`)) owners.set(`${local}@${domain}`, `${local}@${domain}`);
  }
  return new Map([...owners].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Mirrored addresses, postmaster and abuse included. */
export function acceptedAddresses(accounts: readonly Account[], names: DomainNames): Set<string> {
  return new Set(recipients(accounts, names).keys());
}

/** Byte-stable: the order of accounts, aliases and formats does not matter. */
export function render(accounts: readonly Account[], names: DomainNames, { formats, shards }: OutputOptions): Rendered {
  const all = recipients(accounts, names);
  if (formats.length === 0) return { tables: [], leftOut: {}, addresses: all.size };
  const parts = Array.from({ length: shards }, (): [string, string][] => []);
  for (const entry of all) parts[shardOf(entry[0], shards)]?.push(entry);
  const leftOut: Partial<Record<Format, number>> = {};
  const tables = parts.map((entries, index): RenderedShard => {
    const data: Record<string, string> = {};
    const binaryData: Record<string, string> = {};
    for (const format of [...formats].sort()) {
      const carried = entries.filter(([address, owner]) => canCarry(format, address, owner));
      const missing = entries.length - carried.length;
      if (missing > 0) leftOut[format] = (leftOut[format] ?? 0) + missing;
      if (format === "cdb") binaryData[TABLE_KEYS.cdb] = renderCdb(carried, index);
      else data[TABLE_KEYS[format]] = renderText(format, carried, index);
    }
    return { index, addresses: entries.length, bytes: bytesOf(data, "utf8") + bytesOf(binaryData, "base64"), data, binaryData };
  });
  return { tables, leftOut, addresses: all.size };
}

/** As the API server counts them against its limit: decoded. */
const bytesOf = (values: Readonly<Record<string, string>>, encoding: "utf8" | "base64"): number =>
  Object.entries(values).reduce((sum, [key, value]) => sum + key.length + Buffer.byteLength(value, encoding), 0);

/** A line that begins with `#` is a comment in every text format, and a `#` behind a blank is none: only keys matter. */
function canCarry(format: Format, address: string, owner: string): boolean {
  if (format === "cdb") return true;
  // virtual(5) reads the right-hand side as a list of addresses: a comma would split it.
  return !address.startsWith("#") && !(format === "aliases" && owner.includes(","));
}

type Entries = readonly (readonly [address: string, owner: string])[];

function renderText(format: Exclude<Format, "cdb">, entries: Entries, index: number): string {
  const lines = entries.flatMap(([address, owner]) => textLine(format, address, owner) ?? []);
  if (lines.length === 0) lines.push(textLine(format, filler(index), "nobody@invalid") ?? "");
  return lines.map((line) => `${line}\n`).join("");
}

function textLine(format: Exclude<Format, "cdb">, address: string, owner: string): string | undefined {
  if (format === "addresses") return address;
  if (format === "postfix") return `${address} OK`;
  return address === owner ? undefined : `${address} ${owner}`;
}

function renderCdb(entries: Entries, index: number): string {
  const keys = entries.length === 0 ? [filler(index)] : entries.map(([address]) => address);
  return writeCdb(keys.map((key) => [key, "OK"] as const)).toString("base64");
}

/** Throws Error when tables would break a gateway: a last look before anything is written. */
export function checkTables({ tables }: Rendered): void {
  const seen = new Set<string>();
  for (const { index, data } of tables) {
    for (const [key, text] of Object.entries(data)) {
      if (!text.endsWith("\n")) throw new Error(`${key} of shard ${index} does not end with a newline`);
      const keys = text.split("\n").slice(0, -1).map((line) => line.split(" ")[0] ?? "");
      for (const [at, address] of keys.entries()) {
        const before = keys[at - 1];
        if (before !== undefined && before >= address) throw new Error(`${key} of shard ${index} is not sorted`);
        if (address === "" || address !== address.toLowerCase()) throw new Error(`${key} of shard ${index} has a bad line`);
        const name = `${key} ${address}`;
        if (seen.has(name)) throw new Error(`${key} holds an address twice`);
        seen.add(name);
      }
    }
  }
}

/** Bytes of values that one ConfigMap may hold: the API server's 1 MiB less room for metadata. */
const LARGEST_BYTES = 900 * 1024;
const CROWDED = 0.7;
const MOST_SHARDS = 128;

export interface Fit {
  readonly ok: boolean;
  /** Fuller than 70 %. */
  readonly warn: boolean;
  readonly biggestBytes: number;
  /** How many shards would do; undefined when even 128 would not. */
  readonly suggestedShards: number | undefined;
}

export function fit({ tables }: Rendered): Fit {
  const biggestBytes = Math.max(0, ...tables.map(({ bytes }) => bytes));
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  let shards = Math.max(1, tables.length);
  // Shards fill unevenly; half full leaves room to grow.
  while (shards <= MOST_SHARDS && total / shards > LARGEST_BYTES / 2) shards *= 2;
  const ok = biggestBytes <= LARGEST_BYTES;
  return { ok, warn: biggestBytes > CROWDED * LARGEST_BYTES, biggestBytes, suggestedShards: shards <= MOST_SHARDS ? shards : undefined };
}

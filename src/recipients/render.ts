/** The tables that gateways read, as a pure function of accounts and names. */
import { CDB_HEADER_BYTES, writeCdb } from "./cdb.ts";
import type { Account, DomainNames, Format, OutputOptions } from "./model.ts";
import { shardOf } from "./shards.ts";

export interface RenderedShard {
  readonly index: number;
  /** Addresses that stand in it. */
  readonly addresses: number;
  /** Of all its keys and values as they stand in the ConfigMap. */
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
    for (const local of REQUIRED)
      if (!owners.has(`${local}@${domain}`)) owners.set(`${local}@${domain}`, `${local}@${domain}`);
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
  const parts = Array.from({ length: shards }, (): Entry[] => []);
  for (const entry of all) parts[shardOf(entry[0], shards)]?.push(entry);
  const leftOut: Partial<Record<Format, number>> = {};
  const tables = parts.map((entries, index): RenderedShard => {
    const data: Record<string, string> = {};
    const binaryData: Record<string, string> = {};
    for (const format of [...formats].sort()) {
      if (format === "cdb") {
        binaryData[TABLE_KEYS.cdb] = renderCdb(entries, index);
        continue;
      }
      const { text, missing } = renderText(format, entries, index);
      data[TABLE_KEYS[format]] = text;
      if (missing > 0) leftOut[format] = (leftOut[format] ?? 0) + missing;
    }
    return { index, addresses: entries.length, bytes: bytesOf(data) + bytesOf(binaryData), data, binaryData };
  });
  return { tables, leftOut, addresses: all.size };
}

/** Tables are ASCII: a character is a byte. */
const bytesOf = (values: Readonly<Record<string, string>>): number =>
  Object.entries(values).reduce((sum, [key, value]) => sum + key.length + value.length, 0);

type Entry = readonly [address: string, owner: string];
type TextFormat = Exclude<Format, "cdb">;

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

/** virtual(5) parses the right-hand side as a list of RFC 5322 addresses: in a local part their specials would split it. */
const isPlain = (address: string): boolean => !/[()<>[\]:;,\\@]/.test(address.slice(0, address.lastIndexOf("@")));

function renderText(format: TextFormat, entries: readonly Entry[], index: number): { text: string; missing: number } {
  const lines: string[] = [];
  let missing = 0;
  for (const entry of entries) {
    const line = LINES[format](...entry);
    if (line === undefined) missing++;
    else if (line !== "") lines.push(line);
  }
  if (lines.length === 0) lines.push(LINES[format](filler(index), "nobody@invalid") ?? "");
  return { text: `${lines.join("\n")}\n`, missing };
}

function renderCdb(entries: readonly Entry[], index: number): string {
  const keys = entries.length === 0 ? [filler(index)] : entries.map(([address]) => address);
  return writeCdb(keys.map((key) => [key, "OK"] as const)).toString("base64");
}

/** The addresses that the text tables of one ConfigMap accept; fillers left out. */
export function parseTables(data: Readonly<Record<string, string>>): string[] {
  const text = data[TABLE_KEYS.postfix] ?? data[TABLE_KEYS.addresses] ?? "";
  const keys = text.split("\n").flatMap((line) => line.split(" ")[0] || []);
  return keys.filter((key) => key.includes("@") && !key.endsWith(".invalid"));
}

/** Throws Error when tables would break a gateway: a last look before anything is written. */
export function checkTables({ tables }: Rendered): void {
  const seen = new Set<string>();
  for (const { index, data, binaryData } of tables) {
    for (const [key, text] of Object.entries(data)) {
      const broken = (what: string): Error => new Error(`${key} of shard ${index} ${what}`);
      if (!text.endsWith("\n")) throw broken("does not end with a newline");
      const words = key === TABLE_KEYS.addresses ? 1 : 2;
      let before = "";
      for (const line of text.slice(0, -1).split("\n")) {
        const [address = "", ...rest] = line.split(" ");
        const malformed = address === "" || rest.length !== words - 1 || rest.includes("");
        if (malformed || line.startsWith("#") || address !== address.toLowerCase()) throw broken("has a bad line");
        if (before >= address) throw broken("is not sorted, or holds an address twice");
        const name = `${key} ${address}`;
        if (seen.has(name)) throw broken("holds an address that another shard holds too");
        seen.add(name);
        before = address;
      }
    }
    for (const [key, value] of Object.entries(binaryData)) {
      if (Buffer.byteLength(value, "base64") <= CDB_HEADER_BYTES) throw new Error(`${key} of shard ${index} is empty`);
    }
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

export function capacityOf({ tables }: Rendered): Capacity {
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

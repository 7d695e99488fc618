/** How accounts are spread over ConfigMaps, so that one changed account changes one of them. */
import { hash } from "node:crypto";
import { type JsonLimits, parseBounded } from "../base/bounded-json.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Account } from "../recipients/model.ts";
import { createAccountLines } from "../recipients/packed/account-lines.ts";
import type { Roster } from "../recipients/packed/roster.ts";
import { parseAddress } from "../recipients/smtp-address.ts";
import { contentHash } from "./configmaps.ts";

/** Well below the 1 MiB of a ConfigMap: chunks fill unevenly. */
const FULL_BYTES = 600 * 1024;
/** Fewer chunks only when they would be far from full, so that a list at the edge does not flap. */
const SPARSE_BYTES = 160 * 1024;
export const MOST_CHUNKS = 1024;
export const ACCOUNTS_KEY = "accounts.jsonl";

export interface Chunks {
  readonly count: number;
  readonly accountsIn: (chunk: number) => number;
  /**
   * Of `accounts.jsonl`: one account a line, sorted by address, each line ended. Empty for a chunk without accounts. Good
   * until the next chunk is asked for.
   */
  bytes(chunk: number): Steps<Buffer>;
  /** Of the ConfigMap that holds it. */
  digest(chunk: number): Steps<string>;
  /** Of these accounts, those of one chunk. */
  indicesIn(chunk: number): Uint32Array;
}

/**
 * Deals accounts out. The chunk of an account follows from its id and the number of chunks (a power of two). That number
 * is `previousCount` as long as the accounts fit.
 */
export function* chunkAccounts(accounts: Roster, previousCount = 1): Steps<Chunks> {
  const known = made.get(accounts);
  if (known?.previousCount === previousCount) return known.chunks;
  const chunks = yield* chunkAnew(accounts, previousCount);
  made.set(accounts, { previousCount, chunks });
  return chunks;
}

/** A run asks for the same twice: to see what of the published list stands as it should be, and to publish. */
const made = new WeakMap<Roster, { readonly previousCount: number; readonly chunks: Chunks }>();

function* chunkAnew(accounts: Roster, previousCount: number): Steps<Chunks> {
  const slots = new Uint16Array(accounts.length);
  const bytes = new Float64Array(MOST_CHUNKS);
  const lines = createAccountLines(accounts);
  for (let index = 0; index < accounts.length; index++) {
    const slot = slotOf(accounts.idOf(index));
    slots[index] = slot;
    bytes[slot] = (bytes[slot] ?? 0) + lines.bytesOf(index) + 1;
    if (isPauseDue()) yield;
  }
  const largest = (count: number): number => {
    const sums = new Float64Array(count);
    for (const [slot, size] of bytes.entries()) sums[slot % count] = (sums[slot % count] ?? 0) + size;
    return Math.max(...sums);
  };
  let count = previousCount;
  while (count < MOST_CHUNKS && largest(count) > FULL_BYTES) count *= 2;
  if (count === previousCount) while (count > 1 && largest(count / 2) < SPARSE_BYTES) count /= 2;
  return dealt(accounts, slots, count);
}

function dealt(accounts: Roster, slots: Uint16Array, count: number): Chunks {
  const starts = new Uint32Array(count + 1);
  for (const slot of slots) starts[(slot % count) + 1] = (starts[(slot % count) + 1] ?? 0) + 1;
  for (let chunk = 1; chunk <= count; chunk++) starts[chunk] = (starts[chunk] ?? 0) + (starts[chunk - 1] ?? 0);
  const order = new Uint32Array(accounts.length);
  const next = starts.slice();
  for (const [index, slot] of slots.entries()) {
    const chunk = slot % count;
    order[next[chunk] ?? 0] = index;
    next[chunk] = (next[chunk] ?? 0) + 1;
  }
  const lines = createAccountLines(accounts);
  const digests: (string | undefined)[] = [];
  const chunks: Chunks = {
    count,
    accountsIn: (chunk) => (starts[chunk + 1] ?? 0) - (starts[chunk] ?? 0),
    *bytes(chunk) {
      lines.clear();
      for (const index of chunks.indicesIn(chunk)) {
        lines.add(index);
        lines.addEnd();
        if (isPauseDue()) yield;
      }
      return lines.bytes();
    },
    *digest(chunk) {
      digests[chunk] ??= contentHash({ data: { [ACCOUNTS_KEY]: yield* chunks.bytes(chunk) } });
      return digests[chunk];
    },
    indicesIn: (chunk) => order.subarray(starts[chunk], starts[chunk + 1]),
  };
  return chunks;
}

/** The chunk that an account of this id belongs to. */
export const chunkOf = (id: string, count: number): number => slotOf(id) % count;

/** Of an id among the most chunks; modulo a smaller number it is the chunk among those. */
const slotOf = (id: string): number => Number.parseInt(hash("sha256", id, "hex").slice(0, 8), 16) % MOST_CHUNKS;

const TYPES: readonly unknown[] = ["mailbox", "distributionList", "contact", "static"] satisfies Account["type"][];

/** More than any directory gives one object. */
const MOST_ALIASES = 20_000;
/** Of an id: a GUID, or `static:` and an address. */
const LONGEST_ID = 512;
/** One account: the object, its list of aliases, and what stands in them. */
const LINE_LIMITS: JsonLimits = { characters: 1024 * 1024, values: MOST_ALIASES + 16, depth: 2 };

/** The accounts of one chunk; undefined when anything in it is not as it was written. */
export function* parseAccounts(text: string): Steps<Account[] | undefined> {
  if (text !== "" && !text.endsWith("\n")) return undefined;
  const accounts: Account[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const account = parseAccount(text.slice(from, end));
    if (account === undefined) return undefined;
    accounts.push(account);
    from = end + 1;
    if (isPauseDue()) yield;
  }
  return accounts;
}

const parseAccount = (text: string): Account | undefined => toAccount(parseBounded(text, LINE_LIMITS));

/** An account as it was written; undefined for anything else. */
export function toAccount(value: unknown): Account | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, address, type, aliases } = value as Partial<Record<keyof Account, unknown>>;
  const valid =
    typeof id === "string" &&
    id !== "" &&
    id.length <= LONGEST_ID &&
    isAddress(address) &&
    TYPES.includes(type) &&
    Array.isArray(aliases) &&
    aliases.length <= MOST_ALIASES &&
    aliases.every(isAddress);
  return valid ? ({ id, address, type, aliases } as Account) : undefined;
}

/** As the deriver writes it: what breaks out of a line of a table is none. */
function isAddress(value: unknown): value is string {
  if (typeof value !== "string" || value.length > LONGEST_ADDRESS) return false;
  const parsed = parseAddress(value);
  return !("dropped" in parsed) && parsed.address === value;
}
const LONGEST_ADDRESS = 254;

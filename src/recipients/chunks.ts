/** How accounts are spread over ConfigMaps, so that one changed account changes one of them. */
import { createHash } from "node:crypto";
import type { Account } from "./model.ts";
import { accountLine, byAddress } from "./revision.ts";

/** Well below the 1 MiB of a ConfigMap: chunks fill unevenly. */
const FULL_BYTES = 600 * 1024;
/** Fewer chunks only when they would be far from full, so that a list at the edge does not flap. */
const SPARSE_BYTES = 160 * 1024;
const MOST_CHUNKS = 1024;

/**
 * The content of `accounts.jsonl` for each ConfigMap: one account a line, sorted by address, each line ended. The chunk
 * of an account follows from its id and the number of chunks (a power of two). That number is `previousCount` as long as
 * the accounts fit; a chunk without accounts is an empty string.
 */
export function chunkAccounts(accounts: readonly Account[], previousCount = 1): string[] {
  const sorted = [...accounts]
    .sort(byAddress)
    .map((account) => ({ hash: hashOf(account.id), line: `${accountLine(account)}\n` }));
  const sizes = (count: number): number[] => {
    const bytes = Array.from({ length: count }, () => 0);
    for (const { hash, line } of sorted) bytes[hash % count] = (bytes[hash % count] ?? 0) + Buffer.byteLength(line);
    return bytes;
  };
  let count = previousCount;
  while (count < MOST_CHUNKS && Math.max(...sizes(count)) > FULL_BYTES) count *= 2;
  if (count === previousCount) while (count > 1 && Math.max(...sizes(count / 2)) < SPARSE_BYTES) count /= 2;
  const chunks = Array.from({ length: count }, (): string[] => []);
  for (const { hash, line } of sorted) chunks[hash % count]?.push(line);
  return chunks.map((lines) => lines.join(""));
}

const hashOf = (id: string): number => createHash("sha256").update(id).digest().readUInt32BE(0);

const TYPES: readonly unknown[] = ["mailbox", "distributionList", "contact", "static"] satisfies Account["type"][];

/** The accounts of one chunk; undefined when anything in it is not as it was written. */
export function parseAccounts(text: string): Account[] | undefined {
  if (text !== "" && !text.endsWith("\n")) return undefined;
  const accounts: Account[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const account = parseLine(line);
    if (account === undefined) return undefined;
    accounts.push(account);
  }
  return accounts;
}

function parseLine(line: string): Account | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { id, address, type, aliases } = (value ?? {}) as Partial<Record<keyof Account, unknown>>;
  const valid =
    typeof id === "string" &&
    typeof address === "string" &&
    TYPES.includes(type) &&
    Array.isArray(aliases) &&
    aliases.every((alias) => typeof alias === "string");
  return valid ? (value as Account) : undefined;
}

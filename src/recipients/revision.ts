/** Digests that name what is published. */
import { createHash } from "node:crypto";
import type { Account, DomainNames } from "./model.ts";

/** "sha256:" and 64 hex digits. */
export function sha256(data: string | Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

/** Names exactly these accounts under these names, in whatever order they come. */
export function revisionOf(accounts: readonly Account[], names: DomainNames): string {
  const hash = createHash("sha256");
  const aliasDomains = names.aliasDomains.map(({ name, recipients }) => `${name} ${recipients}`).sort();
  hash.update(JSON.stringify([names.domain, aliasDomains]));
  for (const account of [...accounts].sort(byAddress)) hash.update(`\n${accountLine(account)}`);
  return `sha256:${hash.digest("hex")}`;
}

/** One account as a line of `accounts.jsonl`, without its end; byte-stable. */
export function accountLine({ id, address, type, aliases }: Account): string {
  return JSON.stringify({ id, address, type, aliases });
}

/** Addresses are ASCII: comparing them as JavaScript strings is comparing code points. */
export function byAddress(a: Account, b: Account): number {
  if (a.address === b.address) return 0;
  return a.address < b.address ? -1 : 1;
}

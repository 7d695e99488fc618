/** Digests that name what is published. */
import { createHash } from "node:crypto";
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Account, DomainNames } from "./model.ts";
import type { Roster } from "./packed/roster.ts";

/** "sha256:" and 64 hex digits. */
export function sha256(data: string | Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

/** Texts are hashed some at a time: a call each costs more than the hash. */
const HASHED_CHARACTERS = 16 * 1024;

/** Names exactly these accounts under these names. */
export function* revisionOf(accounts: Roster, names: DomainNames): Steps<string> {
  const hash = createHash("sha256");
  const aliasDomains = names.aliasDomains.map(({ name, recipients }) => `${name} ${recipients}`).sort();
  hash.update(JSON.stringify([names.domain, aliasDomains]));
  let lines = "";
  for (let index = 0; index < accounts.length; index++) {
    lines += `\n${accountLine(accounts.get(index))}`;
    if (lines.length < HASHED_CHARACTERS) continue;
    hash.update(lines);
    lines = "";
    if (isPauseDue()) yield;
  }
  hash.update(lines);
  return `sha256:${hash.digest("hex")}`;
}

/** One account as a line of `accounts.jsonl`, without its end; byte-stable. */
export function accountLine({ id, address, type, aliases }: Account): string {
  return JSON.stringify({ id, address, type, aliases });
}

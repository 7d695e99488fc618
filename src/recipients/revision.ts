/** Digests that name what is published. */
import { createHash } from "node:crypto";
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { DomainNames } from "./model.ts";
import { createAccountLines } from "./packed/account-lines.ts";
import type { Roster } from "./packed/roster.ts";

/** "sha256:" and 64 hex digits. */
export function sha256(data: string | Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

/** Lines are hashed some at a time: a call each costs more than the hash. */
const HASHED_BYTES = 16 * 1024;

/** Names exactly these accounts under these names. */
export function* revisionOf(accounts: Roster, names: DomainNames): Steps<string> {
  const hash = createHash("sha256");
  const aliasDomains = names.aliasDomains.map(({ name, recipients }) => `${name} ${recipients}`).sort();
  hash.update(JSON.stringify([names.domain, aliasDomains]));
  const lines = createAccountLines(accounts);
  for (let index = 0; index < accounts.length; index++) {
    lines.addEnd();
    lines.add(index);
    if (lines.length < HASHED_BYTES) continue;
    hash.update(lines.bytes());
    lines.clear();
    if (isPauseDue()) yield;
  }
  hash.update(lines.bytes());
  return `sha256:${hash.digest("hex")}`;
}

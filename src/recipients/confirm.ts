/** Which removals the directory must confirm object by object, and whether it did. */

import { isPauseDue, type Steps } from "../base/steps.ts";
import { parseAddress, smtpAddresses } from "./addresses.ts";
import { isDelete } from "./changes.ts";
import type { Account, DirectoryObject, Plan, Source } from "./model.ts";

export interface OwnRules {
  /** Addresses that excludeRecords left out. */
  readonly excluded: ReadonlySet<string>;
  readonly sources: Readonly<Record<Source, boolean>>;
  /** Domains that recipients are kept of. */
  readonly domains: readonly string[];
}

export interface Removals {
  /** To be asked for by id. */
  readonly objects: readonly { readonly id: string; readonly source: Source }[];
  /** By object id: addresses that it must no longer have. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

const SOURCES: Readonly<Record<Exclude<Account["type"], "static">, Source>> = {
  mailbox: "users",
  distributionList: "groups",
  contact: "contacts",
};

/**
 * The objects behind addresses that would go because the read did not show them any more. What our own configuration
 * takes away (a pattern, a source switched off, a static recipient, an alias domain), and what only moves to another
 * account or kind, needs no confirmation; neither does a baseline of bare addresses, which names no objects.
 */
export function* removalsToConfirm(plan: Plan, { excluded, sources, domains }: OwnRules): Steps<Removals> {
  const staying = yield* stayingOf(plan);
  const addresses = new Map<string, string[]>();
  const objects: { id: string; source: Source }[] = [];
  for (const { kind, address, account } of plan.changes) {
    if (!isDelete(kind)) break;
    if (isPauseDue()) yield;
    if (account === undefined || account.type === "static") continue;
    const source = SOURCES[account.type];
    const ofOurs = domains.includes(address.slice(address.lastIndexOf("@") + 1));
    if (staying.has(address) || excluded.has(address) || !sources[source] || !ofOurs) continue;
    const known = addresses.get(account.id);
    if (known !== undefined) known.push(address);
    else {
      objects.push({ id: account.id, source });
      addresses.set(account.id, [address]);
    }
  }
  return { objects, addresses };
}

/** Addresses that are deleted as one thing and added as another. */
function* stayingOf({ changes, counts }: Plan): Steps<Set<string>> {
  const staying = new Set<string>();
  if (counts.accountDeletes + counts.aliasDeletes === 0) return staying;
  const deleted = new Set<string>();
  for (const { kind, address } of changes) {
    if (isDelete(kind)) deleted.add(address);
    else if (deleted.has(address)) staying.add(address);
    if (isPauseDue()) yield;
  }
  return staying;
}

/** How many objects still have an address that would be removed: the read was not whole. */
export function countUnconfirmed(
  { addresses }: Removals,
  answers: ReadonlyMap<string, DirectoryObject | "gone">,
): number {
  let count = 0;
  for (const [id, removed] of addresses) {
    const answer = answers.get(id);
    // An object that was asked for and is missing from the answer confirms nothing.
    if (answer === undefined || (answer !== "gone" && removed.some((address) => has(answer, address)))) count++;
  }
  return count;
}

function has(object: DirectoryObject, address: string): boolean {
  return smtpAddresses(object).some(({ raw }) => {
    const parsed = parseAddress(raw);
    return !("dropped" in parsed) && parsed.address === address;
  });
}

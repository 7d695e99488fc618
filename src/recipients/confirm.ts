/** Which removals the directory must confirm, by object and by address, and whether it did. */

import { isPauseDue, type Steps } from "../base/steps.ts";
import { heldBy } from "./held.ts";
import type { Account, DirectoryObject, Plan, Source } from "./model.ts";
import type { AddressSet } from "./packed/address-set.ts";
import { isDelete } from "./roster-changes.ts";

export interface OwnRules {
  /** Addresses that excludeRecords left out. */
  readonly excluded: Pick<AddressSet, "has">;
  readonly sources: Readonly<Record<Source, boolean>>;
  /** Domains that recipients are kept of. */
  readonly domains: readonly string[];
}

export interface Removals {
  /** To be asked for by id, with the addresses that they must no longer have. */
  readonly objects: readonly { readonly id: string; readonly source: Source; readonly addresses: readonly string[] }[];
  /** To be asked for themselves: nobody may have them any more. Those of the objects are among them. */
  readonly gone: readonly string[];
  /** How many of them name no object that could be asked instead: they stand in a baseline of bare addresses. */
  readonly bare: number;
}

const SOURCES: Readonly<Record<Exclude<Account["type"], "static">, Source>> = {
  mailbox: "users",
  distributionList: "groups",
  contact: "contacts",
};

/**
 * What would go because the read did not show it any more. What a pattern or a dropped alias domain takes away, and what
 * only moves to another account or kind, needs no confirmation. Somebody else may have an address by now whose static
 * recipient was removed, or whose source was switched off: it is asked for itself, in the sources that are on.
 */
export function* removalsToConfirm(plan: Plan, { excluded, sources, domains }: OwnRules): Steps<Removals> {
  const staying = yield* stayingOf(plan);
  const addresses = new Map<string, string[]>();
  const objects: { id: string; source: Source; addresses: string[] }[] = [];
  const gone: string[] = [];
  let bare = 0;
  for (const { kind, address, account } of plan.changes) {
    if (!isDelete(kind)) break;
    if (isPauseDue()) yield;
    const ofOurs = domains.includes(address.slice(address.lastIndexOf("@") + 1));
    if (staying.has(address) || excluded.has(address) || !ofOurs) continue;
    gone.push(address);
    if (account === undefined) bare++;
    if (account === undefined || account.type === "static" || !sources[SOURCES[account.type]]) continue;
    const known = addresses.get(account.id);
    if (known !== undefined) known.push(address);
    else {
      const own = [address];
      objects.push({ id: account.id, source: SOURCES[account.type], addresses: own });
      addresses.set(account.id, own);
    }
  }
  return { objects, gone, bare };
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
export function* countUnconfirmed(
  { objects }: Pick<Removals, "objects">,
  answers: ReadonlyMap<string, DirectoryObject | "gone">,
): Steps<number> {
  let count = 0;
  for (const { id, addresses } of objects) {
    if (isPauseDue()) yield;
    const answer = answers.get(id);
    // An object that was asked for and is missing from the answer confirms nothing.
    if (answer === undefined || (answer !== "gone" && heldBy(answer, new Set(addresses)).size > 0)) count++;
  }
  return count;
}

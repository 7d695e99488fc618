/**
 * What is new in the tenant, put on a list that stands: nothing ever leaves it this way. An address that is on the list
 * stays with its account, also where the tenant has moved it meanwhile; leaving and moving are for a sync. Pure.
 */
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Account, Change } from "./model.ts";
import { createRosterBuilder, type Roster } from "./packed/roster.ts";

/** How many more may be added; absent: as many as there are. */
export interface AdditionLimits {
  readonly accountAdds?: number | undefined;
  readonly aliasAdds?: number | undefined;
  readonly total?: number | undefined;
}

export interface Additions {
  /** The list with them; the very list that stood where nothing is new. */
  readonly accounts: Roster;
  /** Sorted by address. */
  readonly changes: readonly Change[];
  /** Something is new and was not added, because a limit was reached. */
  readonly limited: boolean;
}

/** `found`: accounts of the objects that changed, by the same rules as a sync derives them. */
export function* additionsTo(standing: Roster, found: Roster, limits: AdditionLimits): Steps<Additions> {
  const listed = yield* lookUp(standing, found);
  const allowed = countDown(limits);
  const changed = new Map<string, Account>();
  const changes: Change[] = [];
  for (const account of found) {
    if (isPauseDue()) yield;
    const known = listed.accounts.get(account.id);
    const fresh = [account.address, ...account.aliases].filter((address) => !listed.addresses.has(address));
    // Their places were taken by what was added just before.
    const { taken, kinds } = allowed.take(fresh, known !== undefined);
    const added = withAddresses(account, known, taken);
    if (added === undefined) continue;
    changed.set(account.id, added);
    for (const [index, address] of taken.entries()) {
      changes.push({ kind: kinds[index] ?? "aliasAdd", address, account: added });
      listed.addresses.add(address);
    }
  }
  if (changed.size === 0) return { accounts: standing, changes: [], limited: allowed.limited() };
  const accounts = yield* joined(standing, changed);
  return { accounts, changes: changes.sort(byAddress), limited: allowed.limited() };
}

const byAddress = (a: Change, b: Change): number => (a.address < b.address ? -1 : 1);

/** Of what was found: which addresses are on the list, and the accounts with the same ids. */
function* lookUp(standing: Roster, found: Roster) {
  const wanted = new Set<string>();
  const ids = new Set<string>();
  for (const { id, address, aliases } of found) {
    ids.add(id);
    for (const each of [address, ...aliases]) wanted.add(each);
    if (isPauseDue()) yield;
  }
  const addresses = new Set<string>();
  const accounts = new Map<string, Account>();
  for (let index = 0; index < standing.length; index++) {
    const id = standing.idOf(index);
    if (ids.has(id)) accounts.set(id, standing.get(index));
    const count = standing.countOf(index);
    for (let place = 0; place < count; place++) {
      const address = standing.addressAt(index, place);
      if (wanted.has(address)) addresses.add(address);
      if (isPauseDue()) yield;
    }
  }
  return { addresses, accounts };
}

/** The account with what is taken of it; a list that has the object keeps its primary address. */
function withAddresses(account: Account, known: Account | undefined, taken: readonly string[]): Account | undefined {
  const [first, ...rest] = taken;
  if (first === undefined) return undefined;
  if (known !== undefined) return { ...known, aliases: [...known.aliases, ...taken].sort() };
  return { id: account.id, address: first, type: account.type, aliases: rest.sort() };
}

/** Gives out what the limits still allow, an address at a time. */
function countDown({ accountAdds = Infinity, aliasAdds = Infinity, total = Infinity }: AdditionLimits) {
  const left = { accountAdd: accountAdds, aliasAdd: aliasAdds };
  let any = total;
  let limited = false;
  return {
    take(addresses: readonly string[], isKnown: boolean) {
      const taken: string[] = [];
      const kinds: ("accountAdd" | "aliasAdd")[] = [];
      for (const address of addresses) {
        const kind = isKnown || taken.length > 0 ? "aliasAdd" : "accountAdd";
        if (limited || any < 1 || left[kind] < 1) {
          limited = true;
          break;
        }
        any--;
        left[kind]--;
        taken.push(address);
        kinds.push(kind);
      }
      return { taken, kinds };
    },
    limited: () => limited,
  };
}

function* joined(standing: Roster, changed: ReadonlyMap<string, Account>): Steps<Roster> {
  const builder = createRosterBuilder();
  for (const account of standing) {
    if (!changed.has(account.id)) builder.put(account);
    if (isPauseDue()) yield;
  }
  for (const account of changed.values()) builder.put(account);
  return yield* builder.finish();
}

/** Changes between two rosters, packed: what they are of is looked up when they are asked for. */

import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Change, ChangeKind, Changes } from "./model.ts";
import { createNumbers, type Numbers } from "./packed/numbers.ts";
import { compareAddresses } from "./packed/records.ts";
import type { Roster } from "./packed/roster.ts";
import { type Places, sortedAddresses } from "./packed/sort.ts";

/** In the order in which they are told of one address. */
export const KINDS: readonly ChangeKind[] = ["accountDelete", "aliasDelete", "accountAdd", "aliasAdd"];
export const isDelete = (kind: ChangeKind): boolean => kind === "accountDelete" || kind === "aliasDelete";

export interface ChangeCollector {
  /** Of an address of the baseline. */
  delete(index: number, place: number): void;
  /** Of an address of the wish: an account's own (`asAccount`), or an alias. */
  add(index: number, place: number, asAccount: boolean): void;
  /** Sorted: deletes before adds, then by address. */
  finish(): Steps<Changes>;
}

export function collectChanges(before: Roster | undefined, after: Roster): ChangeCollector {
  const kinds = createNumbers();
  const indices = createNumbers();
  const places = createNumbers();
  const push = (kind: number, index: number, place: number): void => {
    kinds.push(kind);
    indices.push(index);
    places.push(place);
  };
  const rosterOf = (kind: ChangeKind): Roster => (isDelete(kind) ? (before ?? after) : after);
  const kindAt = (item: number): ChangeKind => KINDS[kinds.get(item)] ?? "aliasAdd";
  const addressAt = (item: number): string => rosterOf(kindAt(item)).addressAt(indices.get(item), places.get(item));
  const changeAt = (item: number): Change => {
    const kind = kindAt(item);
    return {
      kind,
      address: addressAt(item),
      // Without its aliases: an account of thousands is asked for with each of them.
      get account() {
        const [roster, index] = [rosterOf(kind), indices.get(item)];
        return { id: roster.idOf(index), address: roster.addressAt(index, 0), type: roster.typeOf(index) };
      },
    };
  };
  return {
    delete: (index, place) => push(place === 0 ? 0 : 1, index, place),
    add: (index, place, asAccount) => push(asAccount ? 2 : 3, index, place),
    *finish() {
      const order = yield* orderOf({
        kinds,
        bufferOf: (item) => rosterOf(kindAt(item)).bufferOf(indices.get(item)),
        placeOf: (item) => rosterOf(kindAt(item)).placeOf(indices.get(item), places.get(item)),
      });
      return {
        length: order.length,
        at: (index) => {
          const item = order[index];
          return item === undefined ? undefined : changeAt(item);
        },
        *[Symbol.iterator]() {
          for (const item of order) yield changeAt(item);
        },
      };
    },
  };
}

interface Unsorted extends Places {
  readonly kinds: Numbers;
}

/** As by `sortKey`, without making texts: deletes first, each part by address, and by kind where an address comes twice. */
function* orderOf({ kinds, bufferOf, placeOf }: Unsorted): Steps<Uint32Array> {
  const items: number[][] = KINDS.map(() => []);
  for (let item = 0; item < kinds.length; item++) {
    items[kinds.get(item)]?.push(item);
    if (isPauseDue()) yield;
  }
  const compare = (a: number, b: number): number => compareAddresses(bufferOf(a), placeOf(a), bufferOf(b), placeOf(b));
  const sorted: Uint32Array[] = [];
  for (const each of items) sorted.push(yield* sortedItems(Uint32Array.from(each), { bufferOf, placeOf }, compare));
  const order = new Uint32Array(kinds.length);
  let filled = 0;
  for (let kind = 0; kind < KINDS.length; kind += 2) {
    const [accounts = NONE, aliases = NONE] = sorted.slice(kind);
    for (let [at, other] = [0, 0]; at < accounts.length || other < aliases.length; ) {
      const [account, alias] = [accounts[at], aliases[other]];
      const takes = alias === undefined || (account !== undefined && compare(account, alias) <= 0);
      order[filled++] = (takes ? account : alias) ?? 0;
      if (takes) at++;
      else other++;
      if (isPauseDue()) yield;
    }
  }
  return order;
}
const NONE = new Uint32Array(0);

/** Accounts of a roster come sorted, which a look tells. */
function* sortedItems(
  items: Uint32Array,
  { bufferOf, placeOf }: Places,
  compare: (a: number, b: number) => number,
): Steps<Uint32Array> {
  const at = (index: number): number => items[index] ?? 0;
  let inOrder = 1;
  while (inOrder < items.length && compare(at(inOrder - 1), at(inOrder)) <= 0) {
    inOrder++;
    if (isPauseDue()) yield;
  }
  if (inOrder >= items.length) return items;
  const places = {
    bufferOf: (index: number) => bufferOf(at(index)),
    placeOf: (index: number) => placeOf(at(index)),
  };
  const order = yield* sortedAddresses(items.length, places);
  return order.map(at);
}

/** No address has a blank. */
export const sortKey = (kind: ChangeKind, address: string): string =>
  `${isDelete(kind) ? 0 : 1}${address} ${KINDS.indexOf(kind)}`;

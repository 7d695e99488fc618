/** Rosters that show accounts of others, and hold none themselves. */
import { isPauseDue, type Steps } from "../../base/steps.ts";
import { comparePrimaries, type Listing, type Roster, withDealing } from "./roster.ts";

/** Entries of so many are passed over between two looks at the clock. */
const STRIDE = 16;
/** Beside the number of an account: it is one of the second roster. */
const SECOND = 0x8000_0000;

/** These accounts of a roster; the numbers are sorted. */
export function* subsetOf(roster: Roster, indices: Uint32Array): Steps<Roster> {
  return yield* viewOf(roster, roster, indices);
}

/** Accounts of two rosters, sorted by address: of the first those with these numbers, of the second all. */
export function* joinedRosters(first: Roster, indices: Uint32Array, second: Roster): Steps<Roster> {
  const order = new Uint32Array(indices.length + second.length);
  let [at, other] = [0, 0];
  for (let place = 0; place < order.length; place++) {
    const index = indices[at];
    const takesFirst =
      index !== undefined && (other >= second.length || comparePrimaries(first, index, second, other) <= 0);
    if (takesFirst) at++;
    order[place] = takesFirst ? index : SECOND | other++;
    if (place % STRIDE === 0 && isPauseDue()) yield;
  }
  return yield* viewOf(first, second, order);
}

function* viewOf(first: Roster, second: Roster, order: Uint32Array): Steps<Roster> {
  const of = (index: number): Roster => ((order[index] ?? 0) >= SECOND ? second : first);
  const at = (index: number): number => (order[index] ?? 0) & ~SECOND;
  const countOf = (index: number): number => of(index).countOf(at(index));
  let addresses = 0;
  for (let index = 0; index < order.length; index++) {
    addresses += countOf(index);
    if (index % STRIDE === 0 && isPauseDue()) yield;
  }
  const listing: Listing = {
    length: order.length,
    addresses,
    get: (index) => of(index).get(at(index)),
    typeOf: (index) => of(index).typeOf(at(index)),
    idOf: (index) => of(index).idOf(at(index)),
    countOf,
    addressAt: (index, place) => of(index).addressAt(at(index), place),
    bufferOf: (index) => of(index).bufferOf(at(index)),
    startOf: (index) => of(index).startOf(at(index)),
    placeOf: (index, place) => of(index).placeOf(at(index), place),
    endOf: (index) => of(index).endOf(at(index)),
    hashOfLocal: (index, place) => of(index).hashOfLocal(at(index), place),
  };
  return withDealing(listing);
}

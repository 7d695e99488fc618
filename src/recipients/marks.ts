/** What is known of each address of an object while a list is derived: a byte beside it. */
import { compareAddresses, type Records } from "./packed/records.ts";

/** What is known of an address of an object. */
export const KEPT = 1; // of these domains
export const MARKED = 2; // with `SMTP:`, whether of these domains or not
export const MAIL = 4; // stands in `mail`
export const LOST = 8; // to another object that has it too
export const LOSING = 16; // the same, while the others are still judged by what everybody has

/** Addresses, each with what is known of it. */
export interface Marks {
  readonly addresses: readonly string[];
  readonly values: readonly number[];
  add(address: string, mark: number): void;
  clear(): void;
}

/** Of more addresses than these, one is looked up by a map. */
const MOST_SEARCHED = 8;

export function createMarks(): Marks {
  const addresses: string[] = [];
  const values: number[] = [];
  let places: Map<string, number> | undefined;
  return {
    addresses,
    values,
    add(address, mark) {
      if (addresses.length > MOST_SEARCHED) places ??= new Map(addresses.map((each, place) => [each, place]));
      const place = places === undefined ? addresses.indexOf(address) : (places.get(address) ?? -1);
      if (place === -1) {
        places?.set(address, addresses.length);
        addresses.push(address);
        values.push(mark);
      } else values[place] = (values[place] ?? 0) | mark;
    },
    clear() {
      addresses.length = 0;
      values.length = 0;
      places = undefined;
    },
  };
}

/**
 * Whether the record is the account that it would become but for its marks: the first address is the only one that is
 * marked, all are kept, and the others are sorted. So is nearly every object.
 */
export function isAccountAlready(candidates: Records, index: number): boolean {
  const buffer = candidates.bufferOf(index);
  const count = candidates.countOf(index);
  let before = -1;
  for (let place = 0, at = candidates.placeOf(index, 0); place < count; place++) {
    const wanted = place === 0 ? KEPT | MARKED : KEPT;
    if (((buffer[at - 1] ?? 0) & (KEPT | LOST | MARKED)) !== wanted) return false;
    if (place > 1 && compareAddresses(buffer, before, buffer, at) >= 0) return false;
    before = at;
    at += 2 + (buffer[at] ?? 0);
  }
  return count > 0;
}

export function clearMarks(candidates: Records, index: number): void {
  const buffer = candidates.bufferOf(index);
  const count = candidates.countOf(index);
  for (let place = 0, at = candidates.placeOf(index, 0); place < count; place++) {
    buffer[at - 1] = 0;
    at += 2 + (buffer[at] ?? 0);
  }
}

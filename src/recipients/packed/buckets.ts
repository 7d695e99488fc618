/** Deals addresses into buckets by their local part, so that what belongs together can be looked at in small parts. */

import { isPauseDue, type Steps } from "../../base/steps.ts";
import { createNumbers } from "./numbers.ts";

/** Things with addresses, each known by its thing's number and its place there. */
export interface Addressed {
  readonly length: number;
  countOf(index: number): number;
  /** 0 … count - 1, equal for addresses with one local part; NO_BUCKET: it does not count. */
  bucketAt(index: number, place: number): number;
}

export const NO_BUCKET = -1;
/** Items between two looks at the clock, where the longest address is all that an item can cost. */
const STRIDE = 16;

/** Every address has a slot; those of one bucket follow one another, in the order of the things. */
export interface Buckets {
  /** The first slot of a bucket, which is the end of the one before it. */
  start(bucket: number): number;
  indexAt(slot: number): number;
  placeAt(slot: number): number;
}

export function* dealOut(from: Addressed, count: number): Steps<Buckets> {
  const indices = createNumbers();
  const places = createNumbers();
  const dealt = createNumbers();
  const starts = new Uint32Array(count + 1);
  for (let index = 0; index < from.length; index++) {
    const addresses = from.countOf(index);
    for (let place = 0; place < addresses; place++) {
      if (place % STRIDE === 0 && isPauseDue()) yield;
      const bucket = from.bucketAt(index, place);
      if (bucket === NO_BUCKET) continue;
      indices.push(index);
      places.push(place);
      dealt.push(bucket);
      starts[bucket + 1] = (starts[bucket + 1] ?? 0) + 1;
    }
  }
  for (let bucket = 1; bucket <= count; bucket++) starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  const sortedIndices = new Uint32Array(indices.length);
  const sortedPlaces = new Uint16Array(indices.length);
  const next = starts.slice();
  for (let item = 0; item < dealt.length; item++) {
    const bucket = dealt.get(item);
    const slot = next[bucket] ?? 0;
    sortedIndices[slot] = indices.get(item);
    sortedPlaces[slot] = places.get(item);
    next[bucket] = slot + 1;
    if (item % STRIDE === 0 && isPauseDue()) yield;
  }
  return {
    start: (bucket) => starts[bucket] ?? 0,
    indexAt: (slot) => sortedIndices[slot] ?? 0,
    placeAt: (slot) => sortedPlaces[slot] ?? 0,
  };
}

export const localOf = (address: string): string => address.slice(0, address.lastIndexOf("@"));

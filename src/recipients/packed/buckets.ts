/** Deals addresses into buckets by their local part, so that what belongs together can be looked at in small parts. */

import { PAUSE_EVERY, type Steps } from "../../base/steps.ts";
import { createNumbers } from "./numbers.ts";

/** Things with addresses, each known by its thing's number and its place there. */
export interface Addressed {
  readonly length: number;
  countOf(index: number): number;
  /** Undefined: it does not count. */
  addressAt(index: number, place: number): string | undefined;
}

export interface Buckets {
  /** Calls back for every address of a bucket, in the order of the things. */
  each(bucket: number, take: (index: number, place: number) => void): void;
}

/** `bucketOf` a local part: 0 … count - 1. */
export function* dealOut(from: Addressed, count: number, bucketOf: (local: string) => number): Steps<Buckets> {
  const indices = createNumbers();
  const places = createNumbers();
  const dealt = createNumbers();
  const starts = new Uint32Array(count + 1);
  for (let index = 0; index < from.length; index++) {
    const addresses = from.countOf(index);
    for (let place = 0; place < addresses; place++) {
      const address = from.addressAt(index, place);
      if (address === undefined) continue;
      const bucket = bucketOf(localOf(address));
      indices.push(index);
      places.push(place);
      dealt.push(bucket);
      starts[bucket + 1] = (starts[bucket + 1] ?? 0) + 1;
    }
    if (index % PAUSE_EVERY === 0) yield;
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
    if (item % (PAUSE_EVERY * 16) === 0) yield;
  }
  return {
    each(bucket, take) {
      const end = starts[bucket + 1] ?? 0;
      for (let slot = starts[bucket] ?? 0; slot < end; slot++) take(sortedIndices[slot] ?? 0, sortedPlaces[slot] ?? 0);
    },
  };
}

export const localOf = (address: string): string => address.slice(0, address.lastIndexOf("@"));

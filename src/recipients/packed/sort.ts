/** Sorts many items by text without holding their texts, in pieces. */
import { randomInt } from "node:crypto";
import { isPauseDue, type Steps } from "../../base/steps.ts";

const MOST_BUCKETS = 4096;
/** Items that are sorted at once. */
const BUCKET_ITEMS = 1024;

/**
 * The numbers 0 … count - 1 in the order of their keys, by code unit. `keyOf` is asked twice for each. Items are dealt
 * into buckets between keys that a sample has shown, so that each bucket is small enough to be sorted at once.
 */
export function* sortedBy(count: number, keyOf: (item: number) => string): Steps<Uint32Array> {
  const splitters = yield* sample(count, keyOf);
  const bucketOf = new Uint16Array(count);
  const starts = new Uint32Array(splitters.length + 2);
  for (let item = 0; item < count; item++) {
    const bucket = splitters.length === 0 ? 0 : upperBound(splitters, keyOf(item));
    bucketOf[item] = bucket;
    starts[bucket + 1] = (starts[bucket + 1] ?? 0) + 1;
    if (isPauseDue()) yield;
  }
  for (let bucket = 1; bucket < starts.length; bucket++)
    starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  const order = new Uint32Array(count);
  const next = starts.slice();
  for (let item = 0; item < count; item++) {
    const bucket = bucketOf[item] ?? 0;
    order[next[bucket] ?? 0] = item;
    next[bucket] = (next[bucket] ?? 0) + 1;
    if (isPauseDue()) yield;
  }
  for (let bucket = 0; bucket + 1 < starts.length; bucket++) {
    const part = order.subarray(starts[bucket], starts[bucket + 1]);
    const keyed = Array.from(part, (item) => ({ item, key: keyOf(item) }));
    keyed.sort((a, b) => (a.key === b.key ? a.item - b.item : a.key < b.key ? -1 : 1));
    for (const [index, { item }] of keyed.entries()) part[index] = item;
    yield;
  }
  return order;
}

/** Keys that cut the items into parts of about BUCKET_ITEMS. Drawn at random: no order of the items makes a part large. */
function* sample(count: number, keyOf: (item: number) => string): Steps<string[]> {
  const wanted = Math.min(MOST_BUCKETS, Math.floor(count / BUCKET_ITEMS));
  if (wanted === 0) return [];
  const sampled: string[] = [];
  const drawn = wanted * 4;
  for (let draw = 0; draw < drawn; draw++) sampled.push(keyOf(randomInt(count)));
  sampled.sort((a, b) => (a < b ? -1 : 1));
  yield;
  return sampled.filter((_, index) => index % 4 === 2);
}

/** How many of the sorted texts are not greater than `key`. */
function upperBound(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

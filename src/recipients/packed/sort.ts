/** Sorts many items without holding their keys, in pieces. */
import { randomInt } from "node:crypto";
import { isPauseDue, type Steps } from "../../base/steps.ts";
import { compareAddresses } from "./records.ts";

const MOST_BUCKETS = 4096;
/** Items that are sorted at once. */
const BUCKET_ITEMS = 1024;
/** Items between two looks at the clock: to compare one with some splitters takes a microsecond. */
const STRIDE = 16;

/** The numbers 0 … count - 1 in the order of their keys, by code unit. `keyOf` is asked twice for each. */
export function* sortedBy(count: number, keyOf: (item: number) => string): Steps<Uint32Array> {
  const keys = drawn(count).map(keyOf).sort();
  yield;
  const splitters = everyFourth(keys);
  const bucketOf = (item: number): number => {
    const key = keyOf(item);
    return upperBound(splitters.length, (at) => (splitters[at] ?? "") <= key);
  };
  return yield* sortedIn(count, splitters.length + 1, bucketOf, (part) => {
    const keyed = Array.from(part, (item) => ({ item, key: keyOf(item) }));
    keyed.sort((a, b) => (a.key === b.key ? a.item - b.item : a.key < b.key ? -1 : 1));
    for (const [index, { item }] of keyed.entries()) part[index] = item;
  });
}

/** Each text of some lists once, sorted by code unit. */
export function* sortedOnce(lists: readonly Iterable<string>[]): Steps<string[]> {
  const seen = new Set<string>();
  const unsorted: string[] = [];
  for (const list of lists)
    for (const text of list) {
      if (isPauseDue()) yield;
      if (seen.has(text)) continue;
      seen.add(text);
      unsorted.push(text);
    }
  const sorted: string[] = [];
  for (const item of yield* sortedBy(unsorted.length, (at) => unsorted[at] ?? "")) {
    sorted.push(unsorted[item] ?? "");
    if (item % STRIDE === 0 && isPauseDue()) yield;
  }
  return sorted;
}

/** Packed addresses, each the item of its number: where it stands, and where its length stands there. */
export interface Places {
  bufferOf(item: number): Buffer;
  placeOf(item: number): number;
}

/** The numbers 0 … count - 1 in the order of their addresses, and equal ones in the order of their numbers. */
export function* sortedAddresses(count: number, { bufferOf, placeOf }: Places): Steps<Uint32Array> {
  const compare = (a: number, b: number): number =>
    compareAddresses(bufferOf(a), placeOf(a), bufferOf(b), placeOf(b)) || a - b;
  const items = drawn(count).sort(compare);
  yield;
  const splitters = located(Uint32Array.from(everyFourth(items)), { bufferOf, placeOf });
  const bucketOf = (item: number): number => {
    const buffer = bufferOf(item);
    const place = placeOf(item);
    let low = 0;
    let high = splitters.places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const splitter = splitters.buffers[middle] ?? buffer;
      if (compareAddresses(splitter, splitters.places[middle] ?? 0, buffer, place) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return yield* sortedIn(count, splitters.places.length + 1, bucketOf, (part) => {
    if (part.length > MOST_KEYED) part.sort(compare);
    else sortPart(part, located(part, { bufferOf, placeOf }));
  });
}

/** Where some items stand, looked up once. */
interface Located {
  readonly buffers: readonly Buffer[];
  readonly places: Uint32Array;
}

function located(items: Uint32Array, { bufferOf, placeOf }: Places): Located {
  const buffers: Buffer[] = [];
  const places = new Uint32Array(items.length);
  for (let index = 0; index < items.length; index++) {
    const item = items[index] ?? 0;
    buffers.push(bufferOf(item));
    places[index] = placeOf(item);
  }
  return { buffers, places };
}

/** How many bytes behind what all have in common tell most items apart, and how many items a number has room for beside them. */
const KEY_BYTES = 5;
const MOST_KEYED = 4096;
const NOTHING = Buffer.alloc(1);

/**
 * Numbers are sorted without a call for each comparison. Each is made of the bytes behind what all have in common, and of
 * the item's place; where those bytes are the same, the addresses themselves are compared.
 */
function sortPart(part: Uint32Array, { buffers, places }: Located): void {
  const common = commonLength({ buffers, places });
  const keys = new Float64Array(part.length);
  for (let index = 0; index < part.length; index++)
    keys[index] = keyBehind(buffers[index] ?? NOTHING, places[index] ?? 0, common) * MOST_KEYED + index;
  keys.sort();
  const compare = (a: number, b: number): number =>
    compareAddresses(buffers[a] ?? NOTHING, places[a] ?? 0, buffers[b] ?? NOTHING, places[b] ?? 0) || a - b;
  const order = Uint32Array.from(keys, (key) => key % MOST_KEYED);
  for (let from = 0; from < keys.length; ) {
    let to = from + 1;
    while (to < keys.length && headOf(keys[to]) === headOf(keys[from])) to++;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
  }
  const items = part.slice();
  for (let index = 0; index < order.length; index++) part[index] = items[order[index] ?? 0] ?? 0;
}

const headOf = (key = 0): number => Math.floor(key / MOST_KEYED);

/** Of the texts that all begin with. */
function commonLength({ buffers, places }: Located): number {
  const [model = NOTHING] = buffers;
  const start = places[0] ?? 0;
  let common = model[start] ?? 0;
  for (let item = 1; item < places.length; item++) {
    const buffer = buffers[item] ?? NOTHING;
    const at = places[item] ?? 0;
    common = Math.min(common, buffer[at] ?? 0);
    for (let index = 1; index <= common; index++) if (buffer[at + index] !== model[start + index]) common = index - 1;
  }
  return common;
}

/** A text that ends sooner is smaller: no address has a byte of value 0. */
function keyBehind(buffer: Buffer, at: number, common: number): number {
  const end = at + (buffer[at] ?? 0);
  let key = 0;
  for (let index = 1; index <= KEY_BYTES; index++) {
    const byte = at + common + index;
    key = key * 256 + (byte <= end ? (buffer[byte] ?? 0) : 0);
  }
  return key;
}

/** Deals the items into buckets that follow one another, each small enough to be sorted at once. */
function* sortedIn(
  count: number,
  buckets: number,
  bucketOf: (item: number) => number,
  sort: (part: Uint32Array) => void,
): Steps<Uint32Array> {
  const bucketed = new Uint16Array(count);
  const starts = new Uint32Array(buckets + 1);
  for (let item = 0; item < count; item++) {
    const bucket = buckets === 1 ? 0 : bucketOf(item);
    bucketed[item] = bucket;
    starts[bucket + 1] = (starts[bucket + 1] ?? 0) + 1;
    if (item % STRIDE === 0 && isPauseDue()) yield;
  }
  for (let bucket = 1; bucket < starts.length; bucket++)
    starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  const order = new Uint32Array(count);
  const next = starts.slice();
  for (let item = 0; item < count; item++) {
    const bucket = bucketed[item] ?? 0;
    order[next[bucket] ?? 0] = item;
    next[bucket] = (next[bucket] ?? 0) + 1;
    if (item % STRIDE === 0 && isPauseDue()) yield;
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    sort(order.subarray(starts[bucket], starts[bucket + 1]));
    if (isPauseDue()) yield;
  }
  return order;
}

/** Four items for each cut between parts of about BUCKET_ITEMS. At random: no order of the items makes a part large. */
function drawn(count: number): number[] {
  const cuts = Math.min(MOST_BUCKETS, Math.floor(count / BUCKET_ITEMS));
  return Array.from({ length: cuts * 4 }, () => randomInt(count));
}

const everyFourth = <T>(sorted: readonly T[]): T[] => sorted.filter((_, index) => index % 4 === 2);

/** How many of the sorted splitters are not greater. */
function upperBound(length: number, isNotGreater: (at: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isNotGreater(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

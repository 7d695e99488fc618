/** Which accounts of two lists are not the same: usually few, and then nothing else needs to be looked at. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import { hashLocal } from "./packed/hash-text.ts";
import { createNumbers, type Numbers } from "./packed/numbers.ts";
import { comparePrimaries, isOneRecord, isSameAccount, type Roster } from "./packed/roster.ts";
import { subsetOf } from "./packed/roster-views.ts";

export interface Differing {
  /** Of the first list: the accounts that are not in the second as they are. */
  readonly gone: Roster;
  /** The same the other way round. */
  readonly come: Roster;
  /** No account that is the same in both has an address with a local part of these: what becomes of them, these alone tell. */
  readonly areApart: boolean;
}

/** The same lists are compared for the plan, for what is lost, and for the tables that stay. */
export function* differingAccounts(before: Roster, after: Roster): Steps<Differing> {
  const known = found.get(before);
  if (known?.after === after) return known.differing;
  const differing = yield* compared(before, after);
  found.set(before, { after, differing });
  return differing;
}
const found = new WeakMap<Roster, { readonly after: Roster; readonly differing: Differing }>();

function* compared(before: Roster, after: Roster): Steps<Differing> {
  const [gone, come] = [createNumbers(), createNumbers()];
  let [old, index] = [0, 0];
  while (old < before.length || index < after.length) {
    if (isPauseDue()) yield;
    if (old < before.length && index < after.length && isOneRecord(before, old, after, index)) {
      old++;
      index++;
      continue;
    }
    const order = old >= before.length ? 1 : index >= after.length ? -1 : comparePrimaries(before, old, after, index);
    if (order === 0 && isSameAccount(before, old, after, index)) {
      old++;
      index++;
      continue;
    }
    if (order <= 0) gone.push(old++);
    if (order >= 0) come.push(index++);
  }
  const parts = { gone: yield* subsetOf(before, listed(gone)), come: yield* subsetOf(after, listed(come)) };
  return { ...parts, areApart: yield* areApart(parts, after, come) };
}

function listed(numbers: Numbers): Uint32Array {
  return Uint32Array.from({ length: numbers.length }, (_, at) => numbers.get(at));
}

/** Of more than these nothing is gained. */
const MOST_APART = 50_000;

/** By hashes of local parts: two of one hash count as one. */
function* areApart({ gone, come }: Pick<Differing, "gone" | "come">, after: Roster, numbers: Numbers): Steps<boolean> {
  if (gone.addresses + come.addresses > MOST_APART) return false;
  const touched = new Set<number>();
  for (const roster of [gone, come]) {
    for (let index = 0; index < roster.length; index++) {
      const count = roster.countOf(index);
      for (let place = 0; place < count; place++) touched.add(roster.hashOfLocal(index, place));
      if (isPauseDue()) yield;
    }
  }
  let next = 0;
  for (let index = 0; index < after.length; index++) {
    if (isPauseDue()) yield;
    if (next < numbers.length && numbers.get(next) === index) {
      next++;
      continue;
    }
    const buffer = after.bufferOf(index);
    const count = after.countOf(index);
    for (let place = 0, at = after.placeOf(index, 0); place < count; place++) {
      if (touched.has(hashLocal(buffer, at))) return false;
      at += 2 + (buffer[at] ?? 0);
    }
  }
  return true;
}

/** Which addresses may stand on several objects: those whose local part has the hash of another's. Usually there is none. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import { hashLocal } from "./packed/hash-text.ts";
import type { Records } from "./packed/records.ts";

/** Of a local part's hash. */
export type IsSuspect = (hash: number) => boolean;

export const NONE_SUSPECTED: IsSuspect = () => false;
const ALL_SUSPECTED: IsSuspect = () => true;

/** Of more hashes than these, each is suspected: a tenant may have all its addresses on several objects. */
const MOST_NOTED = 50_000;
const FREE = 0;

/** Open addressing over the hashes of all local parts: eight bytes an address, for as long as this takes. */
export function* suspectedOf(candidates: Records, addresses: number): Steps<IsSuspect> {
  let size = 1024;
  while (size < addresses * 2) size *= 2;
  const slots = new Uint32Array(size);
  const noted = new Set<number>();
  for (let index = 0; index < candidates.length; index++) {
    const count = candidates.countOf(index);
    if (count === 0) continue;
    const buffer = candidates.bufferOf(index);
    for (let place = 0, at = candidates.placeOf(index, 0); place < count; place++) {
      const hash = hashLocal(buffer, at);
      if (!isNew(slots, hash)) noted.add(hash);
      at += 2 + (buffer[at] ?? 0);
      if (isPauseDue()) yield;
    }
    if (noted.size > MOST_NOTED) return ALL_SUSPECTED;
  }
  return noted.size === 0 ? NONE_SUSPECTED : (hash) => noted.has(hash);
}

/** Whether no such hash was noted before; 0 counts as 1, so that either is suspected with the other. */
function isNew(slots: Uint32Array, hash: number): boolean {
  const value = hash === FREE ? 1 : hash;
  const mask = slots.length - 1;
  let slot = value & mask;
  while (slots[slot] !== FREE) {
    if (slots[slot] === value) return false;
    slot = (slot + 1) & mask;
  }
  slots[slot] = value;
  return true;
}

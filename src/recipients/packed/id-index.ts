/** Finds records by their ids, which stand in the records alone. */

import { hashText } from "./hash-text.ts";

export interface IdIndex {
  find(id: string): number | undefined;
  /** Of the record with this id; where there is none, that id gets this index. */
  findOrAdd(id: string, index: number): number | undefined;
  remove(id: string): void;
  clear(): void;
}

const FREE = 0;
const GONE = 0xffff_ffff;

/** Open addressing over the records' own ids. Hashes are kept beside, so that growing is quick. */
export function createIdIndex(idOf: (index: number) => string): IdIndex {
  /** Index + 1. */
  let slots = new Uint32Array(1024);
  let hashes = new Uint32Array(1024);
  let filled = 0;

  /** Of the id, or of the free place where it belongs. */
  function slotOf(id: string, hash: number): number {
    let slot = hash % slots.length;
    for (;;) {
      const found = slots[slot] ?? FREE;
      if (found === FREE) return slot;
      if (found !== GONE && hashes[slot] === hash && idOf(found - 1) === id) return slot;
      slot = (slot + 1) % slots.length;
    }
  }

  function grow(): void {
    const [oldSlots, oldHashes] = [slots, hashes];
    slots = new Uint32Array(oldSlots.length * 2);
    hashes = new Uint32Array(slots.length);
    filled = 0;
    for (const [old, found] of oldSlots.entries()) {
      if (found === FREE || found === GONE) continue;
      const hash = oldHashes[old] ?? 0;
      let slot = hash % slots.length;
      while (slots[slot] !== FREE) slot = (slot + 1) % slots.length;
      slots[slot] = found;
      hashes[slot] = hash;
      filled++;
    }
  }

  return {
    find(id) {
      const found = slots[slotOf(id, hashText(id))] ?? FREE;
      return found === FREE ? undefined : found - 1;
    },
    findOrAdd(id, index) {
      if (filled * 4 >= slots.length * 3) grow();
      const hash = hashText(id);
      const slot = slotOf(id, hash);
      const found = slots[slot] ?? FREE;
      if (found !== FREE) return found - 1;
      slots[slot] = index + 1;
      hashes[slot] = hash;
      filled++;
      return undefined;
    },
    remove(id) {
      const slot = slotOf(id, hashText(id));
      if (slots[slot] !== FREE) slots[slot] = GONE;
    },
    clear() {
      slots = new Uint32Array(0);
      hashes = new Uint32Array(0);
    },
  };
}

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

/** A power of two. Each grows by itself: half a million ids that move at once would take a twentieth of a second. */
const PARTS = 16;
const FIRST_SLOTS = 32;

/** Open addressing over the records' own ids, in parts by their hash. */
export function createIdIndex(idOf: (index: number) => string): IdIndex {
  let parts = createParts(idOf);
  const partOf = (hash: number): Part => parts[hash % PARTS] ?? createPart(idOf);
  return {
    find(id) {
      const hash = hashText(id);
      return partOf(hash).find(id, hash);
    },
    findOrAdd(id, index) {
      const hash = hashText(id);
      return partOf(hash).findOrAdd(id, hash, index);
    },
    remove(id) {
      const hash = hashText(id);
      partOf(hash).remove(id, hash);
    },
    clear() {
      parts = [];
    },
  };
}

type Part = ReturnType<typeof createPart>;

const createParts = (idOf: (index: number) => string): Part[] => Array.from({ length: PARTS }, () => createPart(idOf));

/** Hashes are kept beside, so that growing is quick. */
function createPart(idOf: (index: number) => string) {
  /** Index + 1. */
  let slots = new Uint32Array(FIRST_SLOTS);
  let hashes = new Uint32Array(FIRST_SLOTS);
  let filled = 0;

  const firstSlot = (hash: number): number => Math.floor(hash / PARTS) % slots.length;

  /** Of the id, or of the free place where it belongs. */
  function slotOf(id: string, hash: number): number {
    let slot = firstSlot(hash);
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
    for (let old = 0; old < oldSlots.length; old++) {
      const found = oldSlots[old] ?? FREE;
      if (found === FREE || found === GONE) continue;
      const hash = oldHashes[old] ?? 0;
      let slot = firstSlot(hash);
      while (slots[slot] !== FREE) slot = (slot + 1) % slots.length;
      slots[slot] = found;
      hashes[slot] = hash;
      filled++;
    }
  }

  return {
    find(id: string, hash: number): number | undefined {
      const found = slots[slotOf(id, hash)] ?? FREE;
      return found === FREE ? undefined : found - 1;
    },
    findOrAdd(id: string, hash: number, index: number): number | undefined {
      if (filled * 4 >= slots.length * 3) grow();
      const slot = slotOf(id, hash);
      const found = slots[slot] ?? FREE;
      if (found !== FREE) return found - 1;
      slots[slot] = index + 1;
      hashes[slot] = hash;
      filled++;
      return undefined;
    },
    remove(id: string, hash: number): void {
      const slot = slotOf(id, hash);
      if (slots[slot] !== FREE) slots[slot] = GONE;
    },
  };
}

/** Local parts with labels, packed: a bit a label, so that what fifty Mirror domains repeat costs seven bytes more, however it is mixed. */

import { isPauseDue } from "../../base/steps.ts";
import { createRecords } from "./records.ts";
import { sortedBy } from "./sort.ts";

/** Local parts that carry the very same labels. */
export interface LabelledGroup {
  /** Sorted. */
  readonly labels: readonly string[];
  /** Sorted. */
  readonly locals: readonly string[];
}

export interface Labelled {
  /** Local parts. */
  readonly length: number;
  /** A label that it has already is not counted twice. Answers whether it is new there. */
  add(local: string, label: string): boolean;
  has(local: string, label: string): boolean;
  /** The local part with this number, and its labels. */
  at(index: number): { readonly local: string; readonly labels: readonly string[] };
  /** In an order that follows from what they are; a group with more than `most` local parts comes in several. */
  groups(most: number): Generator<LabelledGroup | undefined>;
}

const WORD_BITS = 32;

export function createLabelled(): Labelled {
  const locals = createRecords();
  const numbers = new Map<string, number>();
  const labels: string[] = [];
  const bits = createRows();

  const numberOf = (label: string): number => {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    numbers.set(label, labels.length);
    return labels.push(label) - 1;
  };
  const labelsAt = (index: number): string[] => labels.filter((_, label) => bits.has(index, label));

  return {
    get length() {
      return locals.length;
    },
    add(local, label) {
      let index = locals.find(local);
      if (index === undefined) {
        index = locals.length;
        locals.put({ id: local, kind: 0, addresses: [], marks: [] });
      }
      return bits.add(index, numberOf(label));
    },
    has(local, label) {
      const [index, number] = [locals.find(local), numbers.get(label)];
      return index !== undefined && number !== undefined && bits.has(index, number);
    },
    at: (index) => ({ local: locals.idOf(index), labels: labelsAt(index) }),
    *groups(most) {
      const sorted = labels.map((_, label) => label).sort((a, b) => ((labels[a] ?? "") < (labels[b] ?? "") ? -1 : 1));
      /** Which labels it has, in their order: equal texts are equal sets. */
      const keyOf = (index: number): string => bits.textOf(index, sorted);
      const order = yield* sortedBy(locals.length, (index) => `${keyOf(index)} ${locals.idOf(index)}`);
      let open: { readonly key: string; readonly labels: string[]; readonly locals: string[] } | undefined;
      for (const index of order) {
        const key = keyOf(index);
        if (open !== undefined && (open.key !== key || open.locals.length >= most)) {
          yield open;
          open = undefined;
        }
        open ??= { key, labels: labelsAt(index).sort(), locals: [] };
        open.locals.push(locals.idOf(index));
        if (isPauseDue()) yield undefined;
      }
      if (open !== undefined) yield open;
    },
  };
}

/** Rows of bits, all as wide as the widest. */
function createRows() {
  let width = 1;
  let words = new Uint32Array(256);

  const wordOf = (row: number, bit: number): number => row * width + Math.floor(bit / WORD_BITS);

  function widen(bit: number): void {
    const wider = Math.max(Math.floor(bit / WORD_BITS) + 1, width * 2);
    const rows = words.length / width;
    const next = new Uint32Array(rows * wider);
    for (let row = 0; row < rows; row++) next.set(words.subarray(row * width, (row + 1) * width), row * wider);
    [words, width] = [next, wider];
  }

  function lengthen(row: number): void {
    const rows = words.length / width;
    const next = new Uint32Array(Math.max(row + 1, rows + (rows >>> 1)) * width);
    next.set(words);
    words = next;
  }

  const has = (row: number, bit: number): boolean =>
    bit < width * WORD_BITS && ((words[wordOf(row, bit)] ?? 0) & (1 << (bit % WORD_BITS))) !== 0;

  return {
    has,
    /** Answers whether it was not set. */
    add(row: number, bit: number): boolean {
      if (bit >= width * WORD_BITS) widen(bit);
      if (wordOf(row, bit) >= words.length) lengthen(row);
      if (has(row, bit)) return false;
      const word = wordOf(row, bit);
      words[word] = (words[word] ?? 0) | (1 << (bit % WORD_BITS));
      return true;
    },
    textOf: (row: number, order: readonly number[]): string => order.map((bit) => (has(row, bit) ? "0" : "1")).join(""),
  };
}

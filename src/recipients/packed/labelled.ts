/** Local parts with labels, packed: what fifty Mirror domains repeat costs no more than the original. */

import { createNumbers } from "./numbers.ts";
import { createRecords } from "./records.ts";

/** Local parts that carry the very same labels. */
export interface LabelledGroup {
  /** Sorted. */
  readonly labels: readonly string[];
  readonly locals: Iterable<string>;
}

export interface Labelled {
  /** Local parts. */
  readonly length: number;
  /** A label that it has already is not counted twice. Answers whether it is new there. */
  add(local: string, label: string): boolean;
  has(local: string, label: string): boolean;
  labelsOf(local: string): readonly string[];
  groups(): Iterable<LabelledGroup>;
}

interface LabelSet {
  readonly labels: ReadonlySet<string>;
  /** By a label: the number of the set that has it too. */
  readonly with: Map<string, number>;
}

export function createLabelled(): Labelled {
  const locals = createRecords();
  /** By the number of a local part: the number of its set. */
  const setOf = createNumbers();
  const sets: LabelSet[] = [{ labels: new Set(), with: new Map() }];
  const numbers = new Map<string, number>();

  const labelsAt = (local: string): ReadonlySet<string> => {
    const index = locals.find(local);
    return (index === undefined ? undefined : sets[setOf.get(index)]?.labels) ?? new Set();
  };

  /** The set that has one label more. */
  function widened(from: number, label: string): number {
    const set = sets[from];
    const known = set?.with.get(label);
    if (set === undefined || known !== undefined) return known ?? 0;
    const labels = new Set([...set.labels, label].sort());
    const key = [...labels].join(" ");
    const number = numbers.get(key) ?? sets.push({ labels, with: new Map() }) - 1;
    numbers.set(key, number);
    set.with.set(label, number);
    return number;
  }

  return {
    get length() {
      return locals.length;
    },
    add(local, label) {
      let index = locals.find(local);
      if (index === undefined) {
        locals.put({ id: local, kind: 0, addresses: [], marks: [] });
        index = locals.length - 1;
        setOf.push(0);
      }
      const set = setOf.get(index);
      if (sets[set]?.labels.has(label) === true) return false;
      setOf.set(index, widened(set, label));
      return true;
    },
    has: (local, label) => labelsAt(local).has(label),
    labelsOf: (local) => [...labelsAt(local)],
    *groups() {
      const members = sets.map(() => createNumbers());
      for (let index = 0; index < setOf.length; index++) members[setOf.get(index)]?.push(index);
      for (const [number, { labels }] of sets.entries()) {
        const inside = members[number];
        if (inside === undefined || inside.length === 0) continue;
        yield { labels: [...labels], locals: idsOf(inside, (index) => locals.idOf(index)) };
      }
    },
  };
}

function* idsOf(numbers: { readonly length: number; get(at: number): number }, idOf: (index: number) => string) {
  for (let at = 0; at < numbers.length; at++) yield idOf(numbers.get(at));
}

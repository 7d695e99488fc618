/** Whose turn it is among groups of keys: the group that has waited longest since its last turn. */
import type { Fairness } from "./queue.ts";

export interface Turns {
  /** Of these keys, in the order in which they came, the one to work on now; undefined when none may. */
  next(waiting: Iterable<string>): string | undefined;
  began(key: string): void;
  ended(key: string): void;
}

interface Group {
  running: number;
  /** Number of its last turn. */
  turn: number;
}

export function createTurns({ groupOf, mostOfGroup }: Fairness): Turns {
  const groups = new Map<string, Group>();
  /** The group that a key had when it began: what it is of may have changed since. */
  const begun = new Map<string, Group>();
  let turn = 0;

  return {
    next(waiting) {
      let best: { readonly key: string; readonly turn: number } | undefined;
      for (const key of waiting) {
        const group = groups.get(groupOf(key)) ?? { running: 0, turn: 0 };
        if (group.running >= mostOfGroup) continue;
        if (best === undefined || group.turn < best.turn) best = { key, turn: group.turn };
        if (best.turn === 0) break;
      }
      return best?.key;
    },
    began(key) {
      const name = groupOf(key);
      const group = groups.get(name) ?? { running: 0, turn: 0 };
      group.running++;
      group.turn = ++turn;
      groups.set(name, group);
      begun.set(key, group);
    },
    ended(key) {
      const group = begun.get(key);
      begun.delete(key);
      if (group !== undefined) group.running--;
    },
  };
}

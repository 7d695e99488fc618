/** The keys that wait for a worker; groups of keys take turns: the one whose last turn is longest ago goes first. */

/** Keys of one group take turns with those of the others, and do not take all workers, however many there are. */
export interface Fairness {
  groupOf(key: string): string;
  /** How many keys of one group are worked on at once. */
  readonly mostOfGroup: number;
}

export interface Waiting {
  readonly size: number;
  has(key: string): boolean;
  /** `at`: milliseconds since the epoch. */
  add(key: string, at: number): void;
  /** The key to work on now, and since when it waited; undefined when none may be worked on. Its worker says when it is done. */
  take(): { readonly key: string; readonly since: number } | undefined;
  done(key: string): void;
  /** Of a key that was taken and is not done: since when it had waited. */
  queuedAt(key: string): number | undefined;
  clear(): void;
}

interface Group {
  running: number;
  /** Number of its last turn. */
  turn: number;
}

export function createWaiting({ groupOf, mostOfGroup }: Fairness): Waiting {
  /** Oldest first. */
  const waiting = new Map<string, number>();
  const groups = new Map<string, Group>();
  /** The group that a key had when it began: what it is of may have changed since. */
  const begun = new Map<string, { readonly group: Group; readonly since: number }>();
  let turn = 0;

  const groupFor = (key: string): Group => groups.get(groupOf(key)) ?? { running: 0, turn: 0 };

  function next(): string | undefined {
    let best: { readonly key: string; readonly turn: number } | undefined;
    for (const key of waiting.keys()) {
      const group = groupFor(key);
      if (group.running >= mostOfGroup) continue;
      if (best === undefined || group.turn < best.turn) best = { key, turn: group.turn };
      if (best.turn === 0) break;
    }
    return best?.key;
  }

  return {
    get size() {
      return waiting.size;
    },
    has: (key) => waiting.has(key),
    add: (key, at) => void waiting.set(key, at),
    take() {
      const key = next();
      if (key === undefined) return undefined;
      const group = groupFor(key);
      group.running++;
      group.turn = ++turn;
      groups.set(groupOf(key), group);
      const since = waiting.get(key) ?? 0;
      begun.set(key, { group, since });
      waiting.delete(key);
      return { key, since };
    },
    done(key) {
      const taken = begun.get(key);
      begun.delete(key);
      if (taken !== undefined) taken.group.running--;
    },
    queuedAt: (key) => begun.get(key)?.since,
    clear: () => waiting.clear(),
  };
}

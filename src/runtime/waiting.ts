/** The keys that wait for a worker; groups of keys take turns: the one whose last turn is longest ago goes first. */

/** Keys of one group take turns with those of the others, and do not take all workers, however many there are. */
export interface Fairness {
  /** Always as many, whose names differ: turns are taken among the first ones of the keys, then among the second ones. */
  groupsOf(key: string): readonly string[];
  /** By the place in `groupsOf`: how many keys of one group are worked on at once. Asked once for each key that is taken. */
  mostOf(): readonly number[];
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

/** Beyond that the ones whose turn is longest ago are forgotten: names of groups are made by whoever writes the objects. */
const MOST_GROUPS = 10_000;
const NO_TURN_YET: Readonly<Group> = { running: 0, turn: 0 };

export function createWaiting({ groupsOf, mostOf }: Fairness): Waiting {
  /** Oldest first. */
  const waiting = new Map<string, number>();
  /** The one whose turn is longest ago first. */
  const groups = new Map<string, Group>();
  /** The groups that a key had when it began: what it is of may have changed since. */
  const begun = new Map<string, { readonly groups: readonly Group[]; readonly since: number }>();
  let turn = 0;

  function next(): string | undefined {
    const most = mostOf();
    let best: { readonly key: string; readonly turns: readonly number[] } | undefined;
    for (const key of waiting.keys()) {
      const own = groupsOf(key).map((name) => groups.get(name) ?? NO_TURN_YET);
      if (own.some(({ running }, depth) => running >= (most[depth] ?? Number.POSITIVE_INFINITY))) continue;
      const turns = own.map((group) => group.turn);
      if (best === undefined || isEarlier(turns, best.turns)) best = { key, turns };
      if (best.turns.every((each) => each === 0)) break;
    }
    return best?.key;
  }

  function takeTurn(name: string): Group {
    const group = groups.get(name) ?? { ...NO_TURN_YET };
    group.running++;
    group.turn = turn;
    groups.delete(name);
    groups.set(name, group);
    return group;
  }

  function forgetOldest(): void {
    for (const [name, group] of groups) {
      if (groups.size <= MOST_GROUPS) return;
      if (group.running === 0) groups.delete(name);
    }
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
      turn++;
      const since = waiting.get(key) ?? 0;
      begun.set(key, { groups: groupsOf(key).map(takeTurn), since });
      forgetOldest();
      waiting.delete(key);
      return { key, since };
    },
    done(key) {
      for (const group of begun.get(key)?.groups ?? []) group.running--;
      begun.delete(key);
    },
    queuedAt: (key) => begun.get(key)?.since,
    clear: () => waiting.clear(),
  };
}

function isEarlier(turns: readonly number[], others: readonly number[]): boolean {
  const different = turns.findIndex((turn, depth) => turn !== others[depth]);
  return different >= 0 && (turns[different] ?? 0) < (others[different] ?? 0);
}

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

/** Keys that are of the same groups: of them only the oldest can be next, so that thousands cost no more than one. */
interface Lane {
  readonly names: readonly string[];
  /** Oldest first. */
  readonly keys: Map<string, Ticket>;
}

interface Ticket {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Lower for whoever came earlier. */
  readonly number: number;
}

/** Who waits, by the groups that they are of. */
function createLanes(groupsOf: Fairness["groupsOf"]) {
  const lanes = new Map<string, Lane>();
  const laneOf = new Map<string, Lane>();

  function line(key: string, ticket: Ticket): void {
    const names = groupsOf(key);
    const id = JSON.stringify(names);
    const lane = lanes.get(id) ?? { names, keys: new Map() };
    lanes.set(id, lane);
    lane.keys.set(key, ticket);
    laneOf.set(key, lane);
  }

  /** Answers since when it had waited. */
  function leave(key: string): Ticket | undefined {
    const lane = laneOf.get(key);
    const ticket = lane?.keys.get(key);
    laneOf.delete(key);
    lane?.keys.delete(key);
    if (lane?.keys.size === 0) lanes.delete(JSON.stringify(lane.names));
    return ticket;
  }

  /** The oldest of a lane that is of these groups still; whichever is of others by now joins theirs. */
  function firstOf({ names, keys }: Lane): { readonly key: string; readonly ticket: Ticket } | undefined {
    for (const [key, ticket] of keys) {
      if (groupsOf(key).every((name, depth) => name === names[depth])) return { key, ticket };
      leave(key);
      line(key, ticket);
    }
    return undefined;
  }

  return { lanes, laneOf, line, leave, firstOf };
}

export function createWaiting({ groupsOf, mostOf }: Fairness): Waiting {
  const { lanes, laneOf, line, leave, firstOf } = createLanes(groupsOf);
  let tickets = 0;
  /** The one whose turn is longest ago first. */
  const groups = new Map<string, Group>();
  /** The groups that a key had when it began: what it is of may have changed since. */
  const begun = new Map<string, { readonly groups: readonly Group[]; readonly since: number }>();
  let turn = 0;

  function next(): string | undefined {
    const most = mostOf();
    let best: Candidate | undefined;
    // A key that joins another lane while this goes on comes to its turn there: what is added to a Map is gone through too.
    for (const lane of lanes.values()) {
      const own = lane.names.map((name) => groups.get(name) ?? NO_TURN_YET);
      const isFull = own.some(({ running }, depth) => running >= (most[depth] ?? Number.POSITIVE_INFINITY));
      const first = firstOf(lane);
      if (isFull || first === undefined) continue;
      const candidate = { key: first.key, number: first.ticket.number, turns: own.map(({ turn: last }) => last) };
      if (best === undefined || isEarlier(candidate, best)) best = candidate;
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
      return laneOf.size;
    },
    has: (key) => laneOf.has(key),
    add: (key, at) => line(key, { since: at, number: tickets++ }),
    take() {
      const key = next();
      if (key === undefined) return undefined;
      turn++;
      const since = leave(key)?.since ?? 0;
      begun.set(key, { groups: groupsOf(key).map(takeTurn), since });
      forgetOldest();
      return { key, since };
    },
    done(key) {
      for (const group of begun.get(key)?.groups ?? []) group.running--;
      begun.delete(key);
    },
    queuedAt: (key) => begun.get(key)?.since,
    clear() {
      lanes.clear();
      laneOf.clear();
    },
  };
}

interface Candidate {
  readonly key: string;
  readonly number: number;
  readonly turns: readonly number[];
}

/** Whose turn is longer ago, and of equal ones who waits longer. */
function isEarlier(one: Candidate, other: Candidate): boolean {
  const different = one.turns.findIndex((turn, depth) => turn !== other.turns[depth]);
  if (different < 0) return one.number < other.number;
  return (one.turns[different] ?? 0) < (other.turns[different] ?? 0);
}

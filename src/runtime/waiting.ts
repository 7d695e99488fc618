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
  /** Whether one of these waits, and its groups have a worker left. */
  mayBegin(keys: readonly string[]): boolean;
  /** The key to work on now, and since when it waited; undefined when none may be worked on. Its worker says when it is done. */
  take(): { readonly key: string; readonly since: number } | undefined;
  done(key: string): void;
  /** Of a key that was taken and is not done: since when it had waited. */
  queuedAt(key: string): number | undefined;
  clear(): void;
}

/** Beyond that the ones whose turn is longest ago are forgotten: names of groups are made by whoever writes the objects. */
const MOST_TURNS = 10_000;

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
  /** By the first group, then by all of them. */
  const byFirst = new Map<string, Map<string, Lane>>();
  const laneOf = new Map<string, Lane>();

  function line(key: string, ticket: Ticket): void {
    const names = groupsOf(key);
    const [first = ""] = names;
    const lanes = byFirst.get(first) ?? new Map<string, Lane>();
    byFirst.set(first, lanes);
    const id = JSON.stringify(names);
    const lane = lanes.get(id) ?? { names, keys: new Map() };
    lanes.set(id, lane);
    lane.keys.set(key, ticket);
    laneOf.set(key, lane);
  }

  /** Answers since when it had waited. */
  function leave(key: string): Ticket | undefined {
    const lane = laneOf.get(key);
    if (lane === undefined) return undefined;
    const ticket = lane.keys.get(key);
    laneOf.delete(key);
    lane.keys.delete(key);
    const [first = ""] = lane.names;
    const lanes = byFirst.get(first);
    if (lane.keys.size === 0) lanes?.delete(JSON.stringify(lane.names));
    if (lanes?.size === 0) byFirst.delete(first);
    return ticket;
  }

  /** Whether its oldest is of these groups still; one that is of others by now joins theirs. */
  function isStillOf({ names, keys }: Lane): boolean {
    const [oldest] = keys;
    if (oldest === undefined) return true;
    const [key, ticket] = oldest;
    const now = groupsOf(key);
    if (names.every((name, depth) => name === now[depth])) return true;
    leave(key);
    line(key, ticket);
    return false;
  }

  return { byFirst, laneOf, line, leave, isStillOf };
}

/** Who works, and whose turn was when. */
function createTurns() {
  /** How many keys of a group are worked on, by its name. */
  const running = new Map<string, number>();
  /** The number of its last turn; the one whose turn is longest ago first. */
  const turns = new Map<string, number>();
  let turn = 0;
  return {
    runningOf: (name: string): number => running.get(name) ?? 0,
    /** 0: it had none yet. */
    lastOf: (name: string): number => turns.get(name) ?? 0,
    take(names: readonly string[]): void {
      turn++;
      for (const name of names) {
        running.set(name, (running.get(name) ?? 0) + 1);
        turns.delete(name);
        turns.set(name, turn);
      }
      for (const name of turns.keys()) {
        if (turns.size <= MOST_TURNS) return;
        turns.delete(name);
      }
    },
    end(names: readonly string[]): void {
      for (const name of names) {
        const left = (running.get(name) ?? 0) - 1;
        if (left > 0) running.set(name, left);
        else running.delete(name);
      }
    },
  };
}

export function createWaiting({ groupsOf, mostOf }: Fairness): Waiting {
  const { byFirst, laneOf, line, leave, isStillOf } = createLanes(groupsOf);
  const turns = createTurns();
  let tickets = 0;
  /** The groups that a key had when it began: what it is of may have changed since. */
  const begun = new Map<string, { readonly names: readonly string[]; readonly since: number }>();

  /** The best as the lanes have it, and whether a key was found to be of other groups than its lane: then it is asked again. */
  function look(): { readonly best: Candidate | undefined; readonly moved: boolean } {
    const most = mostOf();
    const isFull = (name: string, depth: number): boolean => turns.runningOf(name) >= (most[depth] ?? Infinity);
    let best: Candidate | undefined;
    let moved = false;
    for (const lanes of byFirst.values()) {
      for (const lane of lanes.values()) {
        const full = lane.names.findIndex(isFull);
        if (full >= 0) moved ||= !isStillOf(lane);
        // So are all of them: thousands of lanes of a group that has its workers cost no more than one.
        if (full === 0) break;
        if (full > 0) continue;
        const candidate = candidateOf(lane, turns.lastOf);
        if (best !== undefined && (candidate.turns[0] ?? 0) > (best.turns[0] ?? 0)) break;
        if (best === undefined || isEarlier(candidate, best)) best = candidate;
      }
    }
    return { best, moved };
  }

  function next(): string | undefined {
    for (;;) {
      const { best, moved } = look();
      if (best !== undefined && isStillOf(best.lane)) return best.lane.keys.keys().next().value;
      if (best === undefined && !moved) return undefined;
    }
  }

  return {
    get size() {
      return laneOf.size;
    },
    has: (key) => laneOf.has(key),
    mayBegin(keys) {
      const most = mostOf();
      const isFree = (name: string, depth: number): boolean => turns.runningOf(name) < (most[depth] ?? Infinity);
      return keys.some((key) => laneOf.get(key)?.names.every(isFree) ?? false);
    },
    add: (key, at) => line(key, { since: at, number: tickets++ }),
    take() {
      const key = next();
      if (key === undefined) return undefined;
      const since = leave(key)?.since ?? 0;
      const names = groupsOf(key);
      turns.take(names);
      begun.set(key, { names, since });
      return { key, since };
    },
    done(key) {
      turns.end(begun.get(key)?.names ?? []);
      begun.delete(key);
    },
    queuedAt: (key) => begun.get(key)?.since,
    clear() {
      byFirst.clear();
      laneOf.clear();
    },
  };
}

interface Candidate {
  readonly lane: Lane;
  readonly number: number;
  readonly turns: readonly number[];
}

const candidateOf = (lane: Lane, turnOf: (name: string) => number): Candidate => {
  const [oldest] = lane.keys.values();
  return { lane, number: oldest?.number ?? 0, turns: lane.names.map(turnOf) };
};

/** Whose turn is longer ago, and of equal ones who waits longer. */
function isEarlier(one: Candidate, other: Candidate): boolean {
  const different = one.turns.findIndex((turn, depth) => turn !== other.turns[depth]);
  if (different < 0) return one.number < other.number;
  return (one.turns[different] ?? 0) < (other.turns[different] ?? 0);
}

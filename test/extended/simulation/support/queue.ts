/** When each object is looked at next, as the work queue decides it: by timers that also follow the wall clock. */

interface Due {
  /** By the timers of the machine. */
  readonly elapsed: number;
  /** By the wall clock. */
  readonly wall: number;
}

export interface LookQueue {
  /** The next object, and when by the machine's timers. */
  next(): { readonly name: string; readonly elapsed: number };
  set(name: string, waitMs: number): void;
  /** The wall clock was set: what is due by it is noticed within half a minute. */
  clockWasSet(): void;
}

const LOOK_MS = 30_000;

export function createLookQueue(names: readonly string[], elapsed: () => number, wall: () => number): LookQueue {
  const due = new Map<string, Due>(names.map((name) => [name, { elapsed: elapsed(), wall: wall() }]));
  return {
    next() {
      let first = { name: "", elapsed: Number.POSITIVE_INFINITY };
      for (const [name, at] of due) if (at.elapsed < first.elapsed) first = { name, elapsed: at.elapsed };
      return first;
    },
    set: (name, waitMs) => void due.set(name, { elapsed: elapsed() + waitMs, wall: wall() + waitMs }),
    clockWasSet() {
      for (const [name, at] of due) {
        const noticed = elapsed() + Math.max(0, at.wall - wall()) + LOOK_MS;
        if (noticed < at.elapsed) due.set(name, { ...at, elapsed: noticed });
      }
    },
  };
}

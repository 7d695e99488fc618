/** The work queue of client-go: each key waits at most once, is worked on by one worker at a time, and is never forgotten. */
import type { Clock } from "../base/deps.ts";
import { createDelays } from "./delays.ts";
import { createWaiting, type Fairness } from "./waiting.ts";

/** Told what happens in the queue, for metrics. */
export interface QueueObserver {
  depth(waiting: number): void;
  added(): void;
  retried(): void;
  /** A worker took a key that had waited this long. */
  started(waitedSeconds: number): void;
  /** A worker is done with a key after this long. */
  finished(workedSeconds: number): void;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** Absent: first come, first served. */
  readonly fairness?: Fairness | undefined;
  readonly observer?: QueueObserver | undefined;
}

export interface Queue {
  /** Queues the key once. While it is being worked on, it is queued again when that is done. Ignored after shutDown. */
  add(key: string): void;
  /** Adds the key after `ms`. Of several waits for one key the one that ends first counts. Throws RangeError on NaN. */
  addAfter(key: string, ms: number): void;
  /** Adds the key after 0.5 s, doubling with each call to 5 min, until `forget`. Returns that wait in milliseconds. */
  addRateLimited(key: string): number;
  forget(key: string): void;
  /** The next key to work on; the caller must call `done` with it. Undefined once the queue is shut down. */
  get(): Promise<string | undefined>;
  done(key: string): void;
  /** Since when a key that is worked on had waited, in milliseconds since the epoch. */
  queuedAt(key: string): number | undefined;
  /** Drops what waits, takes nothing more and sends the workers home. */
  shutDown(): void;
  /** How long the key that is worked on the longest has been so; 0 when idle. */
  longestRunningSeconds(): number;
  /** The same of all keys that are worked on, together. */
  unfinishedSeconds(): number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 300_000;

const FIRST_COME: Fairness = { groupsOf: () => [], mostOf: () => [] };

export function createQueue({ clock, fairness = FIRST_COME, observer }: QueueOptions): Queue {
  const waiting = createWaiting(fairness);
  const processing = createProcessing(clock);
  /** Keys that a worker has and that were added again. */
  const dirty = new Set<string>();
  const delays = createDelays(clock, (key) => queue.add(key));
  const retries = createRetries();
  const idleWorkers: ((key: string | undefined) => void)[] = [];
  let isShutDown = false;
  /** Where none of those that came may begin, whoever waited before could not either: a worker that is done looks for them. */
  const welcome = onceATurn((came) => {
    if (idleWorkers.length > 0 && waiting.mayBegin(came)) dispatch();
  });

  function enqueue(key: string): void {
    waiting.add(key, clock.now());
    observer?.depth(waiting.size);
    welcome(key);
  }

  /** Gives idle workers what they may work on now. */
  function dispatch(): void {
    const next = () => (idleWorkers.length === 0 ? undefined : take());
    for (let key = next(); key !== undefined; key = next()) idleWorkers.shift()?.(key);
  }

  function take(): string | undefined {
    const taken = waiting.take();
    if (taken === undefined) return undefined;
    processing.begin(taken.key);
    observer?.depth(waiting.size);
    observer?.started(Math.max(0, clock.now() - taken.since) / 1000);
    return taken.key;
  }

  const queue: Queue = {
    add(key) {
      if (isShutDown || waiting.has(key) || dirty.has(key)) return;
      observer?.added();
      if (processing.has(key)) dirty.add(key);
      else enqueue(key);
    },
    addAfter(key, ms) {
      if (Number.isNaN(ms)) throw new RangeError("addAfter: the delay is not a number");
      if (ms <= 0) queue.add(key);
      else if (!isShutDown) delays.set(key, ms);
    },
    addRateLimited(key) {
      const wait = retries.next(key);
      observer?.retried();
      queue.addAfter(key, wait);
      return wait;
    },
    forget: (key) => retries.forget(key),
    get: async () => (isShutDown ? undefined : (take() ?? new Promise((resolve) => idleWorkers.push(resolve)))),
    done(key) {
      const seconds = processing.end(key);
      if (seconds === undefined) return;
      waiting.done(key);
      observer?.finished(seconds);
      if (dirty.delete(key)) enqueue(key);
      dispatch();
    },
    queuedAt: (key) => waiting.queuedAt(key),
    shutDown() {
      isShutDown = true;
      for (const keys of [waiting, dirty, delays]) keys.clear();
      observer?.depth(0);
      for (const worker of idleWorkers.splice(0)) worker(undefined);
    },
    unfinishedSeconds: processing.unfinishedSeconds,
    longestRunningSeconds: processing.longestRunningSeconds,
  };
  return queue;
}

/** A change may queue thousands at once: `look` is told of all that came in one turn of the event loop, when it ends. */
function onceATurn(look: (keys: readonly string[]) => void): (key: string) => void {
  let came: string[] = [];
  return (key) => {
    if (came.push(key) > 1) return;
    queueMicrotask(() => {
      const all = came;
      came = [];
      look(all);
    });
  };
}

/** The keys that a worker has, and since when. */
function createProcessing(clock: Clock) {
  /** By the monotonic clock, in milliseconds; the earliest first. */
  const startedAt = new Map<string, number>();
  const secondsSince = (start: number): number => (clock.monotonic() - start) / 1000;
  return {
    has: (key: string) => startedAt.has(key),
    begin: (key: string) => void startedAt.set(key, clock.monotonic()),
    /** How long it was worked on; undefined where no worker had it. */
    end(key: string): number | undefined {
      const start = startedAt.get(key);
      startedAt.delete(key);
      return start === undefined ? undefined : secondsSince(start);
    },
    unfinishedSeconds: (): number => Array.from(startedAt.values(), secondsSince).reduce((sum, each) => sum + each, 0),
    longestRunningSeconds(): number {
      const [earliest] = startedAt.values();
      return earliest === undefined ? 0 : secondsSince(earliest);
    },
  };
}

/** How long to wait before each key is tried again. */
function createRetries(): { next(key: string): number; forget(key: string): void } {
  const failures = new Map<string, number>();
  return {
    next(key) {
      const failed = failures.get(key) ?? 0;
      failures.set(key, failed + 1);
      return Math.min(FIRST_RETRY_MS * 2 ** failed, LONGEST_RETRY_MS);
    },
    forget: (key) => void failures.delete(key),
  };
}

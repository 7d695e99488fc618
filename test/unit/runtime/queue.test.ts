import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createQueue, type Queue, type QueueObserver } from "../../../src/runtime/queue.ts";
import { createFakeClock, type FakeClock } from "../../support/clock.ts";

function setUp(observer?: QueueObserver): { queue: Queue; clock: FakeClock } {
  const clock = createFakeClock();
  return { clock, queue: createQueue({ clock, observer }) };
}

/** A worker that notes each key with the seconds since the start, and is done at once. */
async function drainInto(log: string[], queue: Queue, clock: FakeClock): Promise<void> {
  const start = clock.now();
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    log.push(`${key}@${(clock.now() - start) / 1000}`);
    queue.done(key);
  }
}

describe("the work queue", () => {
  const MINUTES = 60_000;
  it("hands out a key after its short wait, though the clock is set back before a longer one comes", async () => {
    const { queue, clock } = setUp();
    const got: (string | undefined)[] = [];
    void queue.get().then((key) => got.push(key));
    queue.addAfter("a", 200);
    clock.set(-20 * MINUTES);
    queue.addAfter("a", 10 * MINUTES);
    await clock.advance(200);
    expect(got).toEqual(["a"]);
  });

  it("hands out a key after its short wait, though the clock was set ahead during a longer one", async () => {
    const { queue, clock } = setUp();
    const got: (string | undefined)[] = [];
    void queue.get().then((key) => got.push(key));
    queue.addAfter("a", 10 * MINUTES);
    clock.set(20 * MINUTES);
    queue.addAfter("a", 200);
    await clock.advance(200);
    expect(got).toEqual(["a"]);
  });

  it("hands out keys in the order they were added, each once", async () => {
    const { queue } = setUp();
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(["a", "b", "c"]);
  });

  it("keeps a key that is added while it is worked on until that is done", async () => {
    const { queue, clock } = setUp();
    queue.add("a");
    await queue.get();
    queue.add("a");
    queue.add("a");
    const got: (string | undefined)[] = [];
    void queue.get().then((key) => got.push(key));
    await clock.advance(60_000);
    expect(got).toEqual([]);
    queue.done("a");
    await clock.advance(0);
    expect(got).toEqual(["a"]);
  });

  it.each<[string, number[], string[]]>([
    ["the earliest of several waits wins", [5_000, 2_000, 9_000], ["a@2"]],
    ["no wait means now", [0], ["a@0"]],
    ["a wait of the past means now", [-1], ["a@0"]],
    ["a wait beyond 24.8 days is kept", [40 * 86_400_000], ["a@3456000"]],
    ["an endless wait never ends", [Number.POSITIVE_INFINITY], []],
  ])("%s", async (_, waits, expected) => {
    const { queue, clock } = setUp();
    const log: string[] = [];
    void drainInto(log, queue, clock);
    for (const ms of waits) queue.addAfter("a", ms);
    await clock.advance(50 * 86_400_000);
    expect(log).toEqual(expected);
  });

  it("refuses a wait that is not a number, which a timer would take for none", () => {
    expect(() => setUp().queue.addAfter("a", Number.NaN)).toThrow(RangeError);
  });

  it("backs off from 0.5 s to 5 min for each key by itself, until it is forgotten", () => {
    const { queue } = setUp();
    const waits = Array.from({ length: 12 }, () => queue.addRateLimited("a"));
    expect(waits).toEqual([500, 1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3, 300e3, 300e3]);
    expect(queue.addRateLimited("b")).toBe(500);
    queue.forget("a");
    expect(queue.addRateLimited("a")).toBe(500);
  });

  it("sends its workers home when it is shut down, and takes nothing more", async () => {
    const { queue, clock } = setUp();
    const idle = queue.get();
    queue.addAfter("later", 1_000);
    queue.shutDown();
    queue.add("a");
    queue.addAfter("b", 1_000);
    expect(await idle).toBeUndefined();
    expect(await queue.get()).toBeUndefined();
    expect(clock.timers).toBe(0);
  });

  it("does not hand out again after shutdown what was added while it was worked on", async () => {
    const { queue } = setUp();
    queue.add("a");
    await queue.get();
    queue.add("a");
    queue.shutDown();
    queue.done("a");
    expect(await queue.get()).toBeUndefined();
  });

  it("tells how long the longest work takes", async () => {
    const { queue, clock } = setUp();
    expect(queue.longestRunningSeconds()).toBe(0);
    queue.add("a");
    queue.add("b");
    await queue.get();
    await clock.advance(3_000);
    await queue.get();
    await clock.advance(4_000);
    expect(queue.longestRunningSeconds()).toBe(7);
    queue.done("a");
    expect(queue.longestRunningSeconds()).toBe(4);
  });

  it("tells its observer depth, adds, retries and times", async () => {
    const told: string[] = [];
    const { queue, clock } = setUp({
      depth: (n) => told.push(`depth ${n}`),
      added: () => told.push("added"),
      retried: () => told.push("retried"),
      started: (s) => told.push(`started after ${s}`),
      finished: (s) => told.push(`finished after ${s}`),
    });
    queue.add("a");
    queue.add("a");
    await clock.advance(2_000);
    await queue.get();
    await clock.advance(3_000);
    queue.done("a");
    queue.addRateLimited("a");
    expect(told).toEqual(["added", "depth 1", "depth 0", "started after 2", "finished after 3", "retried"]);
  });
});

describe("whatever happens in whatever order", () => {
  type Step = readonly ["add" | "work" | "done" | "wait", string, number];
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom("add", "work", "done", "wait"),
    fc.constantFrom("a", "b", "c"),
    fc.integer({ min: 0, max: 5_000 }),
  );

  it("a key has one worker at most, waits once at most, and every add is followed by work", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { queue, clock } = setUp();
        const working = new Set<string>();
        /** Keys that were asked for and not begun since. */
        const owed = new Set<string>();
        const begin = (key: string | undefined): void => {
          if (key === undefined) return;
          expect(working.has(key)).toBe(false);
          // Nothing is handed out that nobody asked for: twice the same key in the queue would show here.
          expect(owed.delete(key)).toBe(true);
          working.add(key);
        };
        const finish = (key: string): void => {
          working.delete(key);
          queue.done(key);
        };
        for (const [action, key, ms] of steps) {
          if (action === "add") {
            owed.add(key);
            queue.add(key);
          } else if (action === "work") void queue.get().then(begin);
          else if (action === "done" && working.has(key)) finish(key);
          else if (action === "wait") await clock.advance(ms);
          await clock.advance(0);
        }
        for (let round = 0; round < 200 && (owed.size > 0 || working.size > 0); round++) {
          for (const key of working) finish(key);
          void queue.get().then(begin);
          await clock.advance(0);
        }
        expect([...owed, ...working]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("a delayed key comes at the first of its times, and never later", async () => {
    const wait = fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: 1, max: 9_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(wait, { minLength: 1, maxLength: 12 }), async (waits) => {
        const { queue, clock } = setUp();
        const log: string[] = [];
        void drainInto(log, queue, clock);
        const first = new Map<string, number>();
        for (const [key, ms] of waits) {
          queue.addAfter(key, ms);
          first.set(key, Math.min(ms, first.get(key) ?? Number.POSITIVE_INFINITY));
        }
        await clock.advance(10_000);
        expect(log.sort()).toEqual([...first].map(([key, ms]) => `${key}@${ms / 1000}`).sort());
      }),
      { numRuns: 100 },
    );
  });
});

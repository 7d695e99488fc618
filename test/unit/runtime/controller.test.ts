import { describe, expect, it } from "vitest";
import { type ControllerObserver, type ControllerOptions, createController } from "../../../src/runtime/controller.ts";
import type { ReconcileContext } from "../../../src/runtime/types.ts";
import { createFakeClock } from "../../support/clock.ts";
import { createMemoryLog } from "./support/logger.ts";

function setUp(reconcile: ControllerOptions["reconcile"], options: Partial<ControllerOptions> = {}) {
  const clock = createFakeClock();
  const log = createMemoryLog();
  const controller = createController({
    name: "test",
    reconcile,
    concurrency: 1,
    timeoutMs: 60_000,
    deps: { clock, random: () => 0.5 },
    log,
    ...options,
  });
  const stop = new AbortController();
  return { clock, log, controller, stop };
}

/** Notes at which second each reconcile began. */
function noting(
  clock: () => { now(): number },
  seconds: number[],
  reconcile: (call: number) => Promise<{ requeueAfterMs?: number }>,
) {
  let start: number | undefined;
  return () => {
    start ??= clock().now();
    seconds.push((clock().now() - start) / 1000);
    return reconcile(seconds.length);
  };
}

describe("a controller", () => {
  it("looks again after requeueAfterMs", async () => {
    const seconds: number[] = [];
    const { clock, controller, stop } = setUp(
      noting(
        () => clock,
        seconds,
        async () => ({ requeueAfterMs: 10_000 }),
      ),
    );
    controller.enqueue("a");
    void controller.run(stop.signal);
    await clock.advance(25_000);
    expect(seconds).toEqual([0, 10, 20]);
  });

  it("works on what was enqueued before it ran, once", async () => {
    const seconds: number[] = [];
    const { clock, controller, stop } = setUp(
      noting(
        () => clock,
        seconds,
        async () => ({}),
      ),
    );
    for (let i = 0; i < 3; i++) controller.enqueue("a");
    void controller.run(stop.signal);
    await clock.advance(3_600_000);
    expect(seconds).toEqual([0]);
  });

  it.each<[string, () => Promise<never>]>([
    ["rejects", () => Promise.reject(new Error("no"))],
    [
      "throws before it gives a promise",
      () => {
        throw new Error("no");
      },
    ],
  ])("backs off when reconcile %s, and a success forgets the backoff", async (_, fail) => {
    const seconds: number[] = [];
    const { clock, log, controller, stop } = setUp(
      noting(
        () => clock,
        seconds,
        (call) => (call === 4 ? Promise.resolve({ requeueAfterMs: 6_500 }) : fail()),
      ),
    );
    controller.enqueue("a");
    void controller.run(stop.signal);
    await clock.advance(11_000);
    expect(seconds).toEqual([0, 0.5, 1.5, 3.5, 10, 10.5]);
    expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(5);
    expect(log.lines[0]).toMatchObject({
      message: "Reconcile failed",
      meta: { controller: "test", namespace: "a", retryAfterMs: 500 },
    });
  });

  it("treats a requeueAfterMs that is not a number as an error, not as a busy loop", async () => {
    const seconds: number[] = [];
    const { clock, controller, stop } = setUp(
      noting(
        () => clock,
        seconds,
        async () => ({ requeueAfterMs: Number.NaN }),
      ),
    );
    controller.enqueue("a");
    void controller.run(stop.signal);
    await clock.advance(2_000);
    expect(seconds).toEqual([0, 0.5, 1.5]);
  });

  it("gives each reconcile its own id, in the context and in its log lines", async () => {
    let count = 0;
    const ids: string[] = [];
    const clock = createFakeClock();
    const { log, controller, stop } = setUp(
      async (_, context) => {
        ids.push(context.reconcileId);
        context.log.info({}, "Hello");
        return {};
      },
      { deps: { clock, random: () => ++count / 10 } },
    );
    controller.enqueue("a");
    controller.enqueue("b");
    void controller.run(stop.signal);
    await clock.advance(0);
    expect(new Set(ids).size).toBe(2);
    expect(ids.every((id) => /^[a-z0-9]{8}$/.test(id))).toBe(true);
    expect(log.lines.map(({ meta: { reconcileID } }) => reconcileID)).toEqual(ids);
  });

  it("works on different keys side by side, as many as it may", async () => {
    const running: string[] = [];
    const { clock, controller, stop } = setUp((key) => new Promise(() => running.push(key)), { concurrency: 2 });
    for (const key of ["a", "b", "c"]) controller.enqueue(key);
    void controller.run(stop.signal);
    await clock.advance(0);
    expect(running).toEqual(["a", "b"]);
  });

  it("aborts a reconcile that takes too long, and tries again", async () => {
    const results: string[] = [];
    const observer: ControllerObserver = {
      ...QUIET,
      reconciled: (result) => results.push(result),
      timedOut: () => results.push("timed out"),
    };
    let calls = 0;
    const { clock, controller, stop } = setUp(
      (_, { signal }) =>
        new Promise((_, reject) => {
          calls += 1;
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
      { observer },
    );
    controller.enqueue("a");
    void controller.run(stop.signal);
    await clock.advance(60_000);
    expect(results).toEqual(["timed out", "error"]);
    await clock.advance(500);
    expect(calls).toBe(2);
  });

  it("never starts a second reconcile of a key whose first ignores its signal, and shows that it hangs", async () => {
    let calls = 0;
    const { clock, controller, stop } = setUp(
      () => {
        calls += 1;
        return new Promise(() => {});
      },
      { concurrency: 2 },
    );
    controller.enqueue("a");
    void controller.run(stop.signal);
    await clock.advance(0);
    controller.enqueue("a");
    await clock.advance(300_000);
    expect(calls).toBe(1);
    expect(controller.longestRunningSeconds()).toBe(300);
  });

  it("on shutdown aborts what runs, starts nothing more, and resolves when nothing runs", async () => {
    const contexts: ReconcileContext[] = [];
    let finish = (): void => {};
    let resolved = false;
    const { clock, controller, stop } = setUp((_, context) => {
      contexts.push(context);
      return new Promise((resolve) => {
        finish = () => resolve({ requeueAfterMs: 1 });
      });
    });
    controller.enqueue("a");
    controller.enqueue("b");
    void controller.run(stop.signal).finally(() => {
      resolved = true;
    });
    await clock.advance(0);
    stop.abort(new Error("shutting down"));
    await clock.advance(1_000);
    expect(contexts[0]?.signal.reason).toEqual(new Error("shutting down"));
    expect(resolved).toBe(false);
    finish();
    await clock.advance(1_000);
    expect(resolved).toBe(true);
    expect(contexts).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  it("does not count a reconcile that shutdown cut short as a failure", async () => {
    const { clock, log, controller, stop } = setUp(
      (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    controller.enqueue("a");
    const run = controller.run(stop.signal);
    await clock.advance(0);
    stop.abort(new Error("shutting down"));
    await run;
    expect(log.lines).toMatchObject([{ level: "info", message: "Reconcile cut short by shutdown" }]);
    expect(clock.timers).toBe(0);
  });

  it("does not run when it was told to stop before", async () => {
    const seconds: number[] = [];
    const { clock, controller, stop } = setUp(
      noting(
        () => clock,
        seconds,
        async () => ({}),
      ),
    );
    controller.enqueue("a");
    stop.abort();
    await controller.run(stop.signal);
    expect(seconds).toEqual([]);
  });

  it("tells its observer results and active workers", async () => {
    const told: unknown[] = [];
    const { clock, controller, stop } = setUp(
      async (key) => {
        if (key === "bad") throw new Error("no");
        return key === "later" ? { requeueAfterMs: 1e9 } : {};
      },
      { observer: { ...QUIET, reconciled: (result) => told.push(result), active: (n) => told.push(n) } },
    );
    for (const key of ["good", "later", "bad"]) controller.enqueue(key);
    void controller.run(stop.signal);
    await clock.advance(0);
    expect(told).toEqual([1, "success", 0, 1, "requeue_after", 0, 1, "error", 0]);
  });
});

const QUIET: ControllerObserver = {
  depth: () => {},
  added: () => {},
  retried: () => {},
  started: () => {},
  finished: () => {},
  reconciled: () => {},
  timedOut: () => {},
  active: () => {},
};

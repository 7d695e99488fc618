/** When kubelet shall restart the pod, and when it shall send it nothing. */
import { describe, expect, it } from "vitest";
import { watchHealth } from "../../../src/observe/health.ts";
import { createFakeClock } from "../../support/clock.ts";

function healthOf(longest = 0, ready = true) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const health = watchHealth(
    { clock, ready: () => ready, unserved: () => [], longestRunningSeconds: () => longest, stuckAfterSeconds: 60 },
    stop.signal,
  );
  return { clock, stop, health };
}

describe("/healthz", () => {
  it("is well while the event loop turns", async () => {
    const { clock, health } = healthOf();
    await clock.advance(3_600_000);
    expect(health.healthz().status).toBe(200);
  });

  it("is not when the event loop stood still for half a minute", () => {
    const clock = createFakeClock();
    // Timers of this clock never fire: the loop is stuck.
    const stuck = { ...clock, setTimeout: () => () => {}, monotonic: () => now };
    let now = clock.monotonic();
    const options = {
      clock: stuck,
      ready: () => true,
      unserved: () => [],
      longestRunningSeconds: () => 0,
      stuckAfterSeconds: 60,
    };
    const health = watchHealth(options, new AbortController().signal);
    now += 30_000;
    expect(health.healthz().status).toBe(200);
    now += 1;
    expect(health.healthz()).toEqual({ status: 500, body: "the event loop is stuck\n" });
  });

  it("is well when the wall clock was set (issue 17, point 4)", () => {
    const { clock, health } = healthOf();
    clock.set(30 * 24 * 3_600_000);
    expect(health.healthz().status).toBe(200);
    clock.set(-60 * 24 * 3_600_000);
    expect(health.healthz().status).toBe(200);
  });

  it.each([
    ["within its time", 60, 200],
    ["beyond it", 61, 500],
  ])("judges a reconcile that runs %s", (_, longest, status) => {
    expect(healthOf(longest).health.healthz().status).toBe(status);
  });

  it("leaves no timer behind when it is told to stop", async () => {
    const { clock, stop } = healthOf();
    stop.abort();
    await clock.advance(2_000);
    expect(clock.timers).toBe(0);
  });
});

describe("/readyz", () => {
  it.each([
    ["once the caches have synced", true, 200],
    ["not before", false, 503],
  ])("is ready %s", (_, ready, status) => {
    expect(healthOf(0, ready).health.readyz().status).toBe(status);
  });
});

describe("A namespace that cannot be served", () => {
  it("is named by /readyz, and keeps the others from nothing (issue 17, point 7)", () => {
    const health = watchHealth(
      {
        clock: createFakeClock(),
        ready: () => true,
        unserved: () => [{ namespace: "b", trouble: "403 Forbidden" }],
        longestRunningSeconds: () => 0,
        stuckAfterSeconds: 60,
      },
      new AbortController().signal,
    );
    expect(health.readyz()).toEqual({ status: 200, body: "ok\nnamespace b is not served: 403 Forbidden\n" });
  });
});

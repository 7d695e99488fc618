import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.ts";
import { type Attempt, parseRetryAfter, retrying } from "../../../../src/directory/http/retry.ts";
import { createFakeClock } from "../../../support/clock.ts";
import { createTestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";

const again = (retryAfterMs?: number): Attempt<string> => ({
  retry: (retryAt) => new Failure("retry", "Throttled", "too busy", { retryAt }),
  retryAfterMs,
});

/** Answers the n-th attempt with the n-th outcome. */
function attempts(...outcomes: readonly Attempt<string>[]) {
  let made = 0;
  return {
    get made() {
      return made;
    },
    attempt: async (): Promise<Attempt<string>> => outcomes[made++] ?? { done: "late" },
  };
}

describe("retrying", () => {
  it("makes four attempts, 1, 2 and 4 s apart", async () => {
    const deps = createTestDeps();
    const calls = attempts(again(), again(), again(), again());
    const failure = await failureOf(retrying(deps, quiet(), calls.attempt));
    expect(calls.made).toBe(4);
    expect(deps.pauses).toEqual([1000, 2000, 4000]);
    expect(failure).toMatchObject({ reason: "Throttled", retryAt: undefined });
  });

  it("keeps the jitter within a fifth", async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (random) => {
        const deps = createTestDeps(random);
        await failureOf(retrying(deps, quiet(), attempts(again(), again(), again(), again()).attempt));
        for (const [index, pause] of deps.pauses.entries()) {
          expect(Math.abs(pause / (1000 * 2 ** index) - 1)).toBeLessThanOrEqual(0.2 + 1e-9);
        }
      }),
    );
  });

  it.each([
    { asked: 0, slept: 1000 },
    { asked: 500, slept: 1000 },
    { asked: 7000, slept: 7000 },
    { asked: 60_000, slept: 60_000 },
  ])("after Retry-After of $asked ms sleeps $slept ms", async ({ asked, slept }) => {
    const deps = createTestDeps();
    await expect(retrying(deps, quiet(), attempts(again(asked), { done: "well" }).attempt)).resolves.toBe("well");
    expect(deps.pauses).toEqual([slept]);
  });

  it("does not wait longer than 60 s: the failure says when", async () => {
    const deps = createTestDeps();
    const calls = attempts(again(60_001));
    const failure = await failureOf(retrying(deps, quiet(), calls.attempt));
    expect(calls.made).toBe(1);
    expect(failure.retryAt).toBe(deps.clock.now() + 60_001);
  });

  it("says when also after the last attempt", async () => {
    const deps = createTestDeps();
    const failure = await failureOf(
      retrying(deps, quiet(), attempts(again(), again(), again(), again(30_000)).attempt),
    );
    expect(failure.retryAt).toBe(deps.clock.now() + 30_000);
  });

  it("ends a pause when it is called off", async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const calls = attempts(again(), again());
    const run = retrying({ clock, random: () => 0.5 }, stop.signal, calls.attempt);
    const outcome = run.catch((error: unknown) => error);
    await clock.advance(100);
    stop.abort(new Error("enough"));
    expect(await outcome).toEqual(new Error("enough"));
    expect(calls.made).toBe(1);
    expect(clock.timers).toBe(0);
  });
});

describe("Retry-After", () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    { value: undefined, ms: undefined },
    { value: "0", ms: 0 },
    { value: " 120 ", ms: 120_000 },
    { value: "Thu, 01 Jan 2026 00:00:30 GMT", ms: 30_000 },
    { value: "Wed, 31 Dec 2025 23:00:00 GMT", ms: 0 },
    { value: "soon", ms: undefined },
    { value: "-5", ms: undefined },
    { value: "1.5", ms: undefined },
    // Longer than a day is asked again with the next slot.
    { value: "86401", ms: 86_400_000 },
    { value: "99999999999", ms: 86_400_000 },
    { value: "9".repeat(400), ms: 86_400_000 },
    { value: "Fri, 01 Jan 2100 00:00:00 GMT", ms: 86_400_000 },
    { value: "in two hours", ms: undefined },
    { value: "", ms: undefined },
  ])("$value means $ms ms", ({ value, ms }) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });
});

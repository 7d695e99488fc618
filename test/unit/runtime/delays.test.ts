/** Waits that follow the wall clock, however somebody sets it. */
import { describe, expect, it } from "vitest";
import { createDelays } from "../../../src/runtime/delays.ts";
import { createFakeClock } from "../../support/clock.ts";

const HOUR_MS = 3_600_000;

/** Timers run on; what the wall clock shows can be set. */
function setUp() {
  const timers = createFakeClock();
  let offset = 0;
  const clock = { ...timers, now: () => timers.now() + offset };
  const due: number[] = [];
  const started = timers.now();
  const delays = createDelays(clock, () => due.push(timers.now() - started));
  const set = (ms: number): void => {
    offset += ms;
  };
  return { delays, due, advance: timers.advance, timers, set };
}

describe("A wait of 12 hours", () => {
  it("is over after 12 hours, to the millisecond", async () => {
    const { delays, due, advance, timers } = setUp();
    delays.set("a", 12 * HOUR_MS + 1);
    await advance(24 * HOUR_MS);
    expect([due, timers.timers]).toEqual([[12 * HOUR_MS + 1], 0]);
  });

  it.each([
    ["is over within half a minute when the clock was set past its end", 13 * HOUR_MS, HOUR_MS, HOUR_MS + 30_000],
    ["ends an hour sooner when the clock was set forward by one", HOUR_MS, 11 * HOUR_MS, 11 * HOUR_MS],
    ["is over within half a minute when the clock was set back", -HOUR_MS, HOUR_MS, HOUR_MS + 30_000],
  ])("%s", async (_, step, earliest, latest) => {
    const { delays, due, advance, set } = setUp();
    delays.set("a", 12 * HOUR_MS);
    await advance(HOUR_MS);
    set(step);
    await advance(23 * HOUR_MS);
    expect(due).toHaveLength(1);
    expect(due[0]).toBeGreaterThanOrEqual(earliest);
    expect(due[0]).toBeLessThanOrEqual(latest);
  });

  it("leaves no timer behind when it is called off", async () => {
    const { delays, due, advance, timers } = setUp();
    delays.set("a", 12 * HOUR_MS);
    await advance(HOUR_MS);
    delays.clear();
    expect(timers.timers).toBe(0);
    await advance(24 * HOUR_MS);
    expect(due).toEqual([]);
  });
});

it("A wait that the wall clock ends soon, after a sleep of the machine, is not put off by one that comes then", async () => {
  const { delays, due, advance, set } = setUp();
  delays.set("a", HOUR_MS);
  set(HOUR_MS - 60_000);
  delays.set("a", 300_000);
  await advance(90_000);
  expect(due.map((ms) => ms <= 90_000)).toEqual([true]);
});

it("A wait that the wall clock has ended is over, however often a shorter one is asked for", async () => {
  const { delays, due, advance, timers, set } = setUp();
  const start = timers.now();
  delays.set("a", HOUR_MS);
  set(HOUR_MS + 100_000);
  for (let times = 1; times < 60 && due.length === 0; times++) {
    delays.set("a", HOUR_MS - times - (timers.now() - start));
    await advance(25_000);
  }
  expect(due.map((ms) => ms <= 30_000)).toEqual([true]);
});

/** Looks at permissions that are asked for from outside. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Checks, createChecks } from "../../../../src/sync/access/checks.ts";
import { createFakeClock, type FakeClock } from "../../../support/clock.ts";

let clock: FakeClock;
let woken: string[];
let checks: Checks;
beforeEach(() => {
  clock = createFakeClock();
  woken = [];
  checks = createChecks(clock, (key) => void woken.push(key));
});

/** Whether it has been resolved by now. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  await clock.advance(0);
  return over;
}

describe("a look that is asked for", () => {
  it("wakes the object, and is over when it was done", async () => {
    const asked = checks.ask("mail/a");
    expect(woken).toEqual(["mail/a"]);
    expect([checks.isAsked("mail/a"), checks.isAsked("mail/b")]).toEqual([true, false]);
    expect(await isOver(asked)).toBe(false);
    checks.done("mail/a");
    expect(await isOver(asked)).toBe(true);
    expect(checks.isAsked("mail/a")).toBe(false);
  });

  it("serves all who ask meanwhile, and those who ask within 10 seconds", async () => {
    const both = [checks.ask("mail/a"), checks.ask("mail/a")];
    checks.done("mail/a");
    await Promise.all(both);
    await clock.advance(9_999);
    await checks.ask("mail/a");
    expect(woken).toHaveLength(1);
    await clock.advance(1);
    void checks.ask("mail/a");
    expect(woken).toHaveLength(2);
  });

  it("is not waited for longer than 5 seconds, and forgotten after a minute", async () => {
    const asked = checks.ask("mail/a");
    await clock.advance(5_000);
    expect(await isOver(asked)).toBe(true);
    expect(checks.isAsked("mail/a")).toBe(true);
    await clock.advance(55_000);
    expect(checks.isAsked("mail/a")).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it("is refused after 60 in an hour", async () => {
    for (let n = 0; n < 70; n++) {
      const asked = checks.ask("mail/a");
      checks.done("mail/a");
      await asked;
      await clock.advance(10_000);
    }
    expect(woken).toHaveLength(60);
    await clock.advance(3_600_000);
    void checks.ask("mail/a");
    expect(woken).toHaveLength(61);
  });

  it("that nobody asked for is nothing to be done", () => {
    checks.done("mail/a");
    expect(checks.isAsked("mail/a")).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { createBackoff } from "../../../src/runtime/backoff.ts";
import { createFakeClock } from "../../support/clock.ts";

describe("the backoff", () => {
  it("doubles from 0.8 s to 30 s", () => {
    const backoff = createBackoff({ clock: createFakeClock(), random: () => 0 });
    expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([
      800, 1600, 3200, 6400, 12800, 25600, 30000, 30000,
    ]);
  });

  it("is up to half shorter by chance", () => {
    const backoff = createBackoff({ clock: createFakeClock(), random: () => 0.999 });
    expect(backoff.next()).toBeCloseTo(400, 0);
  });

  it("begins anew after 2 min without trouble, not sooner", async () => {
    const clock = createFakeClock();
    const backoff = createBackoff({ clock, random: () => 0 });
    backoff.next();
    await clock.advance(120_000);
    expect(backoff.next()).toBe(1600);
    await clock.advance(120_001);
    expect(backoff.next()).toBe(800);
  });
});

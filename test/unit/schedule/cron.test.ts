/** `schedule.cron`: read as CronJob reads it, refused with a cure, and put into every zone as a second implementation does. */
import { CronExpressionParser } from "cron-parser";
import * as fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { readCron } from "../../../src/schedule/cron.ts";
import { type DayTimes, nextSlot } from "../../../src/schedule/slots.ts";

const DAY_MS = 24 * 3_600_000;
const utc = (text: string): number => Date.parse(text);

function cronOf(expression: string) {
  const found = readCron(expression);
  if ("problem" in found) throw new Error(found.problem);
  return found;
}

function slotsOf(schedule: DayTimes, zone: string, after: number, until: number): number[] {
  const slots: number[] = [];
  for (let slot = nextSlot(schedule, zone, after); slot <= until; slot = nextSlot(schedule, zone, slot))
    slots.push(slot);
  return slots;
}

describe("An expression", () => {
  it.each([
    ["0 6,18 * * 1-5", "2026-11-26 06:00, 2026-11-26 18:00, 2026-11-27 06:00, 2026-11-27 18:00"],
    ["30 4 * * *", "2026-11-26 04:30, 2026-11-27 04:30, 2026-11-28 04:30, 2026-11-29 04:30"],
    ["0 */6 * * *", "2026-11-26 06:00, 2026-11-26 12:00, 2026-11-26 18:00, 2026-11-27 00:00"],
    ["15,45 7-8 * * *", "2026-11-26 07:15, 2026-11-26 07:45, 2026-11-26 08:15, 2026-11-26 08:45"],
    ["0 6 * * MON", "2026-11-30 06:00, 2026-12-07 06:00, 2026-12-14 06:00, 2026-12-21 06:00"],
    ["0 6 * * sun", "2026-11-29 06:00, 2026-12-06 06:00, 2026-12-13 06:00, 2026-12-20 06:00"],
    ["0 6 * * 7", "2026-11-29 06:00, 2026-12-06 06:00, 2026-12-13 06:00, 2026-12-20 06:00"],
    ["0 6 * JAN-DEC 6", "2026-11-28 06:00, 2026-12-05 06:00, 2026-12-12 06:00, 2026-12-19 06:00"],
    ["0  6   * * *", "2026-11-26 06:00, 2026-11-27 06:00, 2026-11-28 06:00, 2026-11-29 06:00"],
    // Both restricted: either will do.
    ["0 6 1 * 3", "2026-12-01 06:00, 2026-12-02 06:00, 2026-12-09 06:00, 2026-12-16 06:00"],
    ["0 6 */5 * 3", "2026-11-26 06:00, 2026-12-01 06:00, 2026-12-02 06:00, 2026-12-06 06:00"],
  ])("%s has the slots %s", (expression, expected) => {
    const slots = slotsOf(cronOf(expression), "UTC", utc("2026-11-26T00:00:00Z"), utc("2027-01-01T00:00:00Z"));
    const first = slots.slice(0, 4).map((slot) => new Date(slot).toISOString().slice(0, 16).replace("T", " "));
    expect(first.join(", ")).toBe(expected);
  });

  it.each([
    ["", "is empty"],
    ["@daily", "macros such as @daily are not taken, write 0 6 * * *"],
    ["@every 6h", "macros"],
    ["0 0 6 * * *", "has 6 fields and must have five"],
    ["6 * * *", "has 4 fields"],
    ["CRON_TZ=Europe/Berlin 0 6 * * *", "must not name a time zone; spec.schedule.timeZone does"],
    ["TZ=UTC 0 6 * * *", "spec.schedule.timeZone does"],
    ["* * * * *", "names 1440 times a day; at most 4"],
    ["0,15,30,45 6,7 * * *", "names 8 times a day"],
    ["*/5 6 * * *", "names 12 times a day"],
    ["0 6 1 * *", "leaves more than a week without a slot"],
    ["0 6 1,8,15,22 * *", "leaves more than a week without a slot"],
    ["0 6 * 1-11 *", "leaves more than a week without a slot"],
    ["0 6 29 2 *", "leaves more than a week without a slot"],
    ["0 6 31 2 *", "cannot be read"],
    ["60 6 * * *", "cannot be read: Constraint error, got value 60"],
    ["0 24 * * *", "cannot be read"],
    ["0 18-6 * * *", "cannot be read"],
    ["0 6 * * FRI-MON", "cannot be read"],
    ["H 6 * * *", "may hold only digits"],
    ["0 6 L * *", "may hold only digits"],
    ["0 6 * * 1#2", "may hold only digits"],
    ["0 6 ? * *", "may hold only digits"],
    ["0 6 * * 1,,2", "cannot be read"],
    ["*/0 6 * * *", "cannot be read"],
    ["six in the morning please", "may hold only digits"],
    ["a b c d e", "cannot be read"],
    ["0 6 * * 1 ".padEnd(200, "1"), "is longer than 128 characters"],
  ])("%j is refused: %s", (expression, problem) => {
    const found = readCron(expression);
    expect("problem" in found && found.problem).toContain(problem);
  });

  it("is refused for its days alone where some month makes the gap", () => {
    expect("problem" in readCron("0 6 1,7,13,19,25,31 * *")).toBe(false);
    expect("problem" in readCron("0 6 1,7,13,19,25 * *")).toBe(false);
    expect("problem" in readCron("0 6 7,14,21,28 * *")).toBe(true);
  });
});

/** Fields that a person may write, with four times a day at most. */
const field = (min: number, max: number) =>
  fc.oneof(
    { arbitrary: fc.constant("*"), weight: 6 },
    fc.integer({ min, max }).map(String),
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }).map((list) => list.join(",")),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
  );
const expressions = fc
  .tuple(
    fc.integer({ min: 0, max: 59 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 4 }),
  )
  .chain(([minute, hours]) =>
    fc.tuple(field(1, 31), field(1, 12), field(0, 6)).map((days) => `${minute} ${hours.join(",")} ${days.join(" ")}`),
  );

/** The one rule in which CronJob and the library differ: a step makes a field a restriction. */
const readAlike = (expression: string): boolean => {
  const [, , ofMonth = "", , ofWeek = ""] = expression.split(" ");
  return ![ofMonth, ofWeek].some((part) => part.startsWith("*/") || /^1-31$|^0-6$/.test(part));
};

describe("Random expressions", () => {
  it("have the wall-clock times that the library enumerates itself", () => {
    const start = utc("2026-01-01T00:00:00Z");
    let compared = 0;
    fc.assert(
      fc.property(expressions.filter(readAlike), (expression) => {
        const found = readCron(expression);
        if ("problem" in found) return;
        const expected: number[] = [];
        const walk = CronExpressionParser.parse(expression, { tz: "UTC", currentDate: start });
        for (let slot = walk.next().getTime(); slot <= start + 60 * DAY_MS; slot = walk.next().getTime())
          expected.push(slot);
        expect(slotsOf(found, "UTC", start, start + 60 * DAY_MS)).toEqual(expected);
        compared++;
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(40);
  });

  it("run, in every zone, at the first instant at which Temporal's wall clock shows their time or later", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const days = fc.integer({ min: utc("2024-01-01T00:00:00Z") / DAY_MS, max: utc("2028-01-01T00:00:00Z") / DAY_MS });
    fc.assert(
      fc.property(expressions, fc.constantFrom(...zones), days, (expression, zone, day) => {
        const found = readCron(expression);
        if ("problem" in found) return;
        const [from, until] = [day * DAY_MS, (day + 9) * DAY_MS];
        const slots = slotsOf(found, zone, from, until);
        expect({ zone, slots }).toEqual({ zone, slots: byTemporal(found, zone, from, until) });
      }),
      { numRuns: 400 },
    );
  });
});

/** Written against Temporal: an ambiguous time at its first pass, one in a gap at the end of the gap. */
function byTemporal(schedule: DayTimes, zone: string, after: number, until: number): number[] {
  const found = new Set<number>();
  for (let day = after / DAY_MS - 2; day <= until / DAY_MS + 2; day++) {
    if (schedule.isDay?.(day) === false) continue;
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    for (const time of schedule.times) {
      const plain = Temporal.PlainDateTime.from(`${date}T${time}`);
      const early = plain.toZonedDateTime(zone, { disambiguation: "earlier" });
      const exists = early.toPlainDateTime().equals(plain);
      const slot = exists ? early : early.getTimeZoneTransition("next");
      if (slot !== null && slot.epochMilliseconds > after && slot.epochMilliseconds <= until)
        found.add(slot.epochMilliseconds);
    }
  }
  return [...found].sort((a, b) => a - b);
}

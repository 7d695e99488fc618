/** Slots: evenly spread, and exactly once on every local day of every zone. */
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeSlots, dueSlots, isTimeZone, nextSlot, slotTimes } from "../../../src/schedule/slots.ts";
import { createWallClock } from "../../support/wall-clock.ts";

const DAY_MS = 24 * 3_600_000;
const utc = (text: string): number => Date.parse(text);

describe("The times of an object", () => {
  it("are those that its spec names, sorted", () => {
    expect(slotTimes({ times: ["18:30", "06:00"], timesPerDay: 2 }, "mail/a")).toEqual(["06:00", "18:30"]);
  });

  it.each([1, 2, 3, 4])("are %i a day, evenly apart, at an offset of its own", (timesPerDay) => {
    const times = slotTimes({ timesPerDay }, "mail/example-com");
    const minutes = times.map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
    expect(minutes).toHaveLength(timesPerDay);
    for (const [index, minute] of minutes.entries())
      expect(minute).toBe((minutes[0] ?? 0) + (index * 1440) / timesPerDay);
    expect(slotTimes({ timesPerDay }, "mail/example-com")).toEqual(times);
  });

  it("of a thousand objects spread over the day", () => {
    const hours = Array.from({ length: 24 }, () => 0);
    for (let index = 0; index < 1000; index++) {
      const hour = Number(slotTimes({}, `mail/domain-${index}`)[0]?.slice(0, 2));
      hours[hour] = (hours[hour] ?? 0) + 1;
    }
    // 42 an hour on average; a fair spread stays well within half and double.
    expect(Math.min(...hours)).toBeGreaterThan(20);
    expect(Math.max(...hours)).toBeLessThan(75);
  });
});

describe("Daylight saving", () => {
  const doc = readFileSync(new URL("../../../docs/schedule.md", import.meta.url), "utf8");
  const rows = doc
    .split("\n")
    .filter((line) => /^\| [A-Z].* \| \d{4}-/.test(line))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, 6),
    );

  it.each(rows)("%s on %s at %s runs at %s: %s", (zone, day, time, instant) => {
    const before = utc(`${day}T00:00:00Z`) - DAY_MS;
    const slots = [];
    for (
      let slot = nextSlot({ times: [time ?? ""] }, zone ?? "", before);
      slot < before + 3 * DAY_MS;
      slot = nextSlot({ times: [time ?? ""] }, zone ?? "", slot)
    )
      slots.push(slot);
    expect(slots.map((slot) => new Date(slot).toISOString().replace(".000Z", "Z"))).toContain(instant);
  });

  it("has a row for every kind of case", () => {
    expect(rows.length).toBeGreaterThanOrEqual(14);
  });
});

describe("Every local day of every zone", () => {
  const YEARS = [utc("2024-01-01T00:00:00Z"), utc("2028-01-01T00:00:00Z")] as const;
  const zones = Intl.supportedValuesOf("timeZone");

  /** What the wall clock shows, taken as if it were UTC: the oracle's only knowledge of zones. */
  function wallClock(zone: string): (instant: number) => number {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "medium",
      hourCycle: "h23",
    });
    return (instant) => {
      const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = format
        .format(instant)
        .split(/[/, :]+/)
        .map(Number);
      return Date.UTC(2000 + year, month - 1, day, hour, minute);
    };
  }

  /** Instants, to the day, around which the offset changes. */
  function transitions(wall: (instant: number) => number): number[] {
    const found: number[] = [];
    for (let at = YEARS[0]; at < YEARS[1]; at += 28 * DAY_MS) {
      if (wall(at) - at === wall(at + 28 * DAY_MS) - (at + 28 * DAY_MS)) continue;
      for (let day = at; day < at + 28 * DAY_MS; day += DAY_MS)
        if (wall(day) - day !== wall(day + DAY_MS) - (day + DAY_MS)) found.push(day);
    }
    return found;
  }

  it("has its slots exactly once around each transition", () => {
    const times = ["00:00", "00:30", "01:45", "02:15", "02:30", "03:00", "12:00", "23:59"];
    let checked = 0;
    // Many names share their rules: each set of rules is looked at once.
    const known = new Set<string>();
    for (const zone of zones) {
      const wall = wallClock(zone);
      const days = transitions(wall);
      const rules = days.map((day) => `${day} ${wall(day) - day} ${wall(day + DAY_MS) - day}`).join();
      if (known.has(rules)) continue;
      known.add(rules);
      for (const day of days) {
        const [from, to] = [day - DAY_MS / 2, day + 1.5 * DAY_MS];
        const expected = createWallClock(from, to).slots(times, zone, from, to);
        const slots: number[] = [];
        for (let slot = nextSlot({ times }, zone, from); slot <= to; slot = nextSlot({ times }, zone, slot))
          slots.push(slot);
        const found = { zone, day, slots: slots.join() };
        expect(found).toEqual({ zone, day, slots: expected.join() });
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });
});

describe("What is due", () => {
  const times = ["06:00", "18:00"];

  it.each([
    ["nothing before the first slot", "2026-01-01T00:00:00Z", "2026-01-01T05:59:59Z", undefined, 0],
    ["a slot at its very instant", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z", "2026-01-01T06:00:00.000Z", 1],
    ["not the slot that the cursor stands on", "2026-01-01T06:00:00Z", "2026-01-01T17:00:00Z", undefined, 0],
    [
      "the latest of several, all counted",
      "2026-01-01T00:00:00Z",
      "2026-01-03T12:00:00Z",
      "2026-01-03T06:00:00.000Z",
      5,
    ],
    ["nothing when the clock was set back", "2026-01-02T00:00:00Z", "2026-01-01T12:00:00Z", undefined, 0],
  ])("is %s", (_, after, now, latest, count) => {
    const due = dueSlots({ times }, "UTC", utc(after), utc(now));
    expect({ latest: due.latest && new Date(due.latest).toISOString(), count: due.count }).toEqual({ latest, count });
  });

  it("looks back 400 days and no further", () => {
    expect(dueSlots({ times }, "UTC", 0, utc("2026-01-01T12:00:00Z")).count).toBe(800);
  });

  it("is what nextSlot finds one after another", () => {
    const instant = fc.integer({ min: utc("2026-01-01T00:00:00Z"), max: utc("2027-01-01T00:00:00Z") });
    fc.assert(
      fc.property(
        instant,
        fc.nat(10 * DAY_MS),
        fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"),
        (after, span, zone) => {
          const slots: number[] = [];
          for (
            let slot = nextSlot({ times }, zone, after);
            slot <= after + span;
            slot = nextSlot({ times }, zone, slot)
          )
            slots.push(slot);
          expect(dueSlots({ times }, zone, after, after + span)).toEqual({
            latest: slots.at(-1),
            earlier: slots.at(-2),
            count: slots.length,
          });
        },
      ),
    );
  });
});

describe("A time zone", () => {
  it.each([
    ["UTC", true],
    ["Europe/Berlin", true],
    ["Nowhere/Land", false],
    ["Factory", false],
    ["posixrules", false],
    ["localtime", false],
    ["posix/Europe/Berlin", false],
    ["right/Europe/Berlin", false],
    ["+02:00", false],
    ["", false],
  ])("%j is one: %s", (name, known) => expect(isTimeZone(name)).toBe(known));

  it("stands behind the times", () => {
    expect(describeSlots(["03:17", "15:17"], "UTC")).toBe("03:17, 15:17 UTC");
  });
});

/** Whatever the order of restarts, deaths, edits and clock steps: no slot is lost, told twice, or run again. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { O365Sync, O365SyncStatus } from "../../../../src/api/types.generated.ts";
import { Failure } from "../../../../src/base/failure.ts";
import { slotCursor } from "../../../../src/schedule/object-schedule.ts";
import { decide } from "../../../../src/sync/decide/decide.ts";
import { accountsHash } from "../../../../src/sync/decide/fingerprint.ts";
import { interruptedRun } from "../../../../src/sync/decide/interrupted.ts";
import type { Decision } from "../../../../src/sync/decide/situation.ts";
import { recordOf } from "../../../../src/sync/run/record.ts";
import { abandonedEnd, adopted, ended, missed, type RunEnd, started } from "../../../../src/sync/status/transitions.ts";
import { createLedger } from "../../../extended/simulation/support/ledger.ts";
import { DOMAIN, HOUR, MINUTE, SCHEDULE, situationOf } from "../../../support/situations.ts";
import { createWallClock } from "../../../support/wall-clock.ts";

/** The day before clocks go back in Berlin, and a week before they go forward in Lord Howe. */
const START = Date.UTC(2026, 8, 28, 12);
const DAY = 24 * HOUR;
const NEVER = Number.POSITIVE_INFINITY;
const ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe"];
const wallClock = createWallClock(START - 10 * DAY, START + 140 * DAY);

const published: RunEnd = { result: "Published", reason: "Published", message: "" };
const failed = (kind: "retry" | "stalled"): RunEnd => ({
  result: "Failed",
  reason: "Trouble",
  message: "",
  failure: new Failure(kind, "Trouble", ""),
});

/** One object through its life: what `decide` says is done, by the transitions that the controller uses. */
function createLife() {
  const ledger = createLedger(wallClock);
  let object: O365Sync = { ...situationOf({}).object, status: { observedGeneration: -1 } };
  let now = START;
  let furthest = START;

  function write(status: O365SyncStatus): void {
    const after = { ...object, status };
    ledger.see(object, after, now);
    object = after;
  }
  function end(run: Parameters<typeof started>[1], how: RunEnd): void {
    const record = recordOf(run, how, {}, undefined, now);
    write(ended(object.status ?? {}, { object, run, end: how, now, random: () => 0.5, record }));
  }
  /** False when there is nothing more to do now. */
  function act(decision: Decision, how: RunEnd | "dies"): boolean {
    const status = object.status ?? {};
    if (decision.do === "adopt") write(adopted(object, status, decision.slots, now));
    else if (decision.do === "miss") write(missed(object, status, decision.latest, decision.count));
    else if (decision.do === "abandon") end(decision.run, abandonedEnd(decision.reason, decision.message, undefined));
    else if (decision.do === "run") {
      if (interruptedRun(object)?.id !== decision.run.id)
        write(started(status, decision.run, accountsHash(object, DOMAIN)));
      if (how === "dies") return false;
      end(decision.run, how);
    } else return false;
    return true;
  }

  return {
    ledger,
    get object() {
      return object;
    },
    /** The clock may be set back, as far as it still counts as the same clock. */
    pass: (ms: number) => {
      now = Math.max(now + ms, furthest - 5 * HOUR);
      furthest = Math.max(furthest, now);
    },
    edit(spec: Partial<O365Sync["spec"]>) {
      object = { ...object, spec: { ...object.spec, ...spec } };
    },
    /** As any process does that starts or wakes, with what it remembers: nothing. */
    look(how: RunEnd | "dies") {
      for (let round = 0; round < 50; round++) {
        // Nothing is done in no time.
        now++;
        const decision = decide({ ...situationOf({ now }), object });
        if (act(decision, how)) continue;
        if (decision.do !== "wait") return;
        const { times = [], timeZone = "UTC" } = object.status?.schedule ?? {};
        const from = Math.max(now, slotCursor(object));
        const next = times.length === 0 ? undefined : wallClock.slots(times, timeZone, from, from + 3 * DAY)[0];
        // It never sleeps past a slot.
        expect(decision.until ?? NEVER).toBeLessThanOrEqual(next ?? NEVER);
        return;
      }
      throw new Error("it never comes to rest");
    },
  };
}

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom("00", "15", "30"))
  .map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${minute}`);
const schedule = fc.record({
  enabled: fc.boolean(),
  times: fc.uniqueArray(time, { minLength: 1, maxLength: 4 }),
  timeZone: fc.constantFrom(...ZONES),
  startingDeadlineSeconds: fc.constantFrom(60, 7200, 21_600),
});
const event = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 30 * HOUR }).map((ms) => ({ pass: ms })) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 * MINUTE }).map((ms) => ({ pass: ms })) },
  { weight: 2, arbitrary: fc.integer({ min: -3 * HOUR, max: 3 * HOUR }).map((ms) => ({ pass: ms })) },
  { weight: 1, arbitrary: schedule.map((edited) => ({ edit: { schedule: edited } })) },
  { weight: 1, arbitrary: fc.boolean().map((suspend) => ({ edit: { suspend } })) },
  { weight: 1, arbitrary: fc.nat(9).map((n) => ({ edit: { excludeRecords: [`x${n}@example.com`] } })) },
  { weight: 1, arbitrary: fc.constant({ edit: { schedule: SCHEDULE, suspend: false } }) },
);
const how = fc.constantFrom<(RunEnd | "dies")[]>(published, published, failed("retry"), failed("stalled"), "dies");

describe("In whatever order things happen", () => {
  it("each slot is done once, missed once, or skipped, and none is slept over", () => {
    let slots = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.boolean(), how), { maxLength: 40, size: "max" }), (events) => {
        const life = createLife();
        life.look(published);
        for (const [what, looks, ends] of events) {
          if ("pass" in what) life.pass(what.pass);
          else life.edit(what.edit);
          if (looks) life.look(ends);
        }
        // Whoever looks last finds everything done.
        life.look(published);
        expect(interruptedRun(life.object)).toBeUndefined();
        expect(life.object.status?.schedule?.missedSlots ?? 0).toBe(life.ledger.missed);
        slots += life.ledger.started.size + life.ledger.missed + life.ledger.skipped;
      }),
      { numRuns: 200 },
    );
    expect(slots).toBeGreaterThan(500);
  });
});

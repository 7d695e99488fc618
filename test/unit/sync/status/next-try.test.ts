/** When a failure says that the next try is, it is then. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.ts";
import { decide } from "../../../../src/sync/decide/decide.ts";
import { settle } from "../../../../src/sync/status/conditions.ts";
import {
  at,
  brief,
  DIGEST,
  EVENING,
  FAILED,
  HELD,
  HOUR,
  MINUTE,
  NO_FACTS,
  NOON,
  OFF,
  RETRY,
  type Row,
  situationOf,
} from "../../../support/situations.ts";

function told({ object }: { readonly object: ReturnType<typeof situationOf>["object"] }): string {
  const { conditions = [] } = settle(object, object.status ?? {}, { ...NO_FACTS, now: NOON });
  return conditions.find(({ type }) => type === "Ready")?.message ?? "";
}

describe("A run that failed says its next try", () => {
  it.each<[sentence: string, row: Row, words: string, decision: string]>([
    [
      "is its retry, and it is looked at then",
      { status: { lastSync: FAILED, retry: RETRY } },
      "next try at 2026-01-01 12:05:00 UTC",
      `wait until ${at(NOON + 5 * MINUTE)}`,
    ],
    [
      "is the slot, where that comes first",
      { status: { lastSync: FAILED, retry: { ...RETRY, time: at(NOON + 7 * HOUR) } } },
      "next try at 2026-01-01 18:00:00 UTC",
      `wait until ${EVENING}`,
    ],
    [
      "is by the schedule, where nobody can say when that is",
      {
        spec: { schedule: { enabled: true, cron: "0 6 31 2 *", timeZone: "UTC", startingDeadlineSeconds: 60 } },
        status: { lastSync: FAILED },
      },
      "next try by the schedule",
      "wait for a change",
    ],
    [
      "is by hand, with automatic sync off",
      { spec: OFF, status: { lastSync: FAILED } },
      "next try by hand: kubectl",
      "wait for a change",
    ],
  ])("%s", (_, row, words, decision) => {
    const situation = situationOf(row);
    expect(told(situation)).toContain(words);
    expect(brief(decide(situation))).toBe(decision);
  });

  it.each([
    ["no retry is planned", {}],
    ["a retry was planned before", { retry: RETRY }],
  ])("is none while it is suspended and %s", (_, more) => {
    const row: Row = { spec: { suspend: true }, status: { lastSync: FAILED, ...more }, now: NOON + HOUR };
    expect(told(situationOf(row))).toContain("no next try while spec.suspend is true");
    expect(brief(decide(situationOf(row)))).toBe("wait for a change");
  });
});

describe("A cause that is gone while the object is suspended asks for", () => {
  const lastSync = { ...FAILED, reason: "NotAuthorized", curedTime: at(NOON) };
  it.each<[what: string, spec: Row["spec"], words: RegExp]>([
    ["suspend to be set to false", {}, /is gone; set spec\.suspend to false$/],
    [
      "a sync as well with automatic sync off",
      OFF,
      /; set spec\.suspend to false; automatic sync is off, so then run: kubectl/,
    ],
  ])("%s", (_, spec, words) => {
    expect(told(situationOf({ spec: { ...spec, suspend: true }, status: { lastSync } }))).toMatch(words);
  });
});

it("an approval that meets an obstacle says that it waits, and is served once that is put right", () => {
  const row: Row = { annotations: { approve: DIGEST }, status: { held: HELD } };
  const obstacle = new Failure("stalled", "QuotaExceeded", "used up");
  const decision = decide(situationOf({ ...row, situation: { obstacle } }));
  expect(JSON.stringify(decision)).toContain("used up; the approval waits until that is put right");
  expect(brief(decide(situationOf(row)))).toBe("run Approval approve");
});

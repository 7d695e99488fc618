/** What is done when the cause of a failure is gone, when clocks were wrong, and when something stays in the way; as rows. */
import { describe, expect, it } from "vitest";
import type { O365SyncStatus } from "../../../../src/api/types.generated.ts";
import { Failure } from "../../../../src/base/failure.ts";
import { decide } from "../../../../src/sync/decide/decide.ts";
import {
  at,
  brief,
  DIGEST,
  EVENING,
  FAILED,
  HELD,
  HOUR,
  MINUTE,
  MORNING,
  NOON,
  OFF,
  REFUSED,
  RETRY,
  type Row,
  RUNNING,
  situationOf,
} from "../../../support/situations.ts";

const DAY = 24 * HOUR;
const failed = (reason: string, more: object = {}): Partial<O365SyncStatus> => ({
  lastSync: { ...FAILED, trigger: "Manual", id: "manual-1", reason, ...more },
});
const asked = (time: number) =>
  ({ sync: { token: "1", state: "Failed", reason: "DependencyNotReady", message: "", time: at(time) } }) as const;
const cured = (reason: string) => failed(reason, { curedTime: at(NOON) });
const obstacle = (kind: Failure["kind"], reason: string) => new Failure(kind, reason, "something is in the way");
const rows = (cases: readonly [sentence: string, row: Row, decision: string][]) =>
  it.each(cases)("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));

describe("The cause of a failure (issue 17, points 2 and 3)", () => {
  rows([
    [
      "that was in the cluster and is not there any more is gone",
      { spec: OFF, status: failed("ConfigMapConflict") },
      "cure",
    ],
    [
      "that a run met just now, and a look does not, is not taken for gone: the run would meet it again and again",
      { status: { ...failed("DependencyNotReady", { completionTime: at(NOON - MINUTE) }), retry: RETRY } },
      `wait until ${at(NOON + 5 * MINUTE)}`,
    ],
    [
      "that a look does not meet 10 minutes later is gone",
      { spec: OFF, status: failed("NamespaceTerminating", { completionTime: at(NOON - 10 * MINUTE) }) },
      "cure",
    ],
    [
      "is waited for as long as that, with automatic sync off",
      { spec: OFF, status: failed("ConfigMapConflict", { completionTime: at(NOON - 4 * MINUTE) }) },
      `wait until ${at(NOON + 6 * MINUTE)}`,
    ],
    [
      "that is still there is looked at again within 10 minutes",
      {
        spec: OFF,
        status: failed("ConfigMapConflict"),
        situation: { obstacle: obstacle("stalled", "ConfigMapConflict") },
      },
      `wait until ${at(NOON + 10 * MINUTE)}`,
    ],
    [
      "that becomes right by itself is looked at every minute",
      {
        spec: OFF,
        status: failed("DependencyNotReady"),
        situation: { obstacle: obstacle("wait", "DependencyNotReady") },
      },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    [
      "that becomes right by itself is looked at every 10 s while somebody waits for an answer",
      {
        spec: OFF,
        status: { ...failed("DependencyNotReady"), requests: asked(NOON - 9 * MINUTE) },
        situation: { obstacle: obstacle("wait", "DependencyNotReady") },
      },
      `wait until ${at(NOON + 10_000)}`,
    ],
    [
      "that becomes right by itself is looked at every minute once nobody waits any more",
      {
        spec: OFF,
        status: { ...failed("DependencyNotReady"), requests: asked(NOON - 10 * MINUTE) },
        situation: { obstacle: obstacle("wait", "DependencyNotReady") },
      },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    [
      "that becomes right by itself is looked at every minute where a clock that was wrong wrote the answer",
      {
        spec: OFF,
        status: { ...failed("DependencyNotReady"), requests: asked(NOON + MINUTE) },
        situation: { obstacle: obstacle("wait", "DependencyNotReady") },
      },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    [
      "that passes by itself is looked at every minute",
      { spec: OFF, situation: { obstacle: obstacle("retry", "AdmissionUnavailable") } },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    [
      "may be gone when the spec is changed",
      { spec: OFF, status: { ...failed("OutputTooLarge"), observedGeneration: 7 } },
      "cure",
    ],
    ["is not gone by itself", { spec: OFF, status: failed("OutputTooLarge") }, "wait for a change"],
    ["in the tenant is looked for there", { spec: OFF, status: failed("DomainNotInTenant") }, "recheck"],
    [
      "in the tenant is looked for every 10 minutes",
      { spec: OFF, status: failed("NetworkError"), situation: { lastCheck: NOON - 4 * MINUTE } },
      `wait until ${at(NOON + 6 * MINUTE)}`,
    ],
    [
      "in the tenant is looked for at once when the spec is changed",
      {
        spec: OFF,
        status: { ...failed("DomainNotInTenant"), observedGeneration: 7 },
        situation: { lastCheck: NOON - 4 * MINUTE },
      },
      "recheck",
    ],
    [
      "in the tenant is looked for at once when the Secret is another one",
      {
        spec: OFF,
        status: { ...failed("InvalidCredentials"), conditions: [...REFUSED] },
        situation: { lastCheck: NOON - 4 * MINUTE, secretChanged: true },
      },
      "recheck",
    ],
    [
      "once gone, what a person ran is run again with automatic sync on",
      { status: cured("NotAuthorized") },
      "run Repair",
    ],
    [
      "once gone, it waits for a person with automatic sync off",
      { spec: OFF, status: cured("NotAuthorized") },
      "wait for a change",
    ],
    [
      "once gone, a planned retry runs at once",
      { status: { lastSync: { ...FAILED, curedTime: at(NOON) }, retry: RETRY } },
      `run Schedule ${MORNING} attempt 2`,
    ],
  ]);
});

describe("A time that only a wrong clock can have written (issue 17, point 4)", () => {
  const schedule = { times: ["06:00", "18:00"], timeZone: "UTC", missedSlots: 0 };
  rows([
    [
      "as the last slot takes the schedule up anew",
      { status: { schedule: { ...schedule, since: at(NOON - DAY), lastSlotTime: at(NOON + 30 * DAY) } } },
      "adopt 06:00+18:00",
    ],
    [
      "as the beginning of the schedule takes it up anew",
      { status: { schedule: { ...schedule, since: at(NOON + 30 * DAY) } } },
      "adopt 06:00+18:00",
    ],
    [
      "also where nothing is due by it",
      { spec: OFF, status: { schedule: { ...schedule, times: [], since: at(NOON + 30 * DAY) } } },
      "adopt nothing",
    ],
    [
      "as the time of a retry makes it due",
      { status: { lastSync: FAILED, retry: { ...RETRY, time: at(NOON + 30 * DAY) } } },
      `run Schedule ${MORNING} attempt 2`,
    ],
    [
      "as the start of the last repair allows the next",
      {
        status: { lastSync: { ...FAILED, result: "Published", trigger: "Repair", startTime: at(NOON + 30 * DAY) } },
        situation: { accountsDamaged: true },
      },
      "run Repair",
    ],
    [
      "is none where clocks only differ a little",
      { status: { schedule: { ...schedule, since: at(NOON - DAY), lastSlotTime: at(NOON + 5 * HOUR) } } },
      `wait until ${EVENING}`,
    ],
  ]);
});

describe("Damaged accounts (issue 17, point 5)", () => {
  const repaired = { ...FAILED, id: "repair-1", trigger: "Repair", startTime: at(NOON - HOUR) } as const;
  rows([
    [
      "whose repair is held are not read again before the next slot",
      { status: { lastSync: { ...repaired, result: "Held" }, held: HELD }, situation: { accountsDamaged: true } },
      `wait until ${EVENING}`,
    ],
    [
      "nor where a slot held the same plan",
      { status: { lastSync: { ...FAILED, result: "Held" }, held: HELD }, situation: { accountsDamaged: true } },
      `wait until ${EVENING}`,
    ],
    [
      "whose repair failed wait for its retry",
      {
        status: { lastSync: repaired, retry: { ...RETRY, id: "repair-1", trigger: "Repair" } },
        situation: { accountsDamaged: true },
      },
      `wait until ${at(NOON + 5 * MINUTE)}`,
    ],
    [
      "that are damaged again are read again",
      { status: { lastSync: { ...repaired, result: "Published" } }, situation: { accountsDamaged: true } },
      "run Repair",
    ],
  ]);
});

describe("Tokens that manifest or history know as handled (issue 17, point 8)", () => {
  const situation = { handledBefore: { sync: ["1", "2"], approve: [DIGEST] } };
  rows([
    ["ask nothing where the status is gone", { spec: OFF, annotations: { sync: "1" }, situation }, "recall sync 1"],
    [
      "are told before another one is served",
      { spec: OFF, annotations: { sync: "2", "test-connection": "3" }, situation },
      "recall sync 2",
    ],
    ["that nobody knows are served", { spec: OFF, annotations: { sync: "3" }, situation }, "run Manual sync"],
    [
      "ask again where the status knows another one: the value was changed",
      { spec: OFF, annotations: { sync: "1" }, status: { handledSync: "2" }, situation },
      "run Manual sync",
    ],
  ]);
});

describe("A run that an error cut short (issue 17, point 1)", () => {
  const until = NOON + 40_000;
  rows([
    [
      "asks the tenant again only after its pause, however often it is woken",
      { status: { lastSync: RUNNING }, situation: { resumeAt: until } },
      `wait until ${at(until)}`,
    ],
    ["goes on after it", { status: { lastSync: RUNNING }, situation: { resumeAt: NOON } }, `run Schedule ${MORNING}`],
    [
      "is given up meanwhile when the object is suspended",
      { spec: { suspend: true }, status: { lastSync: RUNNING }, situation: { resumeAt: until } },
      `abandon slot-${MORNING}: Suspended`,
    ],
  ]);
});

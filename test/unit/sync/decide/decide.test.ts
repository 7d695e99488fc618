/** What to do now: every sentence of the design's "Schedule", as rows. */
import { describe, expect, it } from "vitest";
import type { O365SyncStatus } from "../../../../src/api/types.generated.ts";
import { decide } from "../../../../src/sync/decide/decide.ts";
import {
  at,
  brief,
  DIGEST,
  DOMAIN,
  EVENING,
  FAILED,
  HELD,
  HOUR,
  MINUTE,
  MORNING,
  NEVER,
  NEVER_OFF,
  NOON,
  OBSTACLE,
  OFF,
  RETRY,
  type Row,
  SCHEDULE,
  situationOf,
} from "../../../support/situations.ts";

describe("Slots", () => {
  it.each<[sentence: string, row: Row, decision: string]>([
    ["with nothing due, the next slot is waited for", {}, `wait until ${EVENING}`],
    ["a slot runs at its instant", { now: NOON + 6 * HOUR }, `run Schedule ${EVENING}`],
    ["not a millisecond before", { now: NOON + 6 * HOUR - 1 }, `wait until ${EVENING}`],
    ["a slot that came while nobody led runs within its deadline", { now: NOON + 8 * HOUR }, `run Schedule ${EVENING}`],
    ["beyond its deadline it is missed", { now: NOON + 8 * HOUR + 1 }, `miss 1 up to ${EVENING}`],
    [
      "of several that came, all but the latest are missed",
      { now: NOON + 31 * HOUR },
      "miss 2 up to 2026-01-02T06:00:00.000Z",
    ],
    [
      "and then the latest is caught up",
      {
        status: {
          schedule: { times: ["06:00", "18:00"], timeZone: "UTC", lastSlotTime: at(NOON + 18 * HOUR), missedSlots: 2 },
        },
        now: NOON + 31 * HOUR,
      },
      "run Schedule 2026-01-02T18:00:00.000Z",
    ],
    [
      "several that are too late are missed together",
      { now: NOON + 36 * HOUR },
      "miss 3 up to 2026-01-02T18:00:00.000Z",
    ],
    ["a finished slot never runs again", { now: NOON - 6 * HOUR }, `wait until ${EVENING}`],
    ["a clock that was set back runs nothing again", { now: NOON - 11 * HOUR }, `wait until ${EVENING}`],
    [
      "a longer deadline catches up more",
      { spec: { schedule: { ...SCHEDULE, startingDeadlineSeconds: 21_600 } }, now: NOON + 12 * HOUR },
      `run Schedule ${EVENING}`,
    ],
    [
      "a changed zone takes over before its slots count",
      { spec: { schedule: { ...SCHEDULE, timeZone: "Europe/Berlin" } } },
      "adopt 06:00+18:00",
    ],
    [
      "changed times take over",
      {
        spec: { schedule: { ...SCHEDULE, times: ["07:00"] } },
        status: { schedule: { times: ["06:00", "18:00"], timeZone: "UTC", since: MORNING, lastSlotTime: MORNING } },
      },
      "adopt 07:00",
    ],
    [
      "but a slot of the old times that is due comes first",
      {
        spec: { schedule: { ...SCHEDULE, times: ["07:00"] } },
        status: { schedule: { times: ["06:00", "18:00"], timeZone: "UTC", since: MORNING, lastSlotTime: MORNING } },
        now: NOON + 6 * HOUR,
      },
      `run Schedule ${EVENING}`,
    ],
    [
      "an edit that does not touch the schedule changes nothing",
      { spec: { historyLimit: 5 } },
      `wait until ${EVENING}`,
    ],
    [
      "slots before the schedule took effect do not count",
      { status: { schedule: { times: ["06:00", "18:00"], timeZone: "UTC", since: at(NOON) } } },
      `wait until ${EVENING}`,
    ],
    [
      "an obstacle leaves a slot waiting until its deadline",
      { now: NOON + 6 * HOUR, situation: { obstacle: OBSTACLE } },
      `wait until ${at(NOON + 6 * HOUR + MINUTE)}`,
    ],
    ["and then it is missed", { now: NOON + 9 * HOUR, situation: { obstacle: OBSTACLE } }, `miss 1 up to ${EVENING}`],
  ])("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));
});

describe("Switched off", () => {
  const recorded = {
    times: ["06:00", "18:00"],
    timeZone: "UTC",
    since: at(NOON - 48 * HOUR),
    lastSlotTime: MORNING,
    missedSlots: 0,
  };
  it.each<[sentence: string, row: Row, decision: string]>([
    [
      "by suspend, the schedule is given up",
      { spec: { suspend: true }, status: { schedule: recorded } },
      "adopt nothing",
    ],
    ["suspended, nothing is due", { spec: { suspend: true } }, "wait for a change"],
    [
      "a slot that came before suspend was noticed is skipped",
      { spec: { suspend: true }, status: { schedule: recorded }, now: NOON + 6 * HOUR },
      `miss 1 up to ${EVENING}`,
    ],
    [
      "a slot that came before it was turned off is skipped",
      { spec: OFF, status: { schedule: recorded }, now: NOON + 6 * HOUR },
      `miss 1 up to ${EVENING}`,
    ],
    ["turned off, the schedule is given up", { spec: OFF, status: { schedule: recorded } }, "adopt nothing"],
    ["turned off, nothing is due", { spec: OFF }, "wait for a change"],
    ["turned off, no Initial", { spec: OFF, status: NEVER_OFF }, "wait for a change"],
    ["turned off, no SpecChange", { spec: { ...OFF, excludeRecords: ["x*"] } }, "wait for a change"],
    ["turned off, no Repair", { spec: OFF, situation: { accountsDamaged: true } }, "wait for a change"],
    ["turned off, tables are still put right", { spec: OFF, situation: { tablesDiffer: true } }, "render"],
    ["turned off, a manual sync runs", { spec: OFF, annotations: { sync: "1" } }, "run Manual sync"],
    [
      "turned off, an approval runs",
      { spec: OFF, annotations: { approve: DIGEST }, status: { held: HELD } },
      "run Approval approve",
    ],
    [
      "turned off, a planned retry of a slot is not made",
      { spec: OFF, status: { retry: { ...RETRY, time: at(NOON - 1) } } },
      "wait for a change",
    ],
    [
      "turned off, the retry of an approval is",
      {
        spec: OFF,
        status: { retry: { id: "approval-1", trigger: "Approval", token: DIGEST, attempts: 1, time: at(NOON - 1) } },
      },
      "run Approval approve attempt 2",
    ],
    [
      "suspended, tables are put right all the same",
      { spec: { suspend: true }, situation: { tablesDiffer: true } },
      "render",
    ],
    ["suspended, changes wait", { spec: { suspend: true, excludeRecords: ["x*"] } }, "wait for a change"],
    [
      "resumed, the schedule takes over again",
      { status: { schedule: { times: [], timeZone: "UTC", since: MORNING, lastSlotTime: MORNING } } },
      "adopt 06:00+18:00",
    ],
    ["resumed, a change that was made meanwhile runs", { spec: { excludeRecords: ["x*"] } }, "run SpecChange"],
  ])("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));
});

describe("At once", () => {
  const otherDomain = {
    ...DOMAIN,
    spec: { ...DOMAIN.spec, aliasDomains: [{ name: "example.net", recipients: "Directory" as const }] },
  };
  const mirror = {
    ...DOMAIN,
    spec: { ...DOMAIN.spec, aliasDomains: [{ name: "example.net", recipients: "Mirror" as const }] },
  };
  const repaired = {
    lastSync: { ...FAILED, id: "repair-1", trigger: "Repair", startTime: at(NOON - 5 * MINUTE) },
  } as Partial<O365SyncStatus>;
  it.each<[sentence: string, row: Row, decision: string]>([
    ["a new object takes its schedule first", { status: NEVER_OFF }, "adopt 06:00+18:00"],
    ["and then runs for the first time", { status: NEVER }, "run Initial"],
    [
      "not while something is in the way",
      { status: NEVER, situation: { obstacle: OBSTACLE } },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    [
      "an Initial run that failed is retried, not begun anew",
      {
        status: {
          ...NEVER,
          lastSync: { ...FAILED, id: "initial-1", trigger: "Initial" },
          retry: { ...RETRY, id: "initial-1", trigger: "Initial" },
        },
      },
      `wait until ${at(NOON + 5 * MINUTE)}`,
    ],
    ["a changed pattern runs", { spec: { excludeRecords: ["x*"] } }, "run SpecChange"],
    ["patterns in another order are no change", { spec: { excludeRecords: [] } }, `wait until ${EVENING}`],
    ["a changed static recipient runs", { spec: { staticRecipients: ["all@example.com"] } }, "run SpecChange"],
    [
      "a source that is switched off runs",
      { spec: { sources: { users: true, groups: false, contacts: true } } },
      "run SpecChange",
    ],
    ["another tenant runs", { spec: { tenantId: "other.example" } }, "run SpecChange"],
    ["another Directory domain runs", { situation: { domain: otherDomain } }, "run DomainChange"],
    ["another Mirror domain does not: it is rendered", { situation: { domain: mirror, tablesDiffer: true } }, "render"],
    ["limits and guards do not", { spec: { operationsLimit: { total: 1 } } }, `wait until ${EVENING}`],
    ["damaged accounts are repaired", { situation: { accountsDamaged: true } }, "run Repair"],
    [
      "at most once in 10 minutes",
      { status: repaired, situation: { accountsDamaged: true } },
      `wait until ${at(NOON + 5 * MINUTE)}`,
    ],
    [
      "also while only the way into the tenant is barred",
      { situation: { tablesDiffer: true, obstacle: OBSTACLE } },
      "render",
    ],
    [
      "but not while something else is in the way",
      { situation: { tablesDiffer: true, obstacle: OBSTACLE, tablesObstacle: OBSTACLE } },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    ["tables that differ are rendered", { situation: { tablesDiffer: true } }, "render"],
    [
      "at most once a minute",
      { situation: { tablesDiffer: true, lastRender: NOON - 20_000 } },
      `wait until ${at(NOON + 40_000)}`,
    ],
    ["and again after it", { situation: { tablesDiffer: true, lastRender: NOON - MINUTE } }, "render"],
    [
      "not from damaged accounts",
      { spec: OFF, situation: { tablesDiffer: true, accountsDamaged: true } },
      "wait for a change",
    ],
    [
      "tables that retire are looked at when they do",
      { spec: OFF, situation: { retiringUntil: NOON + HOUR } },
      `wait until ${at(NOON + HOUR)}`,
    ],
  ])("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));
});

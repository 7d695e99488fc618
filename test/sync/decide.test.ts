/** What to do now: every sentence of the design's "Schedule" and of its triggers, as rows. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/api/failure.ts";
import type { MailDomain, O365Sync, O365SyncStatus } from "../../src/api/types.generated.ts";
import { type Decision, decide, type Situation } from "../../src/sync/decide.ts";
import { accountsHash } from "../../src/sync/fingerprint.ts";
import { syncSpec } from "../support/memory-operator.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Thursday, at noon. The slots below are at 06:00 and 18:00. */
const NOON = Date.UTC(2026, 0, 1, 12);
const at = (ms: number): string => new Date(ms).toISOString();
const MORNING = at(NOON - 6 * HOUR);
const EVENING = at(NOON + 6 * HOUR);
const DIGEST = "0123456789abcdef0123";

const DOMAIN: MailDomain = {
  metadata: { namespace: "mail", name: "example-com" },
  spec: { domain: "example.com", serverType: "Office365", deliveryPort: 25, deletionPolicy: "Orphan" },
};
const OBSTACLE = new Failure("wait", "DependencyNotReady", "the Secret is missing");

interface Row {
  readonly spec?: Partial<O365Sync["spec"]>;
  readonly status?: Partial<O365SyncStatus>;
  readonly annotations?: Record<string, string>;
  readonly now?: number;
  readonly situation?: Partial<Situation>;
}

const SCHEDULE = { enabled: true, times: ["06:00", "18:00"], timeZone: "UTC", startingDeadlineSeconds: 7200 };
const OFF = { schedule: { ...SCHEDULE, enabled: false } };

/** An object whose automatic sync is on, that ran its morning slot, and that nothing is due for. */
function situationOf({ spec = {}, status = {}, annotations = {}, now = NOON, situation = {} }: Row): Situation {
  const base: O365Sync = {
    metadata: {
      namespace: "mail",
      name: "example-com",
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([name, value]) => [`o365sync.dev/${name}`, value]),
      ),
    },
    spec: syncSpec("example-com", { schedule: SCHEDULE, ...spec }),
  };
  const settled = { ...base, spec: syncSpec("example-com", { schedule: SCHEDULE }) };
  const slots = base.spec.schedule.enabled && !base.spec.suspend ? base.spec.schedule.times : [];
  base.status = {
    accountsHash: accountsHash(settled, DOMAIN),
    lastSuccessfulTime: MORNING,
    lastSync: {
      id: `slot-${MORNING}`,
      trigger: "Schedule",
      slotTime: MORNING,
      startTime: MORNING,
      completionTime: MORNING,
      attempts: 1,
      result: "Published",
    },
    schedule: {
      times: [...(slots ?? [])],
      timeZone: "UTC",
      since: at(NOON - 48 * HOUR),
      lastSlotTime: MORNING,
      missedSlots: 0,
    },
    ...status,
  };
  return {
    object: base,
    domain: DOMAIN,
    obstacle: undefined,
    now,
    accountsDamaged: false,
    tablesDiffer: false,
    lastRender: undefined,
    lastCheck: undefined,
    manualRuns: [],
    manualRunsPerHour: 60,
    retiringUntil: undefined,
    secretChanged: false,
    ...situation,
  };
}

/** A decision in a few words. */
function brief(decision: Decision): string {
  switch (decision.do) {
    case "wait":
      return decision.until === undefined ? "wait for a change" : `wait until ${at(decision.until)}`;
    case "answer":
      return decision.answers.map(({ request, state, reason }) => `${request.kind} ${state}/${reason}`).join(", ");
    case "adopt":
      return `adopt ${decision.slots.times.join("+") || "nothing"}`;
    case "miss":
      return `miss ${decision.count} up to ${at(decision.latest)}`;
    case "abandon":
      return `abandon ${decision.run.id}: ${decision.reason}`;
    case "run": {
      const { trigger, request, slotTime, attempts } = decision.run;
      const what = [
        trigger,
        request,
        slotTime,
        attempts > 1 ? `attempt ${attempts}` : undefined,
        decision.missed > 0 ? `missed ${decision.missed}` : undefined,
      ];
      return `run ${what.filter((part) => part !== undefined).join(" ")}`;
    }
    case "recheck":
    case "render":
      return decision.do;
  }
}

const RETRY = {
  id: `slot-${MORNING}`,
  trigger: "Schedule",
  slotTime: MORNING,
  attempts: 1,
  time: at(NOON + 5 * MINUTE),
} as const;
const FAILED = {
  id: `slot-${MORNING}`,
  trigger: "Schedule",
  slotTime: MORNING,
  startTime: MORNING,
  attempts: 1,
  result: "Failed",
} as const;
const HELD = { planDigest: DIGEST, reason: "DeletionGuard", since: MORNING, approvable: true, violations: [] };
const RUNNING = {
  id: `slot-${MORNING}`,
  trigger: "Schedule",
  slotTime: MORNING,
  startTime: MORNING,
  attempts: 1,
} as const;
const REFUSED = [
  { type: "Authorized", status: "False", reason: "NotAuthorized", message: "", lastTransitionTime: MORNING },
] as const;
const NEW = {
  lastSync: undefined,
  lastSuccessfulTime: undefined,
  accountsHash: undefined,
} as unknown as Partial<O365SyncStatus>;
const NEVER = { ...NEW, schedule: { times: ["06:00", "18:00"], timeZone: "UTC", since: at(NOON), missedSlots: 0 } };
const NEVER_OFF = { ...NEW, schedule: { times: [], missedSlots: 0 } };

describe("Slots", () => {
  it.each<[sentence: string, row: Row, decision: string]>([
    ["with nothing due, the next slot is waited for", {}, `wait until ${EVENING}`],
    ["a slot runs at its instant", { now: NOON + 6 * HOUR }, `run Schedule ${EVENING}`],
    ["not a millisecond before", { now: NOON + 6 * HOUR - 1 }, `wait until ${EVENING}`],
    ["a slot that came while nobody led runs within its deadline", { now: NOON + 8 * HOUR }, `run Schedule ${EVENING}`],
    ["beyond its deadline it is missed", { now: NOON + 8 * HOUR + 1 }, `miss 1 up to ${EVENING}`],
    [
      "of several that came, only the latest is caught up",
      { now: NOON + 31 * HOUR },
      "run Schedule 2026-01-02T18:00:00.000Z missed 2",
    ],
    [
      "several that are too late are missed together",
      { now: NOON + 36 * HOUR },
      "miss 3 up to 2026-01-02T18:00:00.000Z",
    ],
    ["a finished slot never runs again", { now: NOON - 6 * HOUR }, `wait until ${EVENING}`],
    ["a clock that was set back runs nothing again", { now: NOON - 48 * HOUR }, `wait until ${EVENING}`],
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
      `wait until ${at(NOON + MINUTE)}`,
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
      "suspended, tables are left alone",
      { spec: { suspend: true }, situation: { tablesDiffer: true } },
      "wait for a change",
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
      `wait until ${at(NOON + MINUTE)}`,
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

describe("Retries", () => {
  it.each<[sentence: string, row: Row, decision: string]>([
    [
      "wait for their time, and look at the Secret every minute",
      { status: { lastSync: FAILED, retry: RETRY } },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    [
      "run under the same slot when it has come",
      { status: { lastSync: FAILED, retry: RETRY }, now: NOON + 5 * MINUTE },
      `run Schedule ${MORNING} attempt 2`,
    ],
    [
      "run at once when the Secret has changed",
      { status: { lastSync: FAILED, retry: RETRY }, situation: { secretChanged: true } },
      `run Schedule ${MORNING} attempt 2`,
    ],
    [
      "give way to the next slot",
      { status: { lastSync: FAILED, retry: RETRY }, now: NOON + 6 * HOUR },
      `run Schedule ${EVENING}`,
    ],
    [
      "give way to a person's request",
      { status: { lastSync: FAILED, retry: { ...RETRY, time: MORNING } }, annotations: { sync: "1" } },
      "run Manual sync",
    ],
    [
      "count their attempts",
      { status: { lastSync: FAILED, retry: { ...RETRY, attempts: 4, time: MORNING } } },
      `run Schedule ${MORNING} attempt 5`,
    ],
    [
      "of an approval hold their request back until then",
      {
        annotations: { approve: DIGEST },
        status: {
          held: HELD,
          retry: { id: "approval-1", trigger: "Approval", token: DIGEST, attempts: 1, time: at(NOON + 5 * MINUTE) },
        },
      },
      `wait until ${at(NOON + MINUTE)}`,
    ],
  ])("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));
});

describe("Requests", () => {
  const all = { sync: "4", approve: DIGEST, "test-sync": "2", "test-connection": "1" };
  const busy = Array.from({ length: 60 }, (_, index) => NOON - 30 * MINUTE + index);
  it.each<[sentence: string, row: Row, decision: string]>([
    [
      "are served in order: test-connection first",
      { annotations: all, status: { held: HELD } },
      "run Manual testConnection",
    ],
    ["then test-sync", { annotations: all, status: { held: HELD, handledTestConnection: "1" } }, "run Manual testSync"],
    [
      "then approve",
      { annotations: all, status: { held: HELD, handledTestConnection: "1", handledTestSync: "2" } },
      "run Approval approve",
    ],
    [
      "then sync",
      {
        annotations: all,
        status: { held: HELD, handledTestConnection: "1", handledTestSync: "2", handledApprove: DIGEST },
      },
      "run Manual sync",
    ],
    [
      "that were handled are not served again",
      { annotations: { sync: "1" }, status: { handledSync: "1" } },
      `wait until ${EVENING}`,
    ],
    ["with an empty value ask nothing", { annotations: { sync: "" } }, `wait until ${EVENING}`],
    ["whose annotation is gone ask nothing", { status: { handledSync: "1" } }, `wait until ${EVENING}`],
    [
      "with an older value than before are served all the same",
      { annotations: { sync: "1" }, status: { handledSync: "2" } },
      "run Manual sync",
    ],
    ["that are no token are rejected", { annotations: { sync: "two words" } }, "sync Rejected/InvalidToken"],
    ["that are too long are rejected", { annotations: { sync: "x".repeat(129) } }, "sync Rejected/InvalidToken"],
    ["of 128 characters are served", { annotations: { sync: "x".repeat(128) } }, "run Manual sync"],
    [
      "to a suspended object are rejected, all at once",
      { spec: { suspend: true }, annotations: all },
      "testConnection Rejected/Suspended, testSync Rejected/Suspended, approve Rejected/Suspended, sync Rejected/Suspended",
    ],
    [
      "that something is in the way of fail with its reason",
      { annotations: { sync: "1" }, situation: { obstacle: OBSTACLE } },
      "sync Failed/DependencyNotReady",
    ],
    ["to approve nothing are rejected", { annotations: { approve: DIGEST } }, "approve Rejected/UnknownPlan"],
    [
      "to approve another plan are rejected",
      { annotations: { approve: "ffffffffffffffffffff" }, status: { held: HELD } },
      "approve Rejected/UnknownPlan",
    ],
    [
      "to approve what cannot be approved are rejected",
      { annotations: { approve: DIGEST }, status: { held: { ...HELD, approvable: false } } },
      "approve Rejected/NotApprovable",
    ],
    ["go before a slot that is due", { annotations: { sync: "1" }, now: NOON + 6 * HOUR }, "run Manual sync"],
    [
      "beyond the hour's budget are accepted, and wait",
      { annotations: { sync: "1" }, situation: { manualRuns: busy } },
      "sync Accepted/RateLimited",
    ],
    [
      "that were accepted wait until the hour allows",
      {
        annotations: { sync: "1" },
        status: { requests: { sync: { token: "1", state: "Accepted", time: MORNING } } },
        situation: { manualRuns: busy },
      },
      `wait until ${at(NOON + 30 * MINUTE)}`,
    ],
    [
      "run when the hour allows",
      {
        annotations: { sync: "1" },
        status: { requests: { sync: { token: "1", state: "Accepted", time: MORNING } } },
        situation: { manualRuns: busy },
        now: NOON + 30 * MINUTE + 1,
      },
      "run Manual sync",
    ],
    [
      "within the budget run",
      { annotations: { sync: "1" }, situation: { manualRuns: busy.slice(1) } },
      "run Manual sync",
    ],
  ])("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));
});

describe("A run that was interrupted", () => {
  it.each<[sentence: string, row: Row, decision: string]>([
    [
      "is finished before anything else",
      { status: { lastSync: RUNNING }, annotations: { sync: "1" }, now: NOON + 6 * HOUR },
      `run Schedule ${MORNING}`,
    ],
    ["keeps its attempt", { status: { lastSync: { ...RUNNING, attempts: 3 } } }, `run Schedule ${MORNING} attempt 3`],
    [
      "by a manual sync keeps its token",
      { status: { lastSync: { ...RUNNING, id: "manual-1", trigger: "Manual", token: "7" } } },
      `run Manual sync ${MORNING}`,
    ],
    [
      "by a test is finished too",
      { status: { requests: { testSync: { token: "7", id: "test-sync-1", state: "Running", time: MORNING } } } },
      "run Manual testSync",
    ],
    [
      "is given up when the object was suspended",
      { spec: { suspend: true }, status: { lastSync: RUNNING } },
      `abandon slot-${MORNING}: Suspended`,
    ],
    [
      "is given up when something came in the way",
      { status: { lastSync: RUNNING }, situation: { obstacle: OBSTACLE } },
      `abandon slot-${MORNING}: DependencyNotReady`,
    ],
  ])("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));
});

describe("While consent is missing", () => {
  it.each<[sentence: string, row: Row, decision: string]>([
    ["it is looked for", { spec: OFF, status: { conditions: [...REFUSED] } }, "recheck"],
    [
      "every 10 minutes",
      { spec: OFF, status: { conditions: [...REFUSED] }, situation: { lastCheck: NOON - 4 * MINUTE } },
      `wait until ${at(NOON + 6 * MINUTE)}`,
    ],
    [
      "and not where a retry will notice it",
      { status: { conditions: [...REFUSED], lastSync: FAILED, retry: RETRY } },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    [
      "nor while the object is suspended",
      { spec: { suspend: true }, status: { conditions: [...REFUSED] } },
      "wait for a change",
    ],
  ])("%s", (_, row, decision) => expect(brief(decide(situationOf(row)))).toBe(decision));
});

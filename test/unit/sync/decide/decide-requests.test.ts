/** What to do now about retries, requests, interrupted runs and missing consent, as rows. */
import { describe, expect, it } from "vitest";
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
  OBSTACLE,
  OFF,
  REFUSED,
  RETRY,
  type Row,
  RUNNING,
  STALLED,
  situationOf,
} from "../../../support/situations.ts";

describe("Retries", () => {
  it.each<[sentence: string, row: Row, decision: string]>([
    ["wait for their time", { status: { lastSync: FAILED, retry: RETRY } }, `wait until ${at(NOON + 5 * MINUTE)}`],
    [
      "look at the Secret every minute where a person must act",
      { status: { lastSync: FAILED, retry: RETRY, conditions: [...STALLED] } },
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
      `wait until ${at(NOON + 5 * MINUTE)}`,
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
      "testConnection Rejected/Suspended, testSync Rejected/Suspended, approve Rejected/UnknownPlan, sync Rejected/Suspended",
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
      "run Manual sync",
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

/** When the tenant is asked what is new: after everything that a sync is needed for, and only where it is wanted. */
import { describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { nextPoll } from "../../../../src/sync/additions/poll-times.ts";
import { decide } from "../../../../src/sync/decide/decide.ts";
import {
  at,
  brief,
  EVENING,
  FAILED,
  HELD,
  HOUR,
  MINUTE,
  NOON,
  OBSTACLE,
  RETRY,
  type Row,
  RUNNING,
  SCHEDULE,
  situationOf,
} from "../../../support/situations.ts";

const ON = { schedule: { ...SCHEDULE, additions: { enabled: true, intervalMinutes: 5 } } };
const DUE = { pollAt: NOON };
const LIMITED = {
  additions: { state: "Limited", since: at(NOON - HOUR), accountAdds: 1, aliasAdds: 0, message: "" },
} as const;

describe("A poll", () => {
  it.each<[string, Row, string]>([
    ["that is due is done", { spec: ON, situation: DUE }, "poll"],
    ["goes on while a plan is held", { spec: ON, status: { held: HELD }, situation: DUE }, "poll"],
    [
      "goes on while a retry is planned",
      { spec: ON, status: { lastSync: FAILED, retry: RETRY }, situation: DUE },
      "poll",
    ],
    [
      "that comes later is waited for",
      { spec: ON, situation: { pollAt: NOON + MINUTE } },
      `wait until ${at(NOON + MINUTE)}`,
    ],
    ["is not wanted", { situation: DUE }, `wait until ${EVENING}`],
    ["stops while suspended", { spec: { ...ON, suspend: true }, situation: DUE }, "wait for a change"],
    ["needs no obstacle", { spec: ON, situation: { ...DUE, obstacle: OBSTACLE } }, `wait until ${at(NOON + MINUTE)}`],
    ["needs a list that stands", { spec: ON, situation: { pollAt: undefined } }, `wait until ${EVENING}`],
    ["needs accounts that can be read", { spec: ON, situation: { ...DUE, accountsDamaged: true } }, "run Repair"],
    ["waits for the next sync at a limit", { spec: ON, status: LIMITED, situation: DUE }, `wait until ${EVENING}`],
    ["lets a slot go first", { spec: ON, now: NOON + 6 * HOUR, situation: DUE }, `run Schedule ${EVENING}`],
    [
      "lets what was begun go first",
      { spec: ON, status: { lastSync: RUNNING }, situation: DUE },
      `run Schedule ${RUNNING.slotTime}`,
    ],
    ["lets a person go first", { spec: ON, annotations: { sync: "1" }, situation: DUE }, "run Manual sync"],
  ])("%s", (_, row, expected) => {
    expect(brief(decide(situationOf(row)))).toBe(expected);
  });
});

describe("The instants of polls", () => {
  const of = (tenantId: string): O365Sync => ({ spec: { tenantId, cloud: "Global" } }) as unknown as O365Sync;
  const tenants = Array.from({ length: 200 }, (_, index) => of(`tenant-${index}`));

  it("are an interval apart, and never now", () => {
    for (const tenant of tenants) {
      const first = nextPoll(tenant, 5 * MINUTE, NOON);
      expect(first).toBeGreaterThan(NOON);
      expect(first).toBeLessThanOrEqual(NOON + 5 * MINUTE);
      expect(nextPoll(tenant, 5 * MINUTE, first)).toBe(first + 5 * MINUTE);
    }
  });

  it("are the same for all objects of a tenant, however it is written", () => {
    expect(nextPoll(of("ABC"), 5 * MINUTE, NOON)).toBe(nextPoll(of("abc"), 5 * MINUTE, NOON + 1000));
  });

  it("spread tenants over the interval", () => {
    const tenths = new Set(
      tenants.map((tenant) => Math.floor((nextPoll(tenant, 5 * MINUTE, NOON) - NOON) / (MINUTE / 2))),
    );
    expect(tenths.size).toBeGreaterThanOrEqual(10);
  });
});

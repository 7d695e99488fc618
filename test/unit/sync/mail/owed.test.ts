/** Which mails are owed, and what becomes of them in the status. */
import { describe, expect, it } from "vitest";
import type { O365Sync, O365SyncStatus } from "../../../../src/api/types.generated.ts";
import type { Run } from "../../../../src/publication/run-records.ts";
import { delivery, dueMail, nextMail, owing, type Told } from "../../../../src/sync/mail/owed.ts";
import { recordOf } from "../../../../src/sync/run/record.ts";
import type { RunEnd } from "../../../../src/sync/status/transitions.ts";
import { syncSpec } from "../../../support/memory-operator.ts";
import { at, NOON } from "../../../support/situations.ts";

const ON = { enabled: true, recipients: ["ops@example.com"] };
const object = (status: O365SyncStatus = {}, notifications: O365Sync["spec"]["notifications"] = ON): O365Sync => ({
  metadata: { namespace: "mail", name: "example-com" },
  spec: syncSpec("example-com", { notifications }),
  status,
});
const RUN: Run = { id: "slot-1", trigger: "Schedule", startTime: at(NOON), attempts: 1 };
const FAILED: RunEnd = { result: "Failed", reason: "ServiceUnavailable", message: "refused" };
const DONE: RunEnd = { result: "Published", reason: "Published", message: "1 account added" };
type Short = NonNullable<O365SyncStatus["history"]>[number];
const short = (id: string, trigger: Run["trigger"], result: Short["result"]): Short => ({
  id,
  trigger,
  result,
  time: at(NOON),
  test: false,
  summary: "",
});
const told = (run: Run, end: RunEnd, now = NOON): Told => ({
  run,
  end,
  record: recordOf(run, end, {}, undefined, now),
  details: "sha256:00",
  now,
});

describe("A mail is owed", () => {
  const again = { ...RUN, attempts: 2 };
  const test: Run = { id: "test-1", trigger: "Manual", request: "testSync", startTime: RUN.startTime, attempts: 1 };
  const repair: Run = { id: "repair-2", trigger: "Repair", startTime: RUN.startTime, attempts: 1 };
  it.each([
    ["after a run that published", RUN, DONE, [], true],
    ["after a run that was held", RUN, { ...DONE, result: "Held" }, [], true],
    ["after a test", test, { ...DONE, result: "Succeeded" }, [], true],
    ["after the first failure of a slot", RUN, FAILED, [], true],
    ["not after its next failures", again, FAILED, [], false],
    ["when it succeeds in the end", again, DONE, [], true],
    ["when damaged accounts cannot be read again", repair, FAILED, [short("slot-1", "Schedule", "Published")], true],
    ["not each time that they cannot", repair, FAILED, [short("repair-1", "Repair", "Failed")], false],
  ] as const)("%s", (_name, run, end, history, isOwed) => {
    const status = owing(object(), { history: [...history] }, told(run, end));
    const pending = status.notifications?.pending ?? [];
    expect(pending.map(({ id }) => id)).toEqual(isOwed ? [run.id] : []);
  });

  it("not while notifications are off", () => {
    expect(owing(object({}, { enabled: false }), {}, told(RUN, DONE))).toEqual({});
  });

  it("once for a run: what it came to in the end takes the place of its failure", () => {
    const first = owing(object(), {}, told(RUN, FAILED));
    const last = owing(object(), first, told({ ...RUN, attempts: 2 }, DONE, NOON + 60_000));
    expect(last.notifications?.pending).toEqual([
      {
        id: "slot-1",
        since: at(NOON + 60_000),
        attempts: 0,
        time: at(NOON + 60_000),
        run: {
          trigger: "Schedule",
          syncedBy: "Schedule",
          startTime: at(NOON),
          completionTime: at(NOON + 60_000),
          result: "Published",
          reason: "Published",
          message: "1 account added",
          attempts: 2,
          details: "sha256:00",
        },
      },
    ]);
  });

  it("for ten runs at most", () => {
    let status: O365SyncStatus = {};
    for (let index = 1; index <= 12; index++)
      status = owing(object(), status, told({ ...RUN, id: `slot-${index}` }, DONE));
    expect(status.notifications?.pending?.map(({ id }) => id)).toEqual(
      Array.from({ length: 10 }, (_, index) => `slot-${index + 3}`),
    );
  });
});

describe("A mail that is owed", () => {
  const owed = { id: "slot-1", since: at(NOON), attempts: 0, time: at(NOON) };
  const lastSync = { id: "slot-1", trigger: "Schedule", startTime: at(NOON), message: "1 account added" } as const;
  const status: O365SyncStatus = { lastSync, notifications: { pending: [owed] } };

  it("is due at its time, and at once when nobody wants it any more", () => {
    const later = { notifications: { pending: [{ ...owed, time: at(NOON + 60_000) }] } };
    expect(dueMail(object(later), NOON)).toBeUndefined();
    expect(nextMail(object(later))).toBe(NOON + 60_000);
    expect(dueMail(object(later), NOON + 60_000)?.id).toBe("slot-1");
    expect(dueMail(object(later, { enabled: false }), NOON)?.id).toBe("slot-1");
  });

  it("is due at once when a clock that was wrong has put it off beyond any pause", () => {
    const ahead = { notifications: { pending: [{ ...owed, time: at(NOON + 30 * 86_400_000) }] } };
    expect(dueMail(object(ahead), NOON)?.id).toBe("slot-1");
  });

  it("is struck off when it was sent", () => {
    const after = delivery(status, owed, { result: "Sent", message: "taken" }, NOON);
    expect(after.notifications).toEqual({
      pending: [],
      last: { id: "slot-1", result: "Sent", message: "taken", time: at(NOON) },
    });
    expect(after.lastSync?.message).toBe("1 account added");
  });

  it("is tried again after 1, 2, 4 … 60 minutes, and says so in lastSync until it is sent", () => {
    let now = NOON;
    let current = status;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      const [next = owed] = current.notifications?.pending ?? [];
      current = delivery(current, next, { result: "Deferred", message: "no answer" }, now);
      const time = Date.parse(current.notifications?.pending?.[0]?.time ?? "");
      waits.push((time - now) / 60_000);
      now = time;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(current.lastSync).toMatchObject({ message: "1 account added", mail: "deferred: no answer" });
    const sent = delivery(current, owed, { result: "Sent", message: "taken" }, now);
    expect(sent.lastSync).toEqual(lastSync);
  });

  it("leaves lastSync alone when it tells of another run", () => {
    const other = { ...status, lastSync: { ...lastSync, id: "slot-2" } };
    expect(delivery(other, owed, { result: "Failed", message: "refused" }, NOON).lastSync).toEqual(other.lastSync);
  });
});

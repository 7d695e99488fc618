/** The books of a simulation: every slot that was in force and what became of it, told from each status that is written. */
import { expect } from "vitest";
import type { O365Sync, O365SyncStatus } from "../../../../src/api/types.generated.ts";
import type { WallClock } from "../../../support/wall-clock.ts";

/** One attempt that ended. */
export interface Ended {
  readonly id: string;
  readonly trigger: string;
  readonly result: string;
  readonly reason: string;
  readonly attempts: number;
  /** Worth an event: no retry that fails as before, no slot that finds all as it was. */
  readonly isNews: boolean;
}

/** What one written status tells. */
export interface Told {
  readonly ended: Ended | undefined;
  readonly missed: number;
}

export interface Ledger {
  /** Fails the test where a slot is lost, told twice, or run again. */
  see(before: O365Sync | undefined, after: O365Sync, now: number): Told;
  /** Slots by what became of them. */
  readonly done: ReadonlySet<string>;
  readonly started: ReadonlySet<string>;
  readonly missed: number;
  readonly skipped: number;
  /** In the order in which they ended. */
  readonly ended: readonly Ended[];
}

type Schedule = NonNullable<O365SyncStatus["schedule"]>;

const cursorOf = ({ since, lastSlotTime }: Schedule): number =>
  Math.max(since === undefined ? 0 : Date.parse(since), lastSlotTime === undefined ? 0 : Date.parse(lastSlotTime));
const NOTHING: Schedule = {};

/** Of one object. */
export function createLedger(wallClock: WallClock): Ledger {
  const started = new Set<string>();
  const done = new Set<string>();
  const ended: Ended[] = [];
  let [missed, skipped] = [0, 0];

  /** In force until now, by what stood in the status. */
  const between = ({ times = [], timeZone = "UTC" }: Schedule, from: number, to: number): number[] =>
    times.length === 0 ? [] : wallClock.slots(times, timeZone, from, to);

  function account(object: O365Sync, before: Schedule, after: Schedule, now: number): number {
    const more = (after.missedSlots ?? 0) - (before.missedSlots ?? 0);
    if (after.since !== before.since) {
      // Another schedule takes over: nothing of the old one may be open.
      const open = between(before, cursorOf(before), Date.parse(after.since ?? ""));
      expect({ more, open: open.map(iso) }).toEqual({ more: 0, open: [] });
    }
    if (after.lastSlotTime === before.lastSlotTime) {
      expect(more).toBe(0);
      return 0;
    }
    const latest = Date.parse(after.lastSlotTime ?? "");
    const slots = between(before, cursorOf(before), latest);
    expect(slots.at(-1)).toBe(latest);
    expect(latest).toBeLessThanOrEqual(now);
    const { lastSync } = object.status ?? {};
    if (lastSync?.slotTime === after.lastSlotTime && lastSync?.attempts === 1 && lastSync.result === undefined) {
      expect({ more, slots: slots.length }).toEqual({ more: 0, slots: 1 });
      expect(now - latest).toBeLessThanOrEqual(object.spec.schedule.startingDeadlineSeconds * 1000);
      expect(started.has(lastSync.id)).toBe(false);
      started.add(lastSync.id);
      return 0;
    }
    const isOff = object.spec.suspend || !object.spec.schedule.enabled;
    expect(more).toBe(isOff ? 0 : slots.length);
    if (isOff) skipped += slots.length;
    missed += more;
    return more;
  }

  return {
    done,
    started,
    ended,
    get missed() {
      return missed;
    },
    get skipped() {
      return skipped;
    },
    see(before, after, now) {
      const more = account(after, before?.status?.schedule ?? NOTHING, after.status?.schedule ?? NOTHING, now);
      const [was, is] = [before?.status?.lastSync, after.status?.lastSync];
      if (is === undefined || (was !== undefined && attemptOf(is) === attemptOf(was)))
        return { ended: undefined, missed: more };
      // Whatever happens, what was done is not begun again.
      expect(done.has(is.id)).toBe(false);
      if (is.result === undefined) return { ended: undefined, missed: more };
      const { id, trigger, result, reason = "", attempts = 1 } = is;
      const previous = ended.findLast((other) => other.id === id);
      const wasReady = before?.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
      const isRoutine = result === "Unchanged" && trigger === "Schedule" && wasReady;
      const isNews = result === "Failed" ? previous?.reason !== reason : !isRoutine;
      const end = { id, trigger, result, reason, attempts, isNews };
      ended.push(end);
      if (result !== "Failed") done.add(id);
      return { ended: end, missed: more };
    },
  };
}

/** What became of its mail, and whether its cause was cured, is told of it later. */
const attemptOf = ({ id, attempts, result, completionTime }: NonNullable<O365SyncStatus["lastSync"]>): string =>
  JSON.stringify([id, attempts, result, completionTime]);

const iso = (ms: number): string => new Date(ms).toISOString();

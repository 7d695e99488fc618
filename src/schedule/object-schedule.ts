/** Which slots an O365Sync has, by its spec and by what its status has recorded. Pure. */
import type { O365Sync } from "../api/types.generated.ts";
import { describeSlots, dueSlots, nextSlot, slotTimes } from "./slots.ts";

/** The schedule in force. No times: nothing is due, because automatic sync is off or suspended. */
export interface Slots {
  readonly times: readonly string[];
  readonly timeZone: string;
}

const NONE: Slots = { times: [], timeZone: "UTC" };

export const identityOf = (object: O365Sync): string => `${object.metadata.namespace}/${object.metadata.name}`;

/** What the spec asks for now. While suspended nothing is in force: such slots are skipped and never caught up. */
export function wantedSlots(object: O365Sync): Slots {
  const { schedule, suspend } = object.spec;
  if (!schedule.enabled || suspend) return NONE;
  return { times: slotTimes(schedule, identityOf(object)), timeZone: schedule.timeZone };
}

/** What was in force until now: slots are judged by it until a change of it is recorded. */
export function recordedSlots(object: O365Sync): Slots {
  const recorded = object.status?.schedule;
  if (recorded?.times === undefined || recorded.times.length === 0) return NONE;
  return { times: recorded.times, timeZone: recorded.timeZone ?? "UTC" };
}

export const sameSlots = (a: Slots, b: Slots): boolean =>
  a.times.join() === b.times.join() && (a.times.length === 0 || a.timeZone === b.timeZone);

/** Slots up to this instant are accounted for: done, missed, or not in force. */
export function slotCursor(object: O365Sync): number {
  const { since, lastSlotTime } = object.status?.schedule ?? {};
  return Math.max(
    since === undefined ? 0 : Date.parse(since),
    lastSlotTime === undefined ? 0 : Date.parse(lastSlotTime),
  );
}

export interface Due {
  /** The latest slot that came, in milliseconds. */
  readonly latest: number;
  /** The one before it, where several came. */
  readonly earlier: number | undefined;
  /** How many came since the cursor, `latest` included. */
  readonly count: number;
}

export function slotsDue(object: O365Sync, now: number): Due | undefined {
  const slots = recordedSlots(object);
  if (slots.times.length === 0) return undefined;
  const { latest, earlier, count } = dueSlots(slots.times, slots.timeZone, slotCursor(object), now);
  return latest === undefined ? undefined : { latest, earlier, count };
}

/** The next slot after now, also when the clock was set back behind the last one. */
export function upcomingSlot(object: O365Sync, now: number): number | undefined {
  const slots = recordedSlots(object);
  if (slots.times.length === 0) return undefined;
  return nextSlot(slots.times, slots.timeZone, Math.max(now, slotCursor(object)));
}

export function describeSchedule(object: O365Sync, slots: Slots): string {
  if (object.spec.suspend) return "suspended";
  return slots.times.length === 0 ? "off" : describeSlots(slots.times, slots.timeZone);
}

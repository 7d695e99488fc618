/** Which slots an O365Sync has, by its spec and by what its status has recorded. Pure. */
import type { O365Sync } from "../api/types.generated.ts";
import { HOUR_MS } from "../base/time.ts";
import { type Cron, readCron } from "./cron.ts";
import { type DayTimes, describeSlots, dueSlots, isTimeZone, nextSlot, slotTimes } from "./slots.ts";

/** The schedule in force. No times: nothing is due, because automatic sync is off or suspended. */
export interface Slots {
  readonly times: readonly string[];
  /** Which days have these times, where not all have: an expression that can be read. */
  readonly cron?: string;
  readonly timeZone: string;
}

const NONE: Slots = { times: [], timeZone: "UTC" };

export const identityOf = (object: O365Sync): string => `${object.metadata.namespace}/${object.metadata.name}`;

/** What the spec asks for now. While suspended nothing is in force: such slots are skipped and never caught up. */
export function wantedSlots(object: O365Sync): Slots {
  const { schedule, suspend } = object.spec;
  if (!schedule.enabled || suspend || !isTimeZone(schedule.timeZone)) return NONE;
  if (schedule.cron !== undefined) {
    const times = cronOf(schedule.cron)?.times;
    return times === undefined ? NONE : { times, cron: schedule.cron, timeZone: schedule.timeZone };
  }
  return { times: slotTimes(schedule, identityOf(object)), timeZone: schedule.timeZone };
}

/** What was in force until now: slots are judged by it until a change of it is recorded. */
export function recordedSlots(object: O365Sync): Slots {
  const recorded = object.status?.schedule;
  if (recorded?.times === undefined || recorded.times.length === 0) return NONE;
  const slots = { times: recorded.times, timeZone: recorded.timeZone ?? "UTC" };
  if (!isTimeZone(slots.timeZone)) return NONE;
  return recorded.cron === undefined ? slots : { ...slots, cron: recorded.cron };
}

function cronOf(expression: string): Cron | undefined {
  const read = readCron(expression);
  return "problem" in read ? undefined : read;
}

/** What a library reads otherwise one day than when it was recorded is taken as every day: a slot too many harms nobody. */
function dayTimes({ times, cron }: Slots): DayTimes {
  return { times, isDay: cron === undefined ? undefined : cronOf(cron)?.isDay };
}

export interface ScheduleProblem {
  readonly reason: "InvalidSchedule" | "InvalidTimeZone";
  readonly message: string;
}

/** Why the schedule cannot be followed, although the API server took it. */
export function scheduleProblem({ spec: { schedule } }: O365Sync): ScheduleProblem | undefined {
  const { cron, timeZone } = schedule;
  if (!isTimeZone(timeZone)) {
    const message = `spec.schedule.timeZone: ${timeZone} is no time zone of the IANA database that this operator can reckon with; name one such as Europe/Berlin or UTC`;
    return { reason: "InvalidTimeZone", message };
  }
  const read = cron === undefined ? undefined : readCron(cron);
  return read !== undefined && "problem" in read
    ? { reason: "InvalidSchedule", message: `spec.schedule.cron ${read.problem}` }
    : undefined;
}

export const sameSlots = (a: Slots, b: Slots): boolean =>
  a.times.join() === b.times.join() && a.cron === b.cron && (a.times.length === 0 || a.timeZone === b.timeZone);

/** Slots up to this instant are accounted for: done, missed, or not in force. */
export function slotCursor(object: O365Sync): number {
  const { since, lastSlotTime } = object.status?.schedule ?? {};
  return Math.max(
    since === undefined ? 0 : Date.parse(since),
    lastSlotTime === undefined ? 0 : Date.parse(lastSlotTime),
  );
}

/** Further than clocks are set back by hand, or replicas differ. */
const AHEAD_MS = 6 * HOUR_MS;

/** Whether a time lies so far ahead that only a wrong clock can have written it: it counts as none. */
export const isAhead = (time: string | undefined, now: number): boolean =>
  time !== undefined && Date.parse(time) > now + AHEAD_MS;

/** Whether the record of slots was written by a clock that was far ahead: nothing would be due until then. */
export function wasAhead(object: O365Sync, now: number): boolean {
  const { since, lastSlotTime } = object.status?.schedule ?? {};
  return isAhead(since, now) || isAhead(lastSlotTime, now);
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
  const { latest, earlier, count } = dueSlots(dayTimes(slots), slots.timeZone, slotCursor(object), now);
  return latest === undefined ? undefined : { latest, earlier, count };
}

/** The next slot after now, also when the clock was set back behind the last one. */
export function upcomingSlot(object: O365Sync, now: number): number | undefined {
  const slots = recordedSlots(object);
  if (slots.times.length === 0) return undefined;
  return nextSlot(dayTimes(slots), slots.timeZone, Math.max(now, slotCursor(object)));
}

export function describeSchedule(object: O365Sync, slots: Slots): string {
  if (object.spec.suspend) return "suspended";
  if (slots.times.length === 0) return "off";
  return slots.cron === undefined ? describeSlots(slots.times, slots.timeZone) : `${slots.cron} ${slots.timeZone}`;
}

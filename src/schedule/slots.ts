/**
 * Slots: the nominal instants of a schedule, from local times of day in an IANA time zone.
 *
 * A slot is the first instant at which the wall clock shows its time or a later one. So a local time that does not exist
 * runs at the first instant after the gap, and one that exists twice runs once, at the first.
 */

import { createHash } from "node:crypto";
import { DAY_MS, MINUTE_MS } from "../base/time.ts";

/** Offsets and their changes stay well within this. */
const FAR_MS = 26 * 60 * MINUTE_MS;
/** `dueSlots` looks back no further. */
const LOOK_BACK_MS = 400 * DAY_MS;

/** Times of day, on every day or on those that `isDay` answers. */
export interface DayTimes {
  /** "HH:MM", at least one. */
  readonly times: readonly string[];
  /** Of a day of the wall calendar, counted from 1970-01-01. At least one in seven. Absent: every day. */
  readonly isDay?: ((day: number) => boolean) | undefined;
}

export interface Schedule {
  readonly times?: readonly string[] | undefined;
  readonly timesPerDay?: number | undefined;
}

/**
 * The local times of day as sorted "HH:MM". Without `times`: as many as `timesPerDay` (1 unless told), 24 h / n apart, at
 * an offset that only `identity` decides, so that many objects spread evenly and keep their times for ever.
 */
export function slotTimes({ times, timesPerDay = 1 }: Schedule, identity: string): string[] {
  if (times !== undefined && times.length > 0) return [...times].sort();
  const period = (24 * 60) / timesPerDay;
  const offset = createHash("sha256").update(identity).digest().readUInt32BE(0) % period;
  return Array.from({ length: timesPerDay }, (_, index) => hhmm(offset + index * period));
}

const hhmm = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

/** "03:17, 15:17 UTC" */
export const describeSlots = (times: readonly string[], timeZone: string): string => `${times.join(", ")} ${timeZone}`;

/**
 * Whether Intl knows the name as an IANA zone; offsets such as "+02:00" are none. The API server, which is written in Go,
 * takes every file of its zone folder too: Factory, posixrules, localtime, posix/…, right/….
 */
export function isTimeZone(name: string): boolean {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const found = isKnownToIntl(name);
  if (zones.size >= MOST_ZONES) zones.clear();
  zones.set(name, found);
  return found;
}

/** Asking Intl takes a hundred times as long as finding the answer again; there are some 600 zones. */
const zones = new Map<string, boolean>();
const MOST_ZONES = 2000;

function isKnownToIntl(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The first slot after `after`; both in milliseconds since the epoch. */
export function nextSlot(schedule: DayTimes, timeZone: string, after: number): number {
  // A gap of a whole day (Pacific/Apia, 2011) still leaves a slot within three; a week may lie between days that have one.
  const near = slotsBetween(schedule, timeZone, after, after + 3 * DAY_MS)[0];
  const found = near ?? slotsBetween(schedule, timeZone, after, after + 9 * DAY_MS)[0];
  if (found === undefined) throw new RangeError("a schedule needs at least one time in a week");
  return found;
}

/**
 * The slots after `after` up to and including `now`: the latest, the one before it, and how many. What lies more than
 * 400 days back is not counted. Nothing when `now` is not after `after` (the clock was set back).
 */
export function dueSlots(
  schedule: DayTimes,
  timeZone: string,
  after: number,
  now: number,
): { readonly latest: number | undefined; readonly earlier: number | undefined; readonly count: number } {
  const slots = slotsBetween(schedule, timeZone, Math.max(after, now - LOOK_BACK_MS), now);
  return { latest: slots.at(-1), earlier: slots.at(-2), count: slots.length };
}

/** Sorted, each instant once. */
function slotsBetween({ times, isDay }: DayTimes, timeZone: string, after: number, until: number): number[] {
  const found = new Set<number>();
  const offsets = times.map(minutesOf);
  const firstDay = Math.floor((after - FAR_MS) / DAY_MS);
  const lastDay = Math.floor((until + FAR_MS) / DAY_MS);
  for (let day = firstDay; day <= lastDay; day++) {
    if (isDay?.(day) === false) continue;
    for (const minutes of offsets) {
      const slot = instantOf(day * DAY_MS + minutes * MINUTE_MS, timeZone);
      if (slot > after && slot <= until) found.add(slot);
    }
  }
  return [...found].sort((a, b) => a - b);
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** By zone. Asked again and again for the same few days, and Intl is slow. */
const instants = new Map<string, Map<number, number>>();
const MOST_INSTANTS = 20_000;

/** The first instant at which the wall clock shows `local` or later; `local` is that reading taken as if it were UTC. */
function instantOf(local: number, timeZone: string): number {
  const ofZone = instants.get(timeZone) ?? new Map<number, number>();
  const known = ofZone.get(local);
  if (known !== undefined) return known;
  if (ofZone.size >= MOST_INSTANTS) ofZone.clear();
  const found = findInstant(local, timeZone);
  ofZone.set(local, found);
  instants.set(timeZone, ofZone);
  return found;
}

function findInstant(local: number, timeZone: string): number {
  const before = offsetAt(local - FAR_MS, timeZone);
  const after = offsetAt(local + FAR_MS, timeZone);
  if (before === after) return local - before;
  const candidates = [local - before, local - after].sort((a, b) => a - b);
  const exact = candidates.find((instant) => instant + offsetAt(instant, timeZone) === local);
  return exact ?? gapEnd(local, timeZone);
}

/** No instant shows `local`: the first one behind the gap that swallowed it. */
function gapEnd(local: number, timeZone: string): number {
  let [early, late] = [local - FAR_MS, local + FAR_MS];
  while (late - early > 1000) {
    const middle = Math.floor((early + late) / 2000) * 1000;
    if (middle + offsetAt(middle, timeZone) >= local) late = middle;
    else early = middle;
  }
  return late;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How much the wall clock of the zone is ahead of UTC, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const part = new Map(
    formatFor(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const field = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  const wall = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  return wall - Math.floor(instant / 1000) * 1000;
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(timeZone, made);
  return made;
}

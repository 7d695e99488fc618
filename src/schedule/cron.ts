/** `schedule.cron`: five fields as CronJob reads them, as times of day and the days that have them. Pure. */
import { CronExpressionParser } from "cron-parser";
import { DAY_MS } from "../base/time.ts";

/** Times of day, and which days have them. */
export interface Cron {
  /** "HH:MM", sorted. */
  readonly times: readonly string[];
  /** Whether a day has them; days are counted from 1970-01-01 as a wall calendar shows it. */
  isDay(day: number): boolean;
}
/** A schedule of this kind asks a tenant at most so often a day, like `times`. */
const MOST_A_DAY = 4;
const LONGEST_EXPRESSION = 128;
/** Two years with a leap day in the second: every length that a month can have, before and after every other. */
const [FIRST_DAY, LAST_DAY] = [Date.UTC(2027, 0, 1) / DAY_MS, Date.UTC(2029, 2, 1) / DAY_MS];

/** What people write elsewhere and CronJob takes otherwise or not at all, with what to write here. */
const REFUSED: readonly (readonly [what: RegExp, cure: string])[] = [
  [/^\s*$/, "is empty; leave it out, or write five fields such as 0 6,18 * * 1-5"],
  [/^@/, "must be five fields; macros such as @daily are not taken, write 0 6 * * *"],
  [/TZ=/i, "must not name a time zone; spec.schedule.timeZone does"],
  [/[?LWH#]/, "may hold only digits, names of months and days, and * , - /"],
];

/** `problem` follows on "spec.schedule.cron". */
export function readCron(expression: string): Cron | { readonly problem: string } {
  const known = kept.get(expression);
  if (known !== undefined) return known;
  const found = parse(expression);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(expression, found);
  return found;
}

/** An object asks for its next slot at every look: reading takes a hundred times as long as finding it again. */
const kept = new Map<string, Cron | { readonly problem: string }>();
const MOST_KEPT = 2000;

function parse(expression: string): Cron | { readonly problem: string } {
  if (expression.length > LONGEST_EXPRESSION) return { problem: `is longer than ${LONGEST_EXPRESSION} characters` };
  const names = expression.toUpperCase().replace(/\b(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\b/g, "");
  const bare = names.replace(/\b(SUN|MON|TUE|WED|THU|FRI|SAT)\b/g, "");
  const refused = REFUSED.find(([what]) => what.test(bare));
  if (refused !== undefined) return { problem: refused[1] };
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5)
    return {
      problem: `has ${fields.length} fields and must have five: minute, hour, day of the month, month, day of the week`,
    };
  try {
    return judge(fromFields(fields));
  } catch (error) {
    return { problem: `cannot be read: ${error instanceof Error ? error.message.slice(0, 200) : "unknown"}` };
  }
}

/** Throws Error, in the words of the library, for what is no expression. */
function fromFields(fields: readonly string[]): Cron {
  const parsed = CronExpressionParser.parse(fields.join(" "), { tz: "UTC" }).fields;
  const numbers = (values: readonly unknown[]): number[] => values.filter((value) => typeof value === "number");
  const months = new Set(numbers(parsed.month.values));
  const daysOfMonth = new Set(numbers(parsed.dayOfMonth.values));
  const daysOfWeek = new Set(numbers(parsed.dayOfWeek.values).map((value) => value % 7));
  // Vixie's rule, and CronJob's: where both are restricted, either will do.
  const both = !isStar(fields[2]) && !isStar(fields[4]);
  const times = numbers(parsed.hour.values).flatMap((hour) =>
    numbers(parsed.minute.values).map((minute) => `${two(hour)}:${two(minute)}`),
  );
  return {
    times: times.sort(),
    isDay(day) {
      const date = new Date(day * DAY_MS);
      if (!months.has(date.getUTCMonth() + 1)) return false;
      const ofMonth = daysOfMonth.has(date.getUTCDate());
      const ofWeek = daysOfWeek.has(date.getUTCDay());
      return both ? ofMonth || ofWeek : ofMonth && ofWeek;
    },
  };
}

const isStar = (field = "*"): boolean => field.split(",").some((part) => part === "*" || part === "*/1");
const two = (value: number): string => String(value).padStart(2, "0");

function judge(cron: Cron): Cron | { readonly problem: string } {
  if (cron.times.length > MOST_A_DAY)
    return {
      problem: `names ${cron.times.length} times a day; at most ${MOST_A_DAY} are taken, as many as times may hold`,
    };
  let last = FIRST_DAY - 1;
  for (let day = FIRST_DAY; day <= LAST_DAY; day++) {
    if (cron.isDay(day)) last = day;
    else if (day - last >= 7)
      return { problem: "leaves more than a week without a slot; a list must be confirmed at least once a week" };
  }
  return cron;
}

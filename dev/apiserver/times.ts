/** Times in the API server's forms. Pure. */

/** metav1.Time: whole seconds. */
export function timeText(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
}

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

/** metav1.MicroTime is parsed with exactly six digits after the dot; another count is an error of decoding. */
export function isMicroTime(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && MICRO_TIME.test(value));
}

/** An age as kubectl prints it: k8s.io/apimachinery's HumanDuration. */
export function age(since: unknown, now: number): string {
  const start = typeof since === "string" ? Date.parse(since) : Number.NaN;
  if (Number.isNaN(start)) return "<unknown>";
  const seconds = Math.trunc((now - start) / 1000);
  if (seconds < -1) return "<invalid>";
  return humanDuration(Math.max(0, seconds));
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

function humanDuration(seconds: number): string {
  const whole = (unit: number): number => Math.floor(seconds / unit);
  const two = (unit: number, name: string, small: number, smallName: string): string => {
    const rest = Math.floor((seconds % unit) / small);
    return rest === 0 ? `${whole(unit)}${name}` : `${whole(unit)}${name}${rest}${smallName}`;
  };
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  if (seconds < 10 * MINUTE) return two(MINUTE, "m", 1, "s");
  if (seconds < 3 * HOUR) return `${whole(MINUTE)}m`;
  if (seconds < 8 * HOUR) return two(HOUR, "h", MINUTE, "m");
  if (seconds < 2 * DAY) return `${whole(HOUR)}h`;
  if (seconds < 8 * DAY) return two(DAY, "d", HOUR, "h");
  if (seconds < 2 * YEAR) return `${whole(DAY)}d`;
  if (seconds < 8 * YEAR) return two(YEAR, "y", DAY, "d");
  return `${whole(YEAR)}y`;
}

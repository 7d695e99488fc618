/** Instants and spans: in milliseconds, as they are kept, and as people read them; always in UTC. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** RFC 3339, as status and ConfigMaps keep an instant. */
export const iso = (ms: number): string => new Date(ms).toISOString();

/** "2026-11-24 06:00 UTC" */
export const readableMinute = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** "2026-11-24 06:00:12 UTC" */
export const readableTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** Later than any clock shows, by a margin for reckoning with it: five digits of a year are no RFC 3339. */
export const LAST_INSTANT = Date.UTC(9990, 0, 1);

/** Whether a text names an instant that can be reckoned with. Schemas of Kubernetes let others pass, such as one at an offset of 99 hours. */
export function isInstant(text: string): boolean {
  const ms = Date.parse(text);
  return ms >= 0 && ms <= LAST_INSTANT;
}

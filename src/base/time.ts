/** Instants as people read them, always in UTC. */

/** "2026-11-24 06:00 UTC" */
export const readableMinute = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** "2026-11-24 06:00:12 UTC" */
export const readableTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

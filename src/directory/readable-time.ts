/** "2026-11-24 06:00:12 UTC", from milliseconds since the epoch. */
export const readable = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

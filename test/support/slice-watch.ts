/** Watches from within a process how long it keeps its event loop, by the processor's clock: a core that others take is not its work. */
import { existsSync, readFileSync } from "node:fs";

/**
 * Loaded before anything else of the process. Timers are looked at in each turn of the loop, so that between two ticks
 * there is one turn, or nothing. Node.js 24 counts the thread alone; an older one the whole process, whose other threads
 * unpack and collect garbage.
 */
export const SLICE_WATCH = `
const { appendFileSync } = require("node:fs");
const used = () => {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
};
let last = used();
setInterval(() => {
  const now = used();
  const ms = now - last;
  if (ms > 20) appendFileSync(process.env.SLICES_FILE, JSON.stringify({ at: Date.now(), ms, until: Number(process.hrtime.bigint() / 1000n) }) + "\\n");
  last = used();
}, 2).unref();
`;

export interface Slice {
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
}

/** Longest first. */
export function slicesIn(file: string, since: number): Slice[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  return lines
    .map((line) => JSON.parse(line) as Slice)
    .filter(({ at }) => at >= since)
    .sort((a, b) => b.ms - a.ms);
}

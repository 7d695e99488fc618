/** Memory and open handles of a process, as Linux tells them. */
import { readdirSync, readFileSync } from "node:fs";

export interface Sample {
  /** Seconds since the first. */
  readonly at: number;
  readonly residentMiB: number;
  readonly handles: number;
}

/** Undefined where there is no such process, or no /proc. */
export function measure(pid: number, at: number): Sample | undefined {
  try {
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return { at, residentMiB: Number(resident) / 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** Least squares, in MiB an hour, over the second half: what a process takes to warm up is no leak. */
export function slope(samples: readonly Sample[]): number {
  const late = samples.slice(Math.floor(samples.length / 2));
  const mean = (of: (sample: Sample) => number): number =>
    late.reduce((sum, sample) => sum + of(sample), 0) / late.length;
  const [middle, level] = [mean(({ at }) => at), mean(({ residentMiB }) => residentMiB)];
  const spread = late.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  const together = late.reduce((sum, { at, residentMiB }) => sum + (at - middle) * (residentMiB - level), 0);
  return spread === 0 ? 0 : (together / spread) * 3600;
}

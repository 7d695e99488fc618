/** What a busy machine adds to a measurement: how long the main thread of a process had a core, and how long it waited for one. */
import { readFileSync } from "node:fs";

export interface Share {
  readonly ranMs: number;
  readonly waitedMs: number;
}

/** Since the process began; nothing where this kernel does not tell. */
export function shareOf(pid: number): Share {
  try {
    const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ").map(Number);
    return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
  } catch {
    return { ranMs: 0, waitedMs: 0 };
  }
}

/** A watch without the time in which one of these processes wanted a core and had none: the one that waited longest, as they wait together. */
export function watchWithout(pids: readonly number[]): () => number {
  const waited = (): number[] => pids.map((pid) => shareOf(pid).waitedMs);
  const [began, before] = [performance.now(), waited()];
  return () => performance.now() - began - Math.max(...waited().map((ms, index) => ms - (before[index] ?? 0)));
}

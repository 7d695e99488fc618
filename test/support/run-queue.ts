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

/** A watch that stands still while one of these processes wants a core and has none. */
export function watchWithout(pids: readonly number[]): () => number {
  const waited = (): number => pids.reduce((sum, pid) => sum + shareOf(pid).waitedMs, 0);
  const [began, before] = [performance.now(), waited()];
  return () => performance.now() - began - (waited() - before);
}

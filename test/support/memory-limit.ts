/** A real limit on the memory of a process, as kubelet sets it: a control group where one can be made, else a watch that kills. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface MemoryLimit {
  /** What keeps it: "cgroup", or "watched" where this machine allows no control group. */
  readonly by: "cgroup" | "watched";
  /** The most that the process had, in bytes. */
  peakBytes(): number;
  /** After the process has ended. */
  close(): void;
}

/** Version 2 first; 1 where the memory controller stands by itself. */
const HIERARCHIES = [
  { root: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" },
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", peak: "memory.max_usage_in_bytes" },
] as const;

export function limitMemory(pid: number, bytes: number): MemoryLimit {
  for (const { root, limit, peak } of HIERARCHIES) {
    const folder = join(root, `o365-sync-test-${pid}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      // A control group brings its files along; anything else is a folder like any other.
      if (!existsSync(join(folder, limit))) throw new Error("no control group");
      writeFileSync(join(folder, limit), String(bytes));
      writeFileSync(join(folder, "cgroup.procs"), String(pid));
      return {
        by: "cgroup",
        peakBytes: () => Number(readFileSync(join(folder, peak), "utf8")),
        close: () => rmdirSync(folder),
      };
    } catch {
      rmdirSync(folder);
    }
  }
  return watched(pid, bytes);
}

function watched(pid: number, bytes: number): MemoryLimit {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, mostResidentBytes(pid));
    if (most > bytes) process.kill(pid, "SIGKILL");
  }, 50);
  return { by: "watched", peakBytes: () => most, close: () => clearInterval(timer) };
}

/** The kernel keeps it: what was used between two looks counts too. */
function mostResidentBytes(pid: number): number {
  try {
    const [, kib = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib) * 1024;
  } catch {
    return 0;
  }
}

/** What bench/results.json holds: figures of runs that docs/performance.md shows. */
import type { SyncCost } from "./sizes.ts";

/** Medians of some runs of one state of the program. */
export interface Computing {
  readonly state: string;
  readonly users: number;
  readonly latencyMs: number;
  readonly sync: SyncCost["sync"];
  readonly runs: number;
  readonly cpuSeconds: number;
  /** By the CPU time of the bench's naive client in the same run. */
  readonly byNaive: number;
  readonly seconds: number;
  readonly peakMiB: number;
}

/** Lists have an entry for each operator. */
export interface Growth {
  /** What grows: objects, tenants, operators. */
  readonly name: string;
  readonly tenants: number;
  readonly objects: number;
  readonly operators: number;
  readonly publishedSeconds: number;
  readonly cpuSeconds: readonly number[];
  readonly readySeconds: number;
  readonly residentMiB: readonly number[];
  readonly idlePercent: readonly number[];
}

export interface Results {
  readonly computing: readonly Computing[];
  readonly growth: readonly Growth[];
}

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

/** A sync of one size, as the bench measured it once. */
export interface Sized extends Pick<SyncCost, "sync" | "requests" | "minimum" | "writes" | "changed"> {
  readonly users: number;
  readonly latencyMs: number;
  readonly formats: readonly string[];
  readonly addresses: number;
  readonly naiveRequests: number;
  readonly naiveSeconds: number;
  /** Answers of Graph and Entra, compressed. */
  readonly readMiB: number;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the largest ConfigMap. */
  readonly largestKiB: number;
}

/** All sizes, measured one after the other. */
export interface Sizes {
  /** As `2026-11-30`. */
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly rows: readonly Sized[];
}

export interface Results {
  readonly sizes: Sizes;
  readonly computing: readonly Computing[];
  readonly growth: readonly Growth[];
}

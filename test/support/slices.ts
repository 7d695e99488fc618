/** How long work keeps the event loop at a time, by the processor's clock: what a busy machine adds is not the work's. */
import { type Steps, stepFor } from "../../src/base/steps.ts";
import { shareOf } from "./run-queue.ts";

const SLICE_MS = 8;

interface Measured {
  /** Since Node.js 23.9. */
  readonly threadCpuUsage?: () => { readonly user: number; readonly system: number };
}
const { threadCpuUsage } = process as Measured;

/**
 * Of this thread, as Node.js or else the kernel tells it; of the process, whose other threads compile and collect garbage
 * beside it, where neither does.
 */
export function cpuMs(): number {
  const ran = threadCpuUsage === undefined ? shareOf(process.pid).ranMs : 0;
  if (ran > 0) return ran;
  const { user, system } = threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

export interface Sliced<T> {
  readonly result: T;
  readonly longestMs: number;
  readonly totalMs: number;
}

/** Does all the steps as `inSlices` would. */
export function sliced<T>(steps: Steps<T>): Sliced<T> {
  let [longestMs, totalMs] = [0, 0];
  for (;;) {
    const began = cpuMs();
    const step = stepFor(steps, SLICE_MS);
    const took = cpuMs() - began;
    longestMs = Math.max(longestMs, took);
    totalMs += took;
    if (step.done === true) return { result: step.value, longestMs, totalMs };
  }
}

/** The processor's time that a call takes, in milliseconds. */
export function timed(call: () => void): number {
  const began = cpuMs();
  call();
  return cpuMs() - began;
}

/** Looks at each turn of the event loop while asynchronous work is done in it. */
export async function watched<T>(work: () => Promise<T>): Promise<Sliced<T>> {
  let [longestMs, totalMs, isOver] = [0, 0, false];
  let last = cpuMs();
  const look = (): void => {
    const took = cpuMs() - last;
    longestMs = Math.max(longestMs, took);
    totalMs += took;
    if (!isOver) setImmediate(look);
    last = cpuMs();
  };
  setImmediate(look);
  try {
    const result = await work();
    look();
    return { result, longestMs, totalMs };
  } finally {
    isOver = true;
  }
}

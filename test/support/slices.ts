/** How long work keeps the event loop at a time, by the processor's clock: what a busy machine adds is not the work's. */
import { type Steps, stepFor } from "../../src/base/steps.ts";

const SLICE_MS = 8;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

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

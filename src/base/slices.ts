/** Does long work without keeping others waiting: the lease is renewed, probes are answered, other runs go on. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Steps, stepFor } from "./steps.ts";

/** How long the event loop may be kept at a time. Measured on the machine's own clock. */
const SLICE_MS = 8;

/** Throws the signal's reason when it aborts in between. */
export async function inSlices<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  let left = SLICE_MS;
  for (;;) {
    const began = performance.now();
    const step = stepFor(steps, left);
    if (step.done === true) return step.value;
    left -= performance.now() - began;
    if (left > 0) continue;
    await nextTurn();
    signal.throwIfAborted();
    left = SLICE_MS;
  }
}

/** The same for items that come one by one: after each it says whether to wait. */
export function createPacer(signal: AbortSignal): { pause(): Promise<void> | undefined } {
  let began = performance.now();
  return {
    pause() {
      if (performance.now() - began < SLICE_MS) return undefined;
      return nextTurn().then(() => {
        signal.throwIfAborted();
        began = performance.now();
      });
    },
  };
}

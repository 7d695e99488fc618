/** Does long work without keeping others waiting: the lease is renewed, probes are answered, other runs go on. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Steps } from "./steps.ts";

/** How long the event loop may be kept at a time. Measured on the machine's own clock. */
const SLICE_MS = 8;

/** Throws the signal's reason when it aborts in between. */
export async function inSlices<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < SLICE_MS) continue;
    await nextTurn();
    signal.throwIfAborted();
    began = performance.now();
  }
}

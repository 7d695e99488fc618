/** Time and chance for tests of waiting: a sleep is noted down and over at once. */
import type { Deps } from "../../../../src/base/deps.ts";
import { createFakeClock, type FakeClock } from "../../../support/clock.ts";

export interface TestDeps extends Deps {
  readonly clock: FakeClock;
  /** What was slept, in milliseconds. */
  readonly pauses: number[];
}

/** `random` is one half unless told, which leaves pauses without jitter. */
export function createTestDeps(random = 0.5): TestDeps {
  const clock = createFakeClock();
  const pauses: number[] = [];
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    pauses.push(ms);
    await clock.advance(ms);
  };
  return { clock: { ...clock, sleep }, random: () => random, pauses };
}

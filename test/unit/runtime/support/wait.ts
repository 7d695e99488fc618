/** Waiting in tests against real sockets, and a clock that makes such tests short. */
import { type Deps, systemClock } from "../../../../src/base/deps.ts";

/** Resolves once the condition holds; throws, naming it, when it does not within `ms`. */
export async function until(what: string, condition: () => boolean, ms = 5_000): Promise<void> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The system's clock, on which a second of waiting takes `1000 / factor` ms. Chance always says the same. */
export function createFastDeps(factor: number): Deps {
  return {
    clock: {
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic(),
      setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms / factor),
      sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
    },
    random: () => 0.5,
  };
}

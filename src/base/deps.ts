/** What code may not reach for by itself: time and chance. Tests inject their own. */

export interface Clock {
  /** Milliseconds since the epoch, UTC: for instants that are kept or shown. It may be set, ahead and back. */
  now(): number;
  /** Milliseconds since some instant of this process: for how long something took, or is ago. It is never set. */
  monotonic(): number;
  /** Calls back once after `ms`; waits beyond 2^31-1 ms are honoured. Returns a function that cancels. Never keeps the process alive by itself. */
  setTimeout(callback: () => void, ms: number): () => void;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Deps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, ms) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const step = Math.min(left, LONGEST_TIMER);
      timer = setTimeout(() => (left > step ? arm(left - step) : callback()), Math.max(0, step));
      timer.unref();
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const cancel = systemClock.setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};

export const systemDeps: Deps = { clock: systemClock, random: Math.random };

/** Long work in pieces: a generator that pauses where its caller may look after other things. */

/** Pauses every few milliseconds of work; what it returns is the result. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** All at once, for work that is known to be short. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Of items that cost some microseconds each, as many as are done between two pauses. */
export const PAUSE_EVERY = 1024;

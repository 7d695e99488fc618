/** Long work in pieces: a generator that pauses where its caller may look after other things. */

/** Pauses every few milliseconds of work; what it returns is the result. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** When the work that runs now has had its share, on the machine's own clock. One at a time runs in a process. */
let shareEnds = Number.POSITIVE_INFINITY;

/**
 * Whether it is time to pause. Asked for every item, because what an item costs is up to whoever wrote it: an account may
 * have one address or ten thousand, a pattern one star or three hundred sets. A look at the clock costs some 50 ns.
 */
export const isPauseDue = (): boolean => performance.now() >= shareEnds;

/** The next share of the work: it pauses once these milliseconds are over. */
export function stepFor<T>(steps: Steps<T>, ms: number): IteratorResult<undefined, T> {
  const outer = shareEnds;
  shareEnds = performance.now() + ms;
  try {
    return steps.next();
  } finally {
    shareEnds = outer;
  }
}

/** All at once, for work that is known to be short. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = stepFor(steps, Number.POSITIVE_INFINITY);
    if (step.done === true) return step.value;
  }
}

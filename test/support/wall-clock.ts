/** The slots of a schedule, found by walking along the wall clock: knows nothing of how the operator finds them. */

const STEP_MS = 30 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
const FAR_MS = DAY_MS;

export interface WallClock {
  /** The instants in (after, until] at which the wall clock first shows one of the times, or has jumped over it. */
  slots(times: readonly string[], timeZone: string, after: number, until: number): number[];
}

/** Of every half hour: what the wall clock shows at its start, and the latest that it has ever shown before. Taken as UTC. */
interface Walk {
  readonly shown: Float64Array;
  readonly highest: Float64Array;
}

/** For instants between the two, with a day around them. No zone changes its offset within a half hour of UTC. */
export function createWallClock(first: number, last: number): WallClock {
  const start = Math.floor((first - FAR_MS) / STEP_MS) * STEP_MS;
  const steps = Math.ceil((last + FAR_MS - start) / STEP_MS);
  const walks = new Map<string, Walk>();

  function walk(timeZone: string): Walk {
    const known = walks.get(timeZone);
    if (known !== undefined) return known;
    const reading = readerOf(timeZone);
    const made = { shown: new Float64Array(steps), highest: new Float64Array(steps) };
    let highest = Number.NEGATIVE_INFINITY;
    for (let step = 0; step < steps; step++) {
      const shown = reading(start + step * STEP_MS);
      made.shown[step] = shown;
      made.highest[step] = highest === Number.NEGATIVE_INFINITY ? shown : highest;
      highest = Math.max(highest, shown + STEP_MS);
    }
    walks.set(timeZone, made);
    return made;
  }

  return {
    slots(times, timeZone, after, until) {
      const { shown, highest } = walk(timeZone);
      const minutes = times.map((time) => (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * 60_000);
      const found = new Set<number>();
      const end = Math.min(steps, Math.floor((until - start) / STEP_MS) + 1);
      for (let step = Math.max(0, Math.floor((after - start) / STEP_MS)); step < end; step++) {
        const [from, unseen] = [shown[step] ?? 0, highest[step] ?? 0];
        const high = from + STEP_MS;
        for (let day = Math.floor(unseen / DAY_MS) * DAY_MS; day < high; day += DAY_MS) {
          for (const minute of minutes) {
            const local = day + minute;
            if (local < unseen || local >= high) continue;
            // Behind a gap the clock has jumped over it: then at once.
            found.add(start + step * STEP_MS + Math.max(0, local - from));
          }
        }
      }
      return [...found].filter((slot) => slot > after && slot <= until).sort((a, b) => a - b);
    },
  };
}

function readerOf(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  return (instant) => Date.parse(`${format.format(instant).replace(" ", "T")}:00Z`);
}

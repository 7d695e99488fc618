/**
 * Obstacles of the table in docs/reliability.md, at random: one to three of them meet each other, each is put, stays for 20
 * seconds and is taken away, whether or not what came before has healed. Both objects must then be right within the longest
 * time that was promised for these, and the tenant asked no more than the schedule, what was changed and the retries explain.
 */

import { isIntact } from "../support/healing/look.ts";
import {
  describeAll,
  isWell,
  openStage,
  passing,
  promisedMs,
  readsOf,
  SCHEDULE,
  whole,
} from "../support/healing/play.ts";
import type { Row, Stage } from "../support/healing/row.ts";
import { CHAPTERS } from "../support/healing/table.ts";
import { embeddedObstacles, realObstacles } from "../support/obstacles.ts";
import { createRandom } from "../support/random.ts";
import { unlessGone } from "../support/world.ts";
import { startSoakControlPlane } from "./control-plane.ts";

export interface ObstacleSoak {
  readonly minutes: number;
  readonly seed: number;
  readonly check: (holds: boolean, what: string) => void;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const BETWEEN_MS = 20 * SECOND_MS;
const SLOTS_HOURS = 6;
const MOST_AT_ONCE = 3;
/** The run that meets an obstacle, its first retry, and the one after its cure. */
const READS_FOR_EACH = 3;
/** They leave a secret behind that never works again, and a clock that is wrong. */
const LASTING = [
  "the client secret expired",
  "the clock of the leader's node set back by 6 hours, and `<sync>-recipients` deleted",
];

/** What can be put in the way of an installation that stands, whatever it has gone through. */
const fitting =
  (kind: "real" | "embedded") =>
  ({ first, spec, domain, flags, cause, only = kind }: Row): boolean =>
    only === kind && [first, spec, domain, flags].every((each) => each === undefined) && !LASTING.includes(cause);

/** Some obstacles that meet each other, and what came of them. */
interface Episode {
  readonly put: readonly string[];
  readonly isRight: boolean;
  readonly hours: number;
  readonly reads: number;
}

const forALittle = ({ clock }: Stage): Promise<void> => passing(clock, BETWEEN_MS, () => Promise.resolve(false), 0);

/** Puts them one after the other, takes each away again, and lets pass what was promised for whichever takes longest. */
async function episode(stage: Stage, rows: readonly Row[]): Promise<Episode> {
  const { world, clock } = stage;
  // An instant of the machine: obstacles set the other clock.
  const begin = clock.monotonic();
  const before = readsOf(world);
  const met: Row[] = [];
  for (const row of rows) {
    const takeAway = await row.play(stage).catch((error: unknown) => {
      // What it would break is broken still.
      console.log(`      skipped: ${row.cause} (${String(error).slice(0, 80)})`);
    });
    if (takeAway === undefined) continue;
    met.push(row);
    await forALittle(stage);
    // Whatever stood in the way may be gone already: what follows has to be right all the same.
    await takeAway()
      .catch(unlessGone)
      .catch((error: unknown) => {
        throw new Error(`${row.cause}, taken away: ${String(error)}`, { cause: error });
      });
    if (row !== rows.at(-1)) await forALittle(stage);
  }
  const isRight = async (): Promise<boolean> => {
    if (!(await isWell(world)) || !(await isIntact(stage))) return false;
    for (const { proof } of met) if ((await proof?.(stage)) === false) return false;
    return true;
  };
  // From the last cure: what another obstacle kept from healing may need its whole time now.
  await passing(clock, Math.max(0, ...met.map(promisedMs)), isRight);
  return {
    put: met.map(({ cause, after }) => `${cause} (${after})`),
    isRight: await isRight(),
    hours: (clock.monotonic() - begin) / HOUR_MS,
    reads: readsOf(world) - before,
  };
}

export async function soakObstacles({ minutes, seed, check }: ObstacleSoak): Promise<void> {
  const random = createRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const plane = await startSoakControlPlane();
  const { access, faults } = plane;
  const obstacles = faults === undefined ? realObstacles(access) : embeddedObstacles({ access, faults });
  const rows = CHAPTERS.flatMap((chapter) => chapter.rows).filter(fitting(access.kind));
  const { stage, close, abandon } = await openStage({ controlPlane: access, obstacles });
  const { world } = stage;
  console.log(`seed ${seed}, ${minutes} minutes, ${rows.length} kinds, control plane ${access.kind} ${access.version}`);
  const episodes: Episode[] = [];
  let chosen: readonly Row[] = [];
  const isAllRight = (): boolean => episodes.at(-1)?.isRight ?? true;
  try {
    await world.install({ schedule: SCHEDULE });
    await whole(world);
    const end = performance.now() + minutes * MINUTE_MS;
    while (performance.now() < end && isAllRight()) {
      chosen = Array.from({ length: 1 + pick(MOST_AT_ONCE) }, () => rows[pick(rows.length)] as Row);
      const found = await episode(stage, chosen);
      episodes.push(found);
      const explained = explainedReads(found);
      if (found.reads > explained)
        check(false, `the tenant was read ${found.reads} times, ${explained} are explained:\n${found.put.join("\n")}`);
    }
    const last = episodes.at(-1)?.put.join("\n");
    check(
      isAllRight(),
      `both objects were right within what was promised ${isAllRight() ? "" : `\n${await describeAll(world)}\n${last}`}`,
    );
    tell(episodes, rows.length, check);
    if (isAllRight()) await close();
    else await abandon();
  } catch (error) {
    const causes = chosen.map(({ cause }) => cause);
    check(false, `${error instanceof Error ? error.message : String(error)}\n${causes.join("\n")}`);
    await abandon();
  } finally {
    await plane.stop();
  }
}

const explainedReads = ({ hours, put }: Episode): number =>
  Math.ceil(hours / SLOTS_HOURS) + READS_FOR_EACH * put.length;

function tell(episodes: readonly Episode[], kinds: number, check: ObstacleSoak["check"]): void {
  const put = episodes.flatMap((each) => each.put);
  const hours = episodes.reduce((sum, each) => sum + each.hours, 0);
  const reads = episodes.reduce((sum, each) => sum + each.reads, 0);
  check(
    reads <= Math.ceil(hours / SLOTS_HOURS) + READS_FOR_EACH * put.length,
    `the tenant was read ${reads} times in ${hours.toFixed(1)} hours`,
  );
  console.log(`${put.length} obstacles in ${episodes.length} groups, ${new Set(put).size} of ${kinds} kinds`);
}

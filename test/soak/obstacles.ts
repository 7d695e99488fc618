/**
 * Obstacles of the table in docs/reliability.md, at random: each is put, stays for 20 seconds and is taken away, whether or
 * not what came before has healed. At the end both objects are right within the longest time that was promised, and the
 * tenant was asked no more than the schedule, what was changed and the retries explain.
 */

import { describeAll, isWell, openStage, passing, readsOf, SCHEDULE, whole } from "../support/healing/play.ts";
import type { Row } from "../support/healing/row.ts";
import { CHAPTERS } from "../support/healing/table.ts";
import { embeddedObstacles, realObstacles } from "../support/obstacles.ts";
import { createRandom } from "../support/random.ts";
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
/** The next slot, and a run at it. */
const LONGEST_PROMISE_MS = 6 * HOUR_MS;
/** It leaves a secret behind that never works again. */
const LASTING = ["the client secret expired"];

/** What can be put in the way of an installation that stands, whatever it has gone through. */
const fits = ({ first, spec, domain, flags, cause, only }: Row): boolean =>
  [first, spec, domain, flags, only].every((each) => each === undefined) && !LASTING.includes(cause);

export async function soakObstacles({ minutes, seed, check }: ObstacleSoak): Promise<void> {
  const random = createRandom(seed);
  const plane = await startSoakControlPlane();
  const { access, faults } = plane;
  const obstacles = faults === undefined ? realObstacles(access) : embeddedObstacles({ access, faults });
  const rows = CHAPTERS.flatMap((chapter) => chapter.rows).filter(fits);
  const { stage, close, abandon } = await openStage({ controlPlane: access, obstacles });
  const { world, clock } = stage;
  console.log(`seed ${seed}, ${minutes} minutes, ${rows.length} kinds, control plane ${access.kind} ${access.version}`);
  const put: string[] = [];
  try {
    await world.install({ schedule: SCHEDULE });
    await whole(world);
    // An instant of the machine: obstacles set the other clock.
    const begin = clock.monotonic();
    const before = readsOf(world);
    const end = performance.now() + minutes * MINUTE_MS;
    while (performance.now() < end) {
      const row = rows[Math.floor(random() * rows.length)] as Row;
      const wait = () => passing(clock, BETWEEN_MS, () => Promise.resolve(false), 0);
      try {
        const takeAway = await row.play(stage);
        put.push(row.cause);
        await wait();
        await takeAway();
      } catch (error) {
        // What it would break is broken still.
        console.log(`      skipped: ${row.cause} (${String(error).slice(0, 80)})`);
      }
      await wait();
    }
    await passing(clock, LONGEST_PROMISE_MS, () => isWell(world));
    const healed = await isWell(world);
    check(
      healed,
      `both objects are right ${healed ? "" : `\n${await describeAll(world)}\n${put.slice(-6).join("\n")}`}`,
    );
    const hours = (clock.monotonic() - begin) / HOUR_MS;
    const asked = readsOf(world) - before;
    // Four slots a day; for each obstacle the run that meets it, its first retry, and the one after its cure.
    const explained = Math.ceil(hours / 6) + 3 * put.length;
    check(
      asked <= explained,
      `the tenant was read ${asked} times in ${hours.toFixed(1)} hours, ${explained} are explained`,
    );
    console.log(`${put.length} obstacles, ${new Set(put).size} of ${rows.length} kinds`);
    if (healed) await close();
    else await abandon();
  } catch (error) {
    check(false, `${error instanceof Error ? error.message : String(error)}\n${put.slice(-3).join("\n")}`);
    await abandon();
  } finally {
    await plane.stop();
  }
}

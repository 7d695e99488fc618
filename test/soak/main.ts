/**
 * A long time of random trouble, and a verdict: `npm run soak -- --minutes N [--seed S] [--obstacles]`.
 * Faults in tenant and API server, changes, requests and SIGKILLs against the bundled operator; in the second half it is left
 * alive, so that memory and handles of one process can be followed. The same seed makes the same decisions.
 */
import { setTimeout as pause } from "node:timers/promises";
import { flagsOf } from "../../dev/flags.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import type { HistoryRecord } from "../../src/publication/run-records.ts";
import { createBundle, type OperatorChild } from "../support/bundle.ts";
import { expectedRecipients } from "../support/expected.ts";
import { createRandom } from "../support/random.ts";
import { createWorld, type World } from "../support/world.ts";
import { startSoakControlPlane } from "./control-plane.ts";
import { measure, type Sample, slope } from "./measure.ts";
import { soakObstacles } from "./obstacles.ts";
import { isStaff, makeTrouble, type Stage } from "./trouble.ts";

/** Of a process that has run for a quarter of an hour and more; sooner its heap has not settled. */
const MOST_MIB_PER_HOUR = 30;
const MOST_MIB = 350;
const MOST_NEW_HANDLES = 20;
const SETTLED_AFTER_SECONDS = 900;
/** A watch that failed again and again waits up to 30 s, and so does one that is half-open. */
const CALM_MS = 60_000;

const HELP = `npm run soak [-- --minutes N] [--seed S] [--obstacles]

  --minutes N  how long the trouble lasts; default 1
  --seed S     a whole number; the same makes the same decisions; default: by chance, and printed
  --obstacles  instead: what people and clusters put in the way and take away again, one every 20 seconds, in shifted time
  --help       show this
`;
const values = flagsOf(HELP, {
  minutes: { type: "string", default: "1" },
  seed: { type: "string" },
  obstacles: { type: "boolean" },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(`usage: ${HELP}`);
  process.exit(2);
}

const problems: string[] = [];
const check = (holds: boolean, what: string): void => {
  console.log(`${holds ? "ok    " : "FAILED"} ${what}`);
  if (!holds) problems.push(what);
};

/** `HH:MM` in UTC, so many minutes from now. */
const clockTime = (inMinutes: number): string => new Date(Date.now() + inMinutes * 60_000).toISOString().slice(11, 16);

const historyOf = async (world: World): Promise<HistoryRecord[]> => {
  const text = (await world.configMap("example-com-history"))?.data?.["history.json"];
  return text === undefined ? [] : (JSON.parse(text) as { records: HistoryRecord[] }).records;
};

async function soak(): Promise<void> {
  const random = createRandom(seed);
  const controlPlane = await startSoakControlPlane();
  const world = await createWorld({ controlPlane: controlPlane.access, operator: false, largestPage: 100 });
  const bundle = await createBundle(world, { controlPlane: controlPlane.access });
  console.log(
    `seed ${seed}, ${minutes} minutes, control plane ${controlPlane.access.kind} ${controlPlane.access.version}`,
  );
  const begin = Date.now();
  const end = begin + minutes * 60_000;
  const times = [
    ...new Set([1, 2, 3, 4].map((part) => clockTime(Math.max(1, Math.floor((minutes * part) / 5))))),
  ].sort();
  const start = (): OperatorChild => bundle.start(["--health-probe-bind-address=0", "--manual-runs-per-hour=3600"]);
  let operator = start();
  let kills = 0;
  const stage: Stage = {
    world,
    faults: controlPlane.faults,
    random,
    undo: [],
    async kill() {
      operator.child.kill("SIGKILL");
      await operator.exited;
      operator = start();
      kills++;
    },
  };
  try {
    await world.install({ historyLimit: 100, deletionGuard: { enabled: false }, schedule: { enabled: true, times } });
    await world.ask("sync", "first");
    world.gateway.expectAlways([...world.gateway.accepted()].filter(isStaff));
    const seen = new Set<string>();
    const counts = new Map<string, number>();
    const samples: Sample[] = [];
    for (let step = 1; Date.now() < end; step++) {
      const gentle = Date.now() > begin + (end - begin) / 2;
      const name = await makeTrouble(stage, step, gentle);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await pause(50 + random() * 350);
      await world.observe();
      for (const { id } of await historyOf(world)) seen.add(id);
      const sample = gentle ? measure(operator.child.pid ?? 0, (Date.now() - begin) / 1000) : undefined;
      if (sample !== undefined) samples.push(sample);
      if (operator.child.exitCode !== null)
        throw new Error(`the operator ended by itself: ${operator.log.slice(-3).join(" ")}`);
    }
    controlPlane.faults?.clear();
    for (const undo of stage.undo) undo();
    await judge({ world, seen, times, begin, samples }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${operator.log.slice(-20).join("\n")}`);
    });
    console.log(
      `${[...counts].map(([name, count]) => `${name} ${count}`).join(", ")}; ${kills} kills; ${seen.size} runs`,
    );
    operator.child.kill("SIGTERM");
    const code = await Promise.race([operator.exited, pause(30_000, "still there")]);
    check(code === 0, `told to stop, the operator ends with 0 (${code})`);
  } catch (error) {
    check(false, error instanceof Error ? error.message : String(error));
  } finally {
    await bundle.close();
    await world.tenant.close();
    await controlPlane.stop();
  }
}

interface Found {
  readonly world: World;
  /** Ids of every run that had a record at some time. */
  readonly seen: ReadonlySet<string>;
  readonly times: readonly string[];
  readonly begin: number;
  readonly samples: readonly Sample[];
}

async function judge({ world, seen, times, begin, samples }: Found): Promise<void> {
  const calm = Date.now();
  await world.annotate("sync", "last");
  const handled = ({ status }: O365Sync): boolean => status?.handledSync === "last";
  const { status } = await world.until(() => world.sync(), handled, CALM_MS);
  await world.observe();
  console.log(`      answered ${((Date.now() - calm) / 1000).toFixed(1)} s after the last fault`);
  check(status?.requests?.sync?.state === "Succeeded", `the last sync succeeds (${status?.requests?.sync?.message})`);
  const tables = [...world.gateway.accepted()].toSorted();
  const wanted = expectedRecipients(world.tenant.company, "example.com");
  check(JSON.stringify(tables) === JSON.stringify(wanted), `the tables are the directory's ${wanted.length} addresses`);
  const due = times.map((time) => `slot-${new Date(begin).toISOString().slice(0, 11)}${time}:00.000Z`);
  const passed = due.filter((id) => Date.parse(id.slice(5)) > begin && Date.parse(id.slice(5)) < Date.now());
  // Requests go before slots: the last one may still be waiting for its turn.
  const told = async (): Promise<string[]> => (await historyOf(world)).map(({ id }) => id);
  const complete = (found: readonly string[]): boolean => passed.every((id) => seen.has(id) || found.includes(id));
  const ids = await world.until(told, complete).catch(told);
  check(new Set(ids).size === ids.length, `each of the ${ids.length} kept records is told once`);
  check(complete(ids), `each of the ${passed.length} slots that came has its record`);
  check((status?.schedule?.missedSlots ?? 0) === 0, "no slot was missed");
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return;
  const grown = last.handles - first.handles;
  check(grown <= MOST_NEW_HANDLES, `open handles: ${first.handles} → ${last.handles}`);
  const rate = slope(samples);
  const judged = last.at - first.at >= SETTLED_AFTER_SECONDS;
  const memory = `memory: ${Math.round(last.residentMiB)} MiB, ${Math.round(rate)} MiB an hour${judged ? "" : " (too short to judge the slope)"}`;
  check(last.residentMiB < MOST_MIB && (!judged || rate < MOST_MIB_PER_HOUR), memory);
}

if (values.obstacles === true) await soakObstacles({ minutes, seed, check });
else await soak();
console.log(
  problems.length === 0 ? "VERDICT: all invariants held" : `VERDICT: ${problems.length} failed (seed ${seed})`,
);
process.exit(problems.length === 0 ? 0 : 1);

/** `npm run bench:computing`: how many instructions a sync computes for each user of the tenant, without HTTP, TLS and an API server. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flagsOf } from "../dev/flags.ts";
import { bundle } from "../scripts/bundle.ts";
import type { Budget } from "./budget.ts";
import { countIn, EVENT, hasCounter, refsIn } from "./counter.ts";
import { NODE, shipped } from "./operator.ts";

const HELP = `npm run bench:computing [-- --check] [--users N]

  --check    fail when a ratio is beyond bench/budget.json
  --users N  how large the tenant is [2000]
  --help     show this
`;

const values = flagsOf(HELP, {
  check: { type: "boolean", default: false },
  users: { type: "string", default: "2000" },
});

/** Counted by the machine, else by valgrind, which reads every instruction and takes fifty times as long. */
function counted(command: readonly string[]): number {
  const [program, args] = hasCounter()
    ? ["perf", ["stat", "-x,", "-e", EVENT, ...command]]
    : ["valgrind", [...CACHEGRIND, ...command]];
  const { stderr, status, error } = spawnSync(program, args, { encoding: "utf8" });
  const count = hasCounter() ? countIn(stderr ?? "") : refsIn(stderr ?? "");
  if (status !== 0 || count === undefined)
    throw new Error(`${program} counted nothing: ${error?.message ?? stderr}; install perf or valgrind`);
  return count;
}
const CACHEGRIND = [
  "--tool=cachegrind",
  "--cache-sim=no",
  "--cachegrind-out-file=/dev/null",
  "--smc-check=all-non-file",
];

/** When code is compiled must not depend on when other threads have their turn: so counted, two runs differ by little. */
const ONE_THREAD = ["--single-threaded"];

const less = (count = Number.NaN, base = Number.NaN): number => count - base;

const folder = await mkdtemp(join(tmpdir(), "o365-sync-bench-"));
try {
  const program = join(folder, "computing.cjs");
  await bundle(program, { entryPoint: "bench/computing-process.ts" });
  const { flags } = await shipped();
  const of = (what: string): number => counted([NODE, ...flags, ...ONE_THREAD, program, what, values.users]);
  const [nothing, unchanged, first, alias] = ["nothing", "unchanged", "first", "one alias more"].map(of);
  // Every process makes the pages of the tenant; the last one publishes twice.
  const counts = {
    first: less(first, nothing),
    unchanged: less(unchanged, nothing),
    "one alias more": less(alias, first),
  };
  const { thousandInstructionsPerUser: allowed } = JSON.parse(
    await readFile(new URL("budget.json", import.meta.url), "utf8"),
  ) as Budget;
  for (const [sync, count] of Object.entries(counts)) {
    const perUser = count / Number(values.users) / 1000;
    const most = allowed[sync as keyof typeof allowed];
    console.log(`${sync}: ${perUser.toFixed(1)} thousand instructions for each user, allowed are ${most}`);
    if (values.check && !(perUser <= most)) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The gateway program as a process whose disk is full: it answers from memory, keeps what stood there, and catches up. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle } from "../../../scripts/bundle.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { askSocketmap } from "../../support/gateways/socketmap.ts";
import { createWorld, type World } from "../../support/world.ts";

const NEWCOMER = "zoe.full@example.com";

let bench: Bench;
let world: World;
let child: ChildProcess | undefined;
let directory: string;
let port: number;
let log: string;

beforeAll(async () => {
  bench = await createBench();
  const program = join(bench.folder, "operator.cjs");
  await bundle(program);
  world = await createWorld();
  await world.install({ output: { formats: ["postfix"] } });
  await world.ask("sync", "first");
  directory = join(bench.folder, "lists");
  log = join(bench.folder, "log");
  port = await freePort();
  const { kubeconfig } = useControlPlane();
  const flags = [`--kubeconfig=${kubeconfig}`, `--namespace=${world.namespace}`, `--directory=${directory}`];
  const stdout = openSync(log, "a");
  child = spawn(process.execPath, [program, "gateway", ...flags, `--socketmap=inet:127.0.0.1:${port}`], {
    stdio: ["ignore", stdout, "inherit"],
  });
  closeSync(stdout);
  await timeUntil(
    () => existsSync(join(directory, "current/transport")),
    (there) => there,
  );
}, 60_000);
afterAll(async () => {
  child?.kill("SIGKILL");
  await world?.close();
  await bench?.close();
});

/** The most bytes that a file of the process may grow to: to a program a full disk looks the same. */
const limit = (bytes: number | "unlimited"): void =>
  void execFileSync("prlimit", ["--pid", String(child?.pid), `--fsize=${bytes}:unlimited`]);
/** Files and folders below the one that it writes to; its connections come and go. */
const openFiles = (): number => {
  const links = `/proc/${child?.pid}/fd`;
  return readdirSync(links).filter((name) => linkOf(join(links, name)).startsWith(directory)).length;
};
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return "";
  }
}
const table = (): string => readFileSync(join(directory, "current/relay_recipients"), "utf8");
/** Of the folder that is made anew with each try to write the tables. */
const tries = (): number | undefined => {
  const [unfinished] = readdirSync(join(directory, "generations")).filter(
    (name) => !readFileSync(join(directory, "current/transport")).equals(read(join(directory, "generations", name))),
  );
  return unfinished === undefined ? undefined : statSync(join(directory, "generations", unfinished)).ctimeMs;
};
/** Resolves with a try that is none of those before. */
async function tryAfter(before: number | undefined): Promise<number | undefined> {
  let found: number | undefined;
  await timeUntil(
    () => {
      found = tries();
      return found;
    },
    (at) => at !== undefined && at !== before,
  );
  return found;
}
const read = (folder: string): Buffer =>
  existsSync(join(folder, "transport")) ? readFileSync(join(folder, "transport")) : Buffer.alloc(0);

it.skipIf(lacks({ programs: ["prlimit"], root: false }))(
  "answers for a newcomer from memory, leaves no file open, and writes the tables once there is room",
  { timeout: 90_000 },
  async () => {
    const before = table();
    // The parts fit, the constant database does not, and neither do more lines of the log.
    const [part = ""] = readdirSync(join(directory, "parts"));
    const roomy = statSync(join(directory, "parts", part)).size + 500;
    expect(statSync(join(directory, "current/relay_recipients.cdb")).size).toBeGreaterThan(roomy);
    limit(roomy);
    world.tenant.company.hire(NEWCOMER);
    await world.ask("sync", "second");
    await timeUntil(
      () => askSocketmap(port, `recipients ${NEWCOMER}`),
      (answer) => answer === "OK OK",
    );
    const first = await tryAfter(undefined);
    await tryAfter(await tryAfter(first));
    // In the middle of a try some are open; between two of them none.
    await timeUntil(openFiles, (count) => count === 0);
    expect(table()).toBe(before);
    limit("unlimited");
    await timeUntil(table, (text) => text.includes(`${NEWCOMER} OK\n`));
    await timeUntil(
      () => readdirSync(join(directory, "generations")),
      (all) => all.length === 1,
    );
    expect(child?.exitCode).toBeNull();
  },
);

it("does not end when its log cannot be written, and goes on with it afterwards", { timeout: 60_000 }, async () => {
  limit(statSync(log).size);
  world.tenant.company.hire("una.full@example.com");
  await world.ask("sync", "third");
  await timeUntil(
    () => askSocketmap(port, "recipients una.full@example.com"),
    (answer) => answer === "OK OK",
  );
  expect(readFileSync(log, "utf8").match(/List taken over/g)).not.toHaveLength(3);
  limit("unlimited");
  await timeUntil(
    () => readFileSync(log, "utf8").match(/List taken over/g)?.length,
    (count) => count === 3,
  );
});

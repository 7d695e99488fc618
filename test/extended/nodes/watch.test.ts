/** Nothing of the end-to-end test stays on a machine, whatever ended it: its watcher, with a kit that only writes down what it was told. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findTool } from "../../support/tools.ts";

const WATCHER = fileURLToPath(new URL("../../e2e/watch.sh", import.meta.url));
const flock = findTool("flock");

describe.skipIf(flock === undefined)("The watcher of the end-to-end test", () => {
  let folder: string;
  let kit: string;
  let programs: ChildProcess[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-watch-"));
    kit = join(folder, "kit");
    programs = [];
    await mkdir(kit);
    await writeFile(join(kit, "down"), `#!/bin/sh\necho "$1" >>"${folder}/downs"\n`, { mode: 0o755 });
  });
  afterEach(async () => {
    for (const program of programs) program.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  const ended = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
  const end = (program: ChildProcess): Promise<number | null> =>
    ended(program) ? Promise.resolve(program.exitCode) : new Promise((done) => program.once("exit", done));
  async function until(what: string, is: () => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!is()) {
      if (Date.now() > deadline) throw new Error(`not in 20 s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const start = (command: string, ...args: string[]): ChildProcess => {
    const program = spawn(command, args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    programs.push(program);
    return program;
  };
  /** One that watches a run's folder; it has its lock. */
  async function watch(name: string): Promise<{ readonly watcher: ChildProcess; readonly run: string }> {
    const run = join(folder, `run-${name}`);
    await mkdir(run);
    const watcher = start(WATCHER, kit, run);
    await until("the watcher has its lock", () => existsSync(join(run, "lock")));
    return { watcher, run };
  }
  const downs = async (): Promise<string[]> =>
    (await readFile(join(folder, "downs"), "utf8").catch(() => "")).split("\n").filter((line) => line !== "");

  it("24.1: when the tests have ended, ends what still runs, takes the cluster down, and removes the folder", async () => {
    const { watcher, run } = await watch("one");
    const [left, done] = [start("sleep", "600"), start("sleep", "600")];
    watcher.stdin?.write(`start ${left.pid}\nstart ${done.pid}\nend ${done.pid}\n`);
    watcher.stdin?.end();
    expect(await end(watcher)).toBe(0);
    await end(left);
    expect(left.signalCode).toBe("SIGKILL");
    expect(ended(done), "what was told to have ended may be somebody else's number by now").toBe(false);
    expect(await downs()).toEqual([join(run, "cluster")]);
    expect(existsSync(run)).toBe(false);
  });

  it("24.1: is not stopped by what stops the tests", async () => {
    const { watcher, run } = await watch("one");
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) watcher.kill(signal);
    watcher.stdin?.end();
    expect(await end(watcher)).toBe(0);
    expect(existsSync(run)).toBe(false);
  });

  it("24.1: removes what a run left whose watcher was killed too, and nothing of a run that goes on", async () => {
    const killed = await watch("killed");
    const other = await watch("other");
    const unknown = join(folder, "run-unknown");
    await mkdir(unknown);
    killed.watcher.kill("SIGKILL");
    await end(killed.watcher);
    expect(existsSync(killed.run)).toBe(true);
    const next = await watch("next");
    next.watcher.stdin?.end();
    expect(await end(next.watcher)).toBe(0);
    expect(await downs()).toEqual([join(killed.run, "cluster"), join(next.run, "cluster")]);
    expect([killed, other, next].map(({ run }) => existsSync(run))).toEqual([false, true, false]);
    expect(existsSync(unknown), "a folder without a lock is none of ours").toBe(true);
  });

  it("24.1: keeps the folder of a cluster that cannot be taken down, and fails", async () => {
    const { watcher, run } = await watch("one");
    await writeFile(join(kit, "down"), "#!/bin/sh\nexit 1\n");
    watcher.stdin?.end();
    expect(await end(watcher)).toBe(1);
    expect(existsSync(run)).toBe(true);
  });
});

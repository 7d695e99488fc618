/** Real nodes on this machine, made by the kit that E2E_KIT names; whatever becomes of the tests, nothing of them stays. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { accessSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The address of n1, where the simulated tenant listens. */
export const N1 = "10.99.0.1";

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs beside the tests. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Answer>;
}

export interface Cluster {
  /** For files of the tests; gone with the cluster. */
  readonly folder: string;
  /** A command of the kit on this cluster, such as `up`. */
  kit(command: string, ...args: readonly string[]): Promise<string>;
  /** A command of the kit that is about images. */
  images(command: string, ...args: readonly string[]): Promise<string>;
  /** The base images, made where they are not there; what earlier runs left beside them, killed ones too, goes. */
  baseImages(): Promise<void>;
  /** Starts a command in a node. */
  start(node: string, command: readonly string[]): Running;
  /** Runs a command in a node; throws when it fails. */
  runIn(node: string, command: readonly string[], input?: string): Promise<string>;
  /** The same in n1. */
  run(command: readonly string[], input?: string): Promise<string>;
  /** A command as people type it, in n1. */
  shell(line: string): Promise<Answer>;
  kubectl(...args: readonly string[]): Promise<string>;
  get<T>(...args: readonly string[]): Promise<T>;
  apply(object: object): Promise<string>;
  /** kill -9 of the first process of a pod's container. */
  killContainer(node: string, pod: string): Promise<void>;
  /** Process number on this machine of the first process of a node. */
  pidOf(node: string): Promise<number>;
  /** Ends everything; resolves when nothing is left. */
  end(): Promise<void>;
}

/** The kit's folder; undefined where it is not. */
export function findKit(): string | undefined {
  const folder = process.env["E2E_KIT"];
  if (!folder) return undefined;
  const path = resolve(ROOT, folder);
  accessSync(join(path, "up"));
  return path;
}

export async function createCluster(kit: string): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-e2e-"));
  // The packager's own user reads there.
  await chmod(folder, 0o755);
  const directory = join(folder, "cluster");
  // In the checkout, so that a second run is faster.
  const bases = join(ROOT, "node_modules/.cache/e2e");
  await mkdir(bases, { recursive: true });
  const watcher = spawn(join(ROOT, "test/e2e/watch.sh"), [kit, folder], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  // Who ran the tests was killed: this process would go on with them for minutes. The watcher cleans up after it.
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  const watcherEnded = new Promise<number | null>((done) => watcher.once("exit", done));

  function start(command: string, args: readonly string[]): Running {
    const child = spawn(command, args, {
      cwd: ROOT,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      // What is half done when it is killed lies there too.
      env: { ...process.env, TMPDIR: folder },
    });
    watcher.stdin?.write(`start ${child.pid}\n`);
    const ended = collect(child).finally(() => watcher.stdin?.write(`end ${child.pid}\n`));
    return { child, ended };
  }
  async function ok(command: string, args: readonly string[], input = ""): Promise<string> {
    const { child, ended } = start(command, args);
    child.stdin.end(input);
    const { status, stdout, stderr } = await ended;
    if (status !== 0) throw new Error(`${[command, ...args].join(" ").slice(0, 300)}\n${stdout}${stderr}`);
    return stdout;
  }
  const runIn = (node: string, command: readonly string[], input?: string): Promise<string> =>
    ok(join(kit, "exec"), [directory, node, ...command], input);
  const run = (command: readonly string[], input?: string): Promise<string> => runIn("n1", command, input);

  return {
    folder,
    kit: (command, ...args) => ok(join(kit, command), [directory, ...args]),
    images: (command, ...args) => ok(join(kit, command), [bases, ...args]),
    async baseImages() {
      await ok(join(kit, "base-images"), [bases]);
      await ok(join(bases, "buildah"), ["rm", "--all"]);
      await ok(join(bases, "buildah"), ["rmi", "--prune"]);
    },
    start: (node, command) => start(join(kit, "exec"), [directory, node, ...command]),
    runIn,
    run,
    async shell(line) {
      const { child, ended } = start(join(kit, "exec"), [directory, "n1", "bash", "-euo", "pipefail", "-c", line]);
      child.stdin.end();
      return ended;
    },
    kubectl: (...args) => run(["kubectl", ...args]),
    get: async <T>(...args: readonly string[]) => JSON.parse(await run(["kubectl", "get", "-o", "json", ...args])) as T,
    apply: (object) => run(["kubectl", "apply", "--server-side", "-f", "-"], JSON.stringify(object)),
    async killContainer(node, pod) {
      const script = `id="$(ctr -n k8s.io containers ls -q "labels.\\"io.kubernetes.pod.name\\"==$0,labels.\\"io.kubernetes.container.name\\"==operator")"
        pids=""; for each in $id; do pids="$pids $(ctr -n k8s.io task ls | awk -v id="$each" '$1 == id && $3 == "RUNNING" {print $2}')"; done
        kill -9 $pids`;
      await runIn(node, ["bash", "-euc", script, pod]);
    },
    pidOf: async (node) => Number(await readFile(join(directory, node, "pid"), "utf8")),
    async end() {
      watcher.stdin?.end();
      const status = await watcherEnded;
      if (status !== 0) throw new Error(`the cluster in ${folder} could not be taken down`);
    },
  };
}

function collect(child: ChildProcess): Promise<Answer> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // Who ends early does not read its input to the end.
  child.stdin?.on("error", () => {});
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) => done({ status: code ?? 1, stdout, stderr }));
  });
}

/** What takes seconds on a machine that is idle may take minutes on one that is busy: how long is told, not judged. */
const PATIENCE_MS = 180_000;

/** Asks until the answer is there; throws what was last wrong. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, patienceMs = PATIENCE_MS): Promise<T> {
  const end = performance.now() + patienceMs;
  let last: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while (performance.now() < end);
  throw new Error(`not in ${patienceMs / 1000} s: ${what}`, { cause: last });
}

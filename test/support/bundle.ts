/** The real thing: the bundled operator as processes that a test starts, stops, freezes and kills. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { caPath } from "../../dev/tls/index.ts";
import { bundle } from "../../scripts/bundle.ts";
import { useControlPlane } from "./controlplane.ts";
import type { World } from "./world.ts";

export interface OperatorChild {
  readonly child: ChildProcess;
  /** JSON lines that it logged. */
  readonly log: string[];
  readonly exited: Promise<number | null>;
  /** Resolves with the first log line that holds `text`; rejects when it exits or after 30 s. */
  logged(text: string): Promise<string>;
}

export interface Bundle {
  start(flags?: readonly string[]): OperatorChild;
  /** Kills what still runs and removes the files. */
  close(): Promise<void>;
}

const PATIENCE_MS = 30_000;

export interface BundleOptions {
  /** Path of the Node.js that runs it. Default: that of the tests. */
  readonly node?: string;
  /** Path of a bundle that is there already. */
  readonly file?: string;
}

export async function createBundle({ namespace, tenant }: World, options: BundleOptions = {}): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-bundle-"));
  const { node = process.execPath, file = join(folder, "operator.cjs") } = options;
  const endpoints = join(folder, "endpoints.json");
  if (options.file === undefined) await bundle(file);
  await writeFile(endpoints, JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } }));
  const { operatorKubeconfig } = useControlPlane();
  const children = new Set<OperatorChild>();
  const fixed = [
    `--kubeconfig=${operatorKubeconfig}`,
    `--watch-namespaces=${namespace}`,
    `--cloud-endpoints=${endpoints}`,
    "--metrics-bind-address=0",
  ];

  return {
    start(flags = ["--health-probe-bind-address=0"]) {
      const child = spawn(node, [file, ...fixed, ...flags], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, NODE_EXTRA_CA_CERTS: caPath },
      });
      const log: string[] = [];
      const listeners = new Set<() => void>();
      let rest = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        log.push(...lines);
        for (const listener of listeners) listener();
      });
      const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
      const started: OperatorChild = {
        child,
        log,
        exited,
        logged: (text) =>
          new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`never logged: ${text}\n${log.join("\n")}`)), PATIENCE_MS);
            const look = (): void => {
              const line = log.find((each) => each.includes(text));
              if (line === undefined) return;
              clearTimeout(timer);
              listeners.delete(look);
              resolve(line);
            };
            listeners.add(look);
            look();
          }),
      };
      children.add(started);
      return started;
    },
    async close() {
      for (const { child, exited } of children) {
        child.kill("SIGCONT");
        child.kill("SIGKILL");
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The real thing: the bundled operator as processes that a test starts, stops, freezes and kills. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tenant } from "../../dev/tenant/index.ts";
import { caPath } from "../../dev/tls/index.ts";
import { bundle } from "../../scripts/bundle.ts";
import type { Cloud } from "../../src/directory/types.ts";
import { useControlPlane } from "./controlplane.ts";
import type { ProvidedControlPlane } from "./global-setup.ts";
import { SLICE_WATCH, slicesIn } from "./slice-watch.ts";
import type { World } from "./world.ts";

export interface OperatorChild {
  readonly child: ChildProcess;
  /** JSON lines that it logged. */
  readonly log: string[];
  readonly exited: Promise<number | null>;
  /** Resolves with the first log line that holds `text`; rejects when it exits or after 30 s. */
  logged(text: string): Promise<string>;
  /** Where its slices are watched: how long it kept its event loop at most since an instant, in ms of the processor's time. */
  longestSliceMs(since: number): number;
}

export interface Bundle {
  start(flags?: readonly string[], circumstances?: Circumstances): OperatorChild;
  /** Kills what still runs and removes the files. */
  close(): Promise<void>;
}

/** What is unlike the machine that the test runs on. */
export interface Circumstances {
  /** How far its wall clock is ahead. */
  readonly clockAheadMs?: number;
  /** Where it believes the API server to be. */
  readonly server?: string;
  /** SIGUSR2 keeps its event loop for so long. */
  readonly standsStillMs?: number;
  /** How long it keeps its event loop is written down. */
  readonly watched?: boolean;
  /** Default: that of the world that the bundle was made for. */
  readonly tenant?: Tenant;
}

const PATIENCE_MS = 30_000;
/** Before anything else of the process runs: every reading of the wall clock is ahead. Timers are as they are. */
const WRONG_CLOCK = `
const ahead = Number(process.env.CLOCK_AHEAD_MS);
const Real = Date;
globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + ahead);
    else super(...parts);
  }
  static now() {
    return Real.now() + ahead;
  }
};
`;

/** On order, nothing else of the process runs: no timer, no answer. */
const STANDS_STILL = `
process.on("SIGUSR2", () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.STANDS_STILL_MS));
});
`;

export interface BundleOptions {
  /** Default: that of this test run. */
  readonly controlPlane?: ProvidedControlPlane;
  /** Path of the Node.js that runs it. Default: that of the tests. */
  readonly node?: string;
  /** Flags of Node.js itself. */
  readonly nodeFlags?: readonly string[];
  /** Path of a bundle that is there already. Default: what OPERATOR_BUNDLE names, such as an older one, else a new one. */
  readonly file?: string;
  /** Whose tenant stands for another cloud: Global is that of the world. */
  readonly others?: Readonly<Partial<Record<Cloud, Pick<World, "tenant">>>>;
}

/** As the Dockerfile has it; its Node.js where NODE24 names one. */
export const AS_IN_THE_IMAGE: BundleOptions = {
  nodeFlags: ["--max-semi-space-size=4", "--max-old-space-size=384"],
  ...(process.env["NODE24"] === undefined ? {} : { node: process.env["NODE24"] }),
};

export async function createBundle({ namespace, tenant }: World, options: BundleOptions = {}): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-bundle-"));
  const { node = process.execPath, nodeFlags = [], others = {} } = options;
  const ready = options.file ?? process.env["OPERATOR_BUNDLE"];
  const file = ready ?? join(folder, "operator.cjs");
  const endpoints = join(folder, "endpoints.json");
  if (ready === undefined) await bundle(file);
  const originsIn = (own: Tenant): string => {
    const clouds = Object.entries({ ...others, Global: { tenant: own } });
    return JSON.stringify(
      Object.fromEntries(
        clouds.map(([cloud, { tenant: of }]) => [cloud, { authority: of.authority, graph: of.graph }]),
      ),
    );
  };
  await writeFile(endpoints, originsIn(tenant));
  const { operatorKubeconfig } = options.controlPlane ?? useControlPlane();
  const wrongClock = join(folder, "wrong-clock.cjs");
  await writeFile(wrongClock, WRONG_CLOCK);
  const standsStill = join(folder, "stands-still.cjs");
  await writeFile(standsStill, STANDS_STILL);
  const sliceWatch = join(folder, "slice-watch.cjs");
  await writeFile(sliceWatch, SLICE_WATCH);
  const children = new Set<OperatorChild>();
  const fixed = [
    `--kubeconfig=${operatorKubeconfig}`,
    `--watch-namespaces=${namespace}`,
    `--cloud-endpoints=${endpoints}`,
    "--metrics-bind-address=0",
  ];

  return {
    start(
      flags = ["--health-probe-bind-address=0"],
      { clockAheadMs = 0, server, standsStillMs = 0, watched = false, tenant: other } = {},
    ) {
      const slices = join(folder, `slices-${children.size}`);
      const preload = [
        ...(clockAheadMs === 0 ? [] : ["--require", wrongClock]),
        ...(standsStillMs === 0 ? [] : ["--require", standsStill]),
        ...(watched ? ["--require", sliceWatch] : []),
      ];
      if (other !== undefined) writeFileSync(endpoints, originsIn(other));
      const elsewhere = server === undefined ? [] : [`--kubeconfig=${reach(operatorKubeconfig, folder, server)}`];
      const child = spawn(node, [...nodeFlags, ...preload, file, ...fixed, ...elsewhere, ...flags], {
        stdio: ["ignore", "pipe", "inherit"],
        env: {
          ...process.env,
          NODE_EXTRA_CA_CERTS: caPath,
          CLOCK_AHEAD_MS: String(clockAheadMs),
          STANDS_STILL_MS: String(standsStillMs),
          SLICES_FILE: slices,
        },
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
        longestSliceMs: (since) => slicesIn(slices, since)[0]?.ms ?? 0,
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

/** A kubeconfig that names another server, and else is the same. */
function reach(kubeconfig: string, folder: string, server: string): string {
  const config = JSON.parse(readFileSync(kubeconfig, "utf8")) as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of config.clusters) cluster.server = server;
  const path = join(folder, `kubeconfig-${new URL(server).port}`);
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

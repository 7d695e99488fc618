/** The bundled operator as a process: started, measured from outside, and asked about its event loop. */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { caPath } from "../dev/tls/index.ts";

export interface OperatorOptions {
  readonly bundle: string;
  readonly kubeconfig: string;
  /** Path of the --cloud-endpoints file. */
  readonly endpoints: string;
  readonly namespaces: readonly string[];
  readonly flags?: readonly string[];
}

/** Since the last measurement. */
export interface Measured {
  /** Of the event loop, in milliseconds. */
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cpuMs: number;
  readonly ms: number;
  /** Peak resident memory of the process, in MiB. */
  readonly peakMiB: number;
  /** Requests to the API server that write, as the operator counts them. */
  readonly writes: number;
}

/** Of an operator that has little or nothing to do, and is scraped every 15 s. */
export interface Rest {
  readonly residentMiB: number;
  /** Of these, pages of files: the program of Node.js, and its libraries. */
  readonly filesMiB: number;
  readonly cpuPercent: number;
}

export interface Operator {
  readonly pid: number;
  /** Milliseconds from the start of the process until /readyz says ok. */
  readonly readyMs: number;
  /** With `idle` the event loop is not watched from now on: that alone costs more than an idle operator. */
  measure(now?: { readonly idle: boolean }): Promise<Measured>;
  /** Text of /metrics. */
  metrics(): Promise<string>;
  /** What it uses for so long, looked at from outside. All that is asked of it are its metrics, as Prometheus does. */
  rest(ms: number): Promise<Rest>;
  stop(): Promise<void>;
}

/** Of the image, where NODE24 names it; else the one that runs the bench. */
export const NODE = process.env["NODE24"] ?? process.execPath;
const PROBE = fileURLToPath(new URL("probe.cjs", import.meta.url));
const READY_POLL_MS = 5;
const SCRAPE_MS = 15_000;

export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { bundle, kubeconfig, endpoints, namespaces, flags = [] } = options;
  const [health, metricsPort] = [freePort(), freePort()];
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--cloud-endpoints=${endpoints}`,
    `--watch-namespaces=${namespaces.join(",")}`,
    `--health-probe-bind-address=127.0.0.1:${health}`,
    `--metrics-bind-address=127.0.0.1:${metricsPort}`,
    "--log-level=warn",
    ...flags,
  ];
  const image = await shipped();
  const began = performance.now();
  const child = spawn(NODE, [...image.flags, "--require", PROBE, bundle, ...args], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...image.env, NODE_EXTRA_CA_CERTS: caPath },
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const proc = `/proc/${child.pid}`;
  while (!(await isReady(health))) {
    if (child.exitCode !== null) throw new Error(`the operator ended with ${child.exitCode}`);
    await pause(READY_POLL_MS);
  }
  const readyMs = performance.now() - began;
  const status = async (field: string): Promise<number> => {
    const text = await readFile(`${proc}/status`, "utf8");
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  };
  const metrics = async (): Promise<string> => (await get(metricsPort, "/metrics")).body;
  let writesBefore = 0;
  return {
    pid: child.pid ?? 0,
    readyMs,
    metrics,
    async rest(ms) {
      const [before, began] = [await cpuMs(proc), performance.now()];
      for (let left = ms; left > 0; left -= SCRAPE_MS) {
        await pause(Math.min(left, SCRAPE_MS));
        await metrics();
      }
      const used = (await cpuMs(proc)) - before;
      const cpuPercent = (used / (performance.now() - began)) * 100;
      return { residentMiB: await status("VmRSS"), filesMiB: await status("RssFile"), cpuPercent };
    },
    async measure(now = { idle: false }) {
      const loop = await new Promise<Omit<Measured, "peakMiB" | "writes">>((resolve) => {
        child.once("message", (message) => resolve(message as Measured));
        child.send(now);
      });
      const peakMiB = await status("VmHWM");
      // Begins the peak anew (proc(5), clear_refs).
      await writeFile(`${proc}/clear_refs`, "5");
      const writes = writesIn(await metrics());
      const measured = { ...loop, peakMiB, writes: writes - writesBefore };
      writesBefore = writes;
      return measured;
    },
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Of all threads, as Linux counts it: in hundredths of a second (proc(5), utime and stime). */
async function cpuMs(proc: string): Promise<number> {
  const text = await readFile(`${proc}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Flags and environment of Node, as the image starts it: what is measured is what is shipped. */
export async function shipped(): Promise<{ readonly flags: string[]; readonly env: Record<string, string> }> {
  const dockerfile = await readFile(new URL("../Dockerfile", import.meta.url), "utf8");
  const [, entrypoint] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const [, variables] = /^ENV (.*)$/m.exec(dockerfile) ?? [];
  if (entrypoint === undefined || variables === undefined)
    throw new Error("the Dockerfile has no ENTRYPOINT in its JSON form, or no ENV");
  return {
    flags: (JSON.parse(entrypoint) as string[]).filter((part) => part.startsWith("--")),
    env: Object.fromEntries(variables.split(" ").map((part) => part.split("=") as [string, string])),
  };
}

/** Events are no part of a publication. */
function writesIn(metrics: string): number {
  let writes = 0;
  for (const [, method = "", value] of metrics.matchAll(/^rest_client_requests_total\{.*method="(\w+)".*\} (\d+)/gm)) {
    if (method !== "GET") writes += Number(value);
  }
  return writes;
}

const freePort = (): number => 20_000 + Math.floor(Math.random() * 20_000);

async function isReady(port: number): Promise<boolean> {
  try {
    return (await get(port, "/readyz")).status === 200;
  } catch {
    return false;
  }
}

function get(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });
}

/** The gateway program beside a real Postfix: the same list over socketmap, as cdb and as texthash, in one run. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ConfigMap } from "../src/runtime/kube.ts";
import { type Bench, createBench, freePort } from "../test/support/gateways/bench.ts";
import { documented, settingsOf } from "../test/support/gateways/docs.ts";
import { type Postfix, STOCK_MAIN, startPostfix } from "../test/support/gateways/postfix.ts";
import { publication, routing } from "../test/support/gateways/published.ts";
import { askRecipient, openSession } from "../test/support/gateways/smtp.ts";
import type { Cluster } from "./cluster.ts";
import { addressOf, type LookupResult, lookUp, percentile } from "./lookups.ts";
import { NODE } from "./operator.ts";

export interface GatewayCase {
  readonly addresses: number;
  readonly shards: number;
  /** Recipients asked of each Postfix. */
  readonly recipients: number;
  /** Requests a second over socketmap, and for how long. */
  readonly rate: number;
  readonly seconds: number;
}

export interface TableResult {
  readonly table: "socketmap" | "cdb" | "texthash";
  readonly recipientsPerSecond: number;
  readonly p99Ms: number;
  /** From the commit of a publication until a new connection's RCPT is accepted. */
  readonly seenMs: number;
  /** Private memory of one smtpd. */
  readonly smtpdMiB: number;
}

export interface GatewayResult extends GatewayCase {
  /** From the start of the process until it has the whole list, from the API server and then from its disk. */
  readonly firstMs: number;
  readonly againMs: number;
  readonly residentMiB: number;
  readonly peakMiB: number;
  readonly lookups: LookupResult;
  readonly tables: readonly TableResult[];
}

const NAMESPACE = "gateway";
const ROUNDS = 3;
const PATIENCE_MS = 120_000;

interface ProgramProcess {
  readonly pid: number;
  readonly readyMs: number;
  stop(): Promise<void>;
}

async function startProgram(bundle: string, flags: readonly string[], health: number): Promise<ProgramProcess> {
  const began = performance.now();
  const args = [
    "--max-semi-space-size=2",
    "--max-old-space-size=96",
    bundle,
    "gateway",
    ...flags,
    `--health-probe-bind-address=127.0.0.1:${health}`,
  ];
  const child: ChildProcess = spawn(NODE, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, MALLOC_ARENA_MAX: "1" },
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await until(async () => {
    const answer = await fetch(`http://127.0.0.1:${health}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.status === 200;
  });
  return {
    pid: child.pid ?? 0,
    readyMs: performance.now() - began,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function until(is: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await is())) {
    if (performance.now() - began > PATIENCE_MS) throw new Error("waited in vain");
    await pause(5);
  }
  return performance.now() - began;
}

const status = async (pid: number, field: string): Promise<number> =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Four clients, each RCPT on its own; every other one is unknown. */
async function askPostfix(
  port: number,
  { addresses, recipients }: GatewayCase,
): Promise<Pick<TableResult, "recipientsPerSecond" | "p99Ms">> {
  const times: number[] = [];
  const began = performance.now();
  const client = async (): Promise<void> => {
    const session = await openSession(port);
    await session.ask("MAIL FROM:<sender@client.example>");
    for (let count = 0; count < recipients / 4; count++) {
      const address = addressOf(Math.floor(Math.random() * addresses));
      const start = performance.now();
      const [reply] = await session.ask(`RCPT TO:<${count % 2 === 0 ? address : `x${address}`}>`);
      times.push(performance.now() - start);
      if (reply?.code !== (count % 2 === 0 ? 250 : 550)) throw new Error(`Postfix answered ${reply?.text}`);
      if (count % 400 === 399) await session.ask("RSET", "MAIL FROM:<sender@client.example>");
    }
    await session.close();
  };
  await Promise.all([client(), client(), client(), client()]);
  const seconds = (performance.now() - began) / 1000;
  return { recipientsPerSecond: times.length / seconds, p99Ms: percentile(Float64Array.from(times).sort(), 0.99) };
}

/** The largest smtpd of a Postfix: what it has read is its own. */
async function smtpdMiB(folder: string): Promise<number> {
  const sizes: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    const env = command.startsWith("smtpd\0") ? await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "") : "";
    if (env.includes(folder)) sizes.push(await status(Number(pid), "RssAnon"));
  }
  return Math.max(0, ...sizes);
}

export async function measureGateway(cluster: Cluster, bundle: string, size: GatewayCase): Promise<GatewayResult> {
  const bench = await createBench();
  try {
    return await measure({ cluster, bundle, bench }, size);
  } finally {
    await bench.close();
  }
}

interface Stage {
  readonly cluster: Cluster;
  readonly bundle: string;
  readonly bench: Bench;
}

async function measure({ cluster, bundle, bench }: Stage, size: GatewayCase): Promise<GatewayResult> {
  const { folder } = bench;
  const all = Array.from({ length: size.addresses }, (_, index) => addressOf(index));
  const formats = ["cdb"] as const;
  const revision = (more: readonly string[], at: number): ConfigMap[] =>
    publication({ addresses: [...all, ...more], shards: size.shards, formats, at });
  const first = revision([], 1);
  await cluster.create("namespaces", undefined, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  for (const each of [...first, routing(["example.com"])])
    await cluster.create("configmaps", NAMESPACE, { ...each, metadata: { ...each.metadata, namespace: NAMESPACE } });
  const [port, health, directory] = [await freePort(), await freePort(), join(folder, "lists")];
  const flags = [
    `--kubeconfig=${cluster.kubeconfig}`,
    `--namespace=${NAMESPACE}`,
    `--directory=${directory}`,
    `--socketmap=inet:127.0.0.1:${port}`,
    "--log-level=error",
  ];
  const swapped = (): Promise<boolean> =>
    readFile(join(directory, "current/transport")).then(
      () => true,
      () => false,
    );
  const fresh = await startProgram(bundle, flags, health);
  await until(swapped);
  await fresh.stop();

  const postfixes: { readonly table: TableResult["table"]; readonly postfix: Postfix; readonly folder: string }[] = [];
  for (const [number, table] of (["socketmap", "cdb", "texthash"] as const).entries()) {
    const place = join(folder, String(number));
    const block = table === "socketmap" ? documented("socketmap.cf") : documented("files.cf");
    const settings = settingsOf(
      documented("main.cf") +
        block.replaceAll("127.0.0.1:10460", `127.0.0.1:${port}`).replaceAll("/var/lib/o365-sync", directory),
    );
    if (table === "texthash") settings["relay_recipient_maps"] = `texthash:${directory}/current/relay_recipients`;
    const postfix = bench.use(
      await startPostfix({ folder: place, port: await freePort(), mount: folder, main: STOCK_MAIN, settings }),
    );
    postfixes.push({ table, postfix, folder: place });
  }
  // What --on-change is for: the text tables.
  const reload = `MAIL_CONFIG=${join(folder, "2/etc")} postfix reload`;
  const again = bench.use(await startProgram(bundle, [...flags, `--on-change=${reload}`], health));
  await pause(3000);
  // Of three rounds the best: other programs of this machine only ever make it slower.
  const rounds: LookupResult[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await lookUp(port, again.pid, size));
  const [quickest] = rounds.sort((a, b) => a.p99Ms - b.p99Ms);
  if (quickest === undefined) throw new Error("nothing was measured");
  const lookups = { ...quickest, mostPerSecond: Math.max(...rounds.map(({ mostPerSecond }) => mostPerSecond)) };
  const speeds: Record<string, Awaited<ReturnType<typeof askPostfix>> & { smtpdMiB: number }> = {};
  for (const { table, postfix, folder: place } of postfixes) {
    const speed = await askPostfix(postfix.port, size);
    speeds[table] = { ...speed, smtpdMiB: await smtpdMiB(place) };
  }
  const residentMiB = await status(again.pid, "VmRSS");

  const newcomer = "new.here@example.com";
  const second = revision([newcomer], 2);
  const before = new Map(first.map((each) => [each.metadata.name, JSON.stringify(each)]));
  for (const each of second.filter((map) => JSON.stringify(map) !== before.get(map.metadata.name)))
    await cluster.patch("configmaps", NAMESPACE, each.metadata.name, { data: each.data, binaryData: each.binaryData });
  const seen = await Promise.all(
    postfixes.map(({ postfix }) => until(async () => (await askRecipient(postfix.port, newcomer)) === 250)),
  );
  const tables = postfixes.map(({ table }, index): TableResult => {
    const speed = speeds[table] ?? { recipientsPerSecond: 0, p99Ms: 0, smtpdMiB: 0 };
    return { table, ...speed, seenMs: seen[index] ?? 0 };
  });
  const peakMiB = await status(again.pid, "VmHWM");
  return { ...size, firstMs: fresh.readyMs, againMs: again.readyMs, residentMiB, peakMiB, lookups, tables };
}

/** `npm run bench:plugin`: what `kubectl mailsync` takes on large lists, each command in a process of its own. */
import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagsOf } from "../dev/flags.ts";
import { bundle } from "../scripts/bundle.ts";
import { changesName, leftOutName, manifestName, routingName } from "../src/api/names.ts";
import type { O365Sync } from "../src/api/types.generated.ts";
import { allSteps } from "../src/base/steps.ts";
import { type ChangesMap, packRun, parseChanges, withRun } from "../src/publication/changes-file.ts";
import { LEFT_OUT_KEY, renderLeftOut } from "../src/publication/left-out-file.ts";
import { committed, EMPTY_MANIFEST, serializeManifest } from "../src/publication/manifest.ts";
import { draftPublication } from "../src/publication/publication.ts";
import { diff, planOf } from "../src/recipients/diff.ts";
import { createLeftOut } from "../src/recipients/left-out.ts";
import type { Account } from "../src/recipients/model.ts";
import { rosterOf } from "../src/recipients/packed/roster.ts";
import { renderRelayDomains } from "../src/recipients/tables/routing.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { NODE } from "./operator.ts";

const HELP = `npm run bench:plugin [-- --check] [--only ADDRESSES]

  --check           fail when a command is slower or larger than it aims at
  --only ADDRESSES  only the list of this size: 10000, 500000
  --help            show this
`;

const values = flagsOf(HELP, { check: { type: "boolean", default: false }, only: { type: "string", default: "" } });

interface Size {
  readonly addresses: number;
  readonly shards: 4 | 64;
  /** Of a question about one address. */
  readonly mostMs: number;
}

const SIZES: readonly Size[] = [
  { addresses: 10_000, shards: 4, mostMs: 2_000 },
  { addresses: 500_000, shards: 64, mostMs: 5_000 },
];
const MOST_MIB = 100;
const TIMES = 3;
const TIME = "2026-11-29T06:00:00.000Z";
const NAMES = { domain: "example.com", aliasDomains: [] };

/** Every third account has an alias: `addresses` of both together. */
function* accountsFor(addresses: number): Generator<Account> {
  const accounts = Math.floor((addresses * 3) / 4);
  for (let index = 0; index < accounts; index++) {
    const id = hash("sha256", `${index}`, "hex");
    const aliases = index % 3 === 0 ? [`alias${index}@example.com`] : [];
    yield {
      id: `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`,
      address: `person${index}@example.com`,
      type: "mailbox",
      aliases,
    };
  }
}

/** As the operator leaves them, with side files as full as they get. */
async function publish(cluster: Cluster, sync: string, { addresses, shards }: Size): Promise<void> {
  const put = (name: string, data: object, binaryData: object = {}): Promise<void> =>
    cluster.create("configmaps", sync, { metadata: { name }, data, binaryData });
  await cluster.create("namespaces", undefined, { metadata: { name: sync } });
  const output = { formats: ["postfix"], shards };
  await cluster.install(sync, {
    name: sync,
    domain: "example.com",
    tenantId: "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
    secret: "o365",
    spec: { output } as O365Sync["spec"],
  });
  const accounts = allSteps(rosterOf(accountsFor(addresses)));
  const object = { metadata: { name: sync, namespace: sync }, spec: { output } } as unknown as O365Sync;
  const now = Date.parse(TIME);
  const draft = allSteps(draftPublication({ object, before: undefined, accounts, names: NAMES, now }));
  for (const part of draft.parts) {
    const { data = {}, binaryData = {} } = allSteps(draft.contentOf(part));
    await put(part.name, data, binaryData);
  }
  const manifest = committed(EMPTY_MANIFEST, { ...draft.publication, time: TIME });
  await put(manifestName(sync), { "manifest.json": serializeManifest(manifest) });
  await put(routingName(sync), { relay_domains: renderRelayDomains(["example.com"]) });
  await put(leftOutName(sync), { [LEFT_OUT_KEY]: leftOut() });
  const first = allSteps(diff({ kind: "none" }, { accounts, names: NAMES }));
  const maps = new Map<number, ChangesMap>();
  const remember = (run: string, plan: typeof first): void => {
    const write = withRun(maps, allSteps(packRun(plan, run, TIME)));
    const parsed = parseChanges(write);
    if (parsed !== undefined) maps.set(write.index, parsed);
  };
  remember("initial", first);
  for (let run = 0; run < 40; run++) {
    const changes = Array.from({ length: 4_000 }, (_, index) => ({
      kind: index === 0 ? ("accountDelete" as const) : ("accountAdd" as const),
      address: `${hash("sha512", `${run} ${index}`, "hex").slice(0, 50)}@example.com`,
    }));
    remember(`slot-${run}`, allSteps(planOf(changes)));
  }
  for (const [index, { sequence, runs, binaryData }] of maps)
    await put(
      changesName(sync, index),
      { "changes.json": JSON.stringify({ schemaVersion: 1, sequence, runs }) },
      binaryData,
    );
}

function leftOut(): string {
  const collector = createLeftOut();
  for (let index = 0; index < 20_000; index++)
    collector.add({ address: `test${index}@example.com`, object: `${index}`, reason: "excluded" });
  return renderLeftOut(allSteps(collector.finish(["test*"])));
}

interface Cost {
  readonly ms: number;
  readonly peakMiB: number;
}

const PROBE = fileURLToPath(new URL("peak.cjs", import.meta.url));

/** Throws Error for an exit code that is not the expected one. */
async function run(program: string, args: readonly string[], expected: number): Promise<Cost> {
  const began = performance.now();
  const child = spawn(NODE, ["--require", PROBE, program, ...args], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  let [peak, complaint] = ["", ""];
  child.stdio[3]?.on("data", (text: Buffer) => (peak += text.toString()));
  child.stderr?.on("data", (text: Buffer) => (complaint += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== expected) throw new Error(`${args.join(" ")} ended with ${code}: ${complaint}`);
  return { ms: performance.now() - began, peakMiB: Number(peak) / 1024 };
}

interface Question {
  readonly name: string;
  readonly args: readonly string[];
  readonly code: number;
  /** Whether it is about one address, and so must be quick and small. */
  readonly isOne: boolean;
}

const questions = (sync: string, { addresses }: Size): readonly Question[] => {
  const why = (address: string) => ["why", address];
  const one = (name: string, args: readonly string[], code: number): Question => ({ name, args, code, isOne: true });
  return [
    one("why, of an account", why(`person${Math.floor(addresses / 2)}@example.com`), 0),
    one("why, of an alias", why("alias0@example.com"), 0),
    one("why, of a stranger", why("nobody@example.com"), 1),
    one("why, of one that is excluded", why("test0@example.com"), 1),
    one("get", ["get"], 0),
    one("changes --address", ["changes", sync, "--address", "person1@example.com"], 0),
    { name: "changes", args: ["changes", sync], code: 0, isOne: false },
    { name: "export", args: ["export", sync], code: 0, isOne: false },
    { name: "export --format csv", args: ["export", sync, "--format", "csv"], code: 0, isOne: false },
  ];
};

async function measure(folder: string, cluster: Cluster): Promise<number> {
  const program = join(folder, "kubectl-mailsync.cjs");
  await bundle(program, { entryPoint: "cli/main.ts" });
  let missed = 0;
  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}\n`);
  console.log("| addresses | command | s | peak MiB |\n|---|---|---|---|");
  for (const size of SIZES.filter(({ addresses }) => values.only === "" || values.only === String(addresses))) {
    const sync = `list-${size.addresses}`;
    await publish(cluster, sync, size);
    for (const { name, args, code, isOne } of questions(sync, size)) {
      const costs: Cost[] = [];
      for (let time = 0; time < TIMES; time++)
        costs.push(await run(program, [...args, "-n", sync, "--kubeconfig", cluster.kubeconfig], code));
      const ms = costs.map((cost) => cost.ms).sort((a, b) => a - b)[1] ?? Number.POSITIVE_INFINITY;
      const peak = Math.max(...costs.map(({ peakMiB }) => peakMiB));
      const isMissed = isOne && (ms > size.mostMs || peak > MOST_MIB);
      if (isMissed) missed++;
      const shown = size.addresses.toLocaleString("en");
      console.log(
        `| ${shown} | ${name} | ${(ms / 1000).toFixed(2)} | ${peak.toFixed(0)} |${isMissed ? " missed" : ""}`,
      );
    }
  }
  return missed;
}

const folder = await mkdtemp(join(tmpdir(), "mailsync-bench-"));
const cluster = await startCluster();
try {
  const missed = await measure(folder, cluster);
  console.log(missed === 0 ? "\nevery aim was reached" : `\n${missed} aims were missed`);
  process.exitCode = values.check && missed > 0 ? 1 : 0;
} finally {
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
}

/** `npm run bench`: measures the bundled operator against a simulated cloud and an API server, each in its own process. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { flagsOf } from "../dev/flags.ts";
import { bundle } from "../scripts/bundle.ts";
import { lacks } from "../test/support/gateways/programs.ts";
import { type Budget, beyondBudget } from "./budget.ts";
import { startCluster } from "./cluster.ts";
import { type FleetCase, measureFleet } from "./fleet.ts";
import { type GatewayCase, measureGateway } from "./gateway.ts";
import { type HiresCase, hiresTable, measureHires } from "./hires.ts";
import { NODE } from "./operator.ts";
import { measurePolled, type PolledCase, polledFaults, polledTable } from "./polled.ts";
import { measureSize, type SizeCase, type SizeResult, type Stage } from "./sizes.ts";
import { aims, fleetTable, gatewayAims, gatewayTable, type Machine, sizeTable } from "./table.ts";
import { startCloud } from "./tenant.ts";

const HELP = `npm run bench [-- --quick] [--check] [--only NAME] [--json FILE]

  --quick      small cases only, within the time that CI has; all take 20 minutes
  --check      fail when a figure is beyond bench/budget.json
  --only NAME  only cases whose name begins so: 1k, 10k-50ms, 500k-cdb, fleet, polled, hires, gateway
  --json FILE  write the results to this file too
  --help       show this
`;

const values = flagsOf(HELP, {
  quick: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  only: { type: "string", default: "" },
  json: { type: "string", default: "" },
});

const SIZES: readonly SizeCase[] = [
  ...[0, 50].flatMap((latencyMs) => [
    size("1k", { users: 1_000, groups: 50, contacts: 20, latencyMs, shards: 1 }),
    size("10k", { users: 10_000, groups: 500, contacts: 200, latencyMs, shards: 4 }),
    size("100k", { users: 100_000, groups: 5_000, contacts: 2_000, latencyMs, shards: 16 }),
    size("500k", { users: 500_000, groups: 10_000, contacts: 5_000, latencyMs, shards: 64 }),
  ]),
  size("500k-cdb", {
    users: 500_000,
    groups: 10_000,
    contacts: 5_000,
    latencyMs: 0,
    shards: 128,
    formats: ["cdb"],
  }),
];
const QUICK = ["1k-0ms", "10k-50ms"];
const FLEET: FleetCase = { tenants: 50, domainsPerTenant: 20, usersPerTenant: 600, settleMs: 60_000, idleMs: 120_000 };
const SMALL_FLEET: FleetCase = {
  tenants: 5,
  domainsPerTenant: 20,
  usersPerTenant: 600,
  settleMs: 5_000,
  idleMs: 2_000,
};

const POLLED: PolledCase = { ...FLEET, intervalMinutes: 5, settleMs: 15_000, polledMs: 300_000, idleMs: 60_000 };
const HIRES: HiresCase = { tenants: 50, hiresPerTenant: 20, intervalMinutes: 5, lateSeconds: 5 };

const GATEWAY: GatewayCase = { addresses: 500_000, shards: 64, recipients: 8_000, rate: 10_000, seconds: 5 };
const SMALL_GATEWAY: GatewayCase = { addresses: 20_000, shards: 4, recipients: 2_000, rate: 10_000, seconds: 2 };

function size(name: string, rest: Omit<SizeCase, "name" | "formats"> & Partial<SizeCase>): SizeCase {
  return { formats: ["postfix"], ...rest, name: `${name}-${rest.latencyMs}ms` };
}

const isFleet = "fleet".startsWith(values.only);
// It waits for minutes.
const isPolled = "polled".startsWith(values.only) && !values.quick;
const isHires = "hires".startsWith(values.only);
const isGateway = "gateway".startsWith(values.only);
const isWanted = ({ name }: SizeCase): boolean =>
  name.startsWith(values.only) && (!values.quick || QUICK.includes(name));

async function measure(folder: string): Promise<void> {
  const stage: Stage = {
    cloud: await startCloud(),
    cluster: await startCluster(),
    bundle: join(folder, "operator.cjs"),
    endpoints: join(folder, "endpoints.json"),
  };
  const loadBefore = loadavg()[0] ?? 0;
  try {
    await bundle(stage.bundle);
    const bundleKiB = (await stat(stage.bundle)).size / 1024;
    const { origin } = stage.cloud;
    await writeFile(stage.endpoints, JSON.stringify({ Global: { authority: origin, graph: origin } }));
    const sizes: SizeResult[] = [];
    for (const each of SIZES.filter(isWanted)) {
      process.stderr.write(`${each.name} …\n`);
      sizes.push(await measureSize(stage, each));
    }
    const fleet = isFleet ? await measureFleet(stage, values.quick ? SMALL_FLEET : FLEET) : undefined;
    const polled = isPolled ? await measurePolled(stage, POLLED) : undefined;
    const hires = isHires ? await measureHires(values.quick ? { ...HIRES, tenants: 3 } : HIRES) : undefined;
    const withGateway = isGateway && !lacks({ programs: ["postfix", "postconf"], root: true, optional: true });
    const gateway = withGateway
      ? await measureGateway(stage.cluster, stage.bundle, values.quick ? SMALL_GATEWAY : GATEWAY)
      : undefined;
    const load = Math.max(loadBefore, loadavg()[0] ?? 0);
    const machine: Machine = {
      node: execFileSync(NODE, ["--version"], { encoding: "utf8" }).trim(),
      cpu: cpus()[0]?.model ?? "",
      cores: cpus().length,
      load,
    };
    console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${load.toFixed(1)}\n`);
    console.log(sizeTable(sizes));
    if (fleet !== undefined) console.log(`\n${fleetTable(fleet)}`);
    if (polled !== undefined) console.log(`\n${polledTable(polled)}\n\n${polledFaults(polled).join("\n")}`);
    if (hires !== undefined) console.log(`\n${hiresTable(hires)}`);
    if (gateway !== undefined) console.log(`\n${gatewayTable(gateway)}\n\n${gatewayAims(gateway).join("\n")}`);
    console.log(`\n${aims(sizes, fleet, machine).join("\n")}`);
    if (values.json !== "")
      await writeFile(
        values.json,
        `${JSON.stringify({ machine, sizes, fleet, polled, hires, gateway, bundleKiB }, null, 2)}\n`,
      );
    if (values.check) await check({ sizes, fleet, gateway, hires, bundleKiB });
  } finally {
    stage.cloud.close();
    await stage.cluster.close();
  }
}

async function check(results: Parameters<typeof beyondBudget>[0]): Promise<void> {
  const budget = JSON.parse(await readFile(new URL("budget.json", import.meta.url), "utf8")) as Budget;
  const found = beyondBudget(results, budget);
  for (const each of found) console.log(`beyond the budget: ${each}`);
  if (found.length === 0) console.log("within the budget");
  process.exitCode = found.length === 0 ? 0 : 1;
}

// Nothing measured is no aim reached.
if (!SIZES.some(isWanted) && !isFleet && !isPolled && !isHires && !isGateway) {
  console.error(
    `--only ${values.only}: no case${values.quick ? " of --quick" : ""} has a name that begins so; usage: ${HELP}`,
  );
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), "o365-sync-bench-"));
try {
  await measure(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}

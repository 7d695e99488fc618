/** `npm run bench:scale`: by how much an operator grows with objects and with tenants, and what two of them side by side do. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { flagsOf } from "../dev/flags.ts";
import { bundle } from "../scripts/bundle.ts";
import { startCluster } from "./cluster.ts";
import { allPublished, installFleet, whenQuiet } from "./fleet.ts";
import { type Operator, startOperator } from "./operator.ts";
import type { Stage } from "./sizes.ts";
import { startCloud } from "./tenant.ts";

const HELP = `npm run bench:scale [-- --only NAME] [--json FILE]

  --only NAME  only cases whose name begins so: objects, tenants, operators
  --json FILE  write the results to this file too
  --help       show this
`;

const values = flagsOf(HELP, { only: { type: "string", default: "" }, json: { type: "string", default: "" } });

export interface ScaleCase {
  readonly name: string;
  readonly tenants: number;
  readonly domainsPerTenant: number;
  /** Each has a part of the namespaces. */
  readonly operators: number;
}

export interface Grown {
  readonly publishedMs: number;
  /** Of each operator, for all that it published. */
  readonly cpuMs: readonly number[];
  readonly published: readonly number[];
  readonly peakMiB: number;
  /** Of the same operators started again, with nothing due. */
  readonly readyMs: number;
  readonly residentMiB: readonly number[];
  readonly cpuPercent: readonly number[];
}

/** Few, so that what is measured grows with objects and tenants alone. */
const USERS_PER_TENANT = 60;
const REST_MS = 20_000;

const CASES: readonly ScaleCase[] = [
  ...[500, 1_000, 2_000].map((objects) => ({ ...caseOf("objects", 50, objects / 50) })),
  ...[10, 50, 200].map((tenants) => caseOf("tenants", tenants, 1_000 / tenants)),
  ...[1, 2].map((operators) => ({ ...caseOf("operators", 50, 20), operators })),
];

function caseOf(name: string, tenants: number, domainsPerTenant: number): ScaleCase {
  return { name, tenants, domainsPerTenant, operators: 1 };
}

async function measure(bundled: string, folder: string, each: ScaleCase): Promise<Grown> {
  const [cloud, cluster] = [await startCloud(), await startCluster()];
  const endpoints = join(folder, "endpoints.json");
  const { origin } = cloud;
  await writeFile(endpoints, JSON.stringify({ Global: { authority: origin, graph: origin } }));
  const stage: Stage = { cloud, cluster, bundle: bundled, endpoints };
  const others = Array.from({ length: each.operators - 1 }, (_, index) => `part-${index + 2}`);
  const namespaces = ["part-1", ...others] as const;
  const start = (): Promise<Operator[]> =>
    Promise.all(
      namespaces.map((namespace) =>
        startOperator({ ...stage, kubeconfig: cluster.kubeconfig, namespaces: [namespace] }),
      ),
    );
  let operators: Operator[] = [];
  try {
    // A domain without an account would wait for a person.
    const size = { ...each, usersPerTenant: Math.max(USERS_PER_TENANT, 2 * each.domainsPerTenant) };
    await installFleet(stage, namespaces, size, { enabled: true, timesPerDay: 2 });
    const began = performance.now();
    operators = await start();
    const syncs = await allPublished(cluster);
    const publishedMs = performance.now() - began;
    const first = await Promise.all(operators.map((operator) => operator.measure()));
    const published = namespaces.map((name) => syncs.filter(({ metadata }) => metadata.namespace === name).length);
    await Promise.all(operators.map((operator) => operator.stop()));
    operators = await start();
    for (const operator of operators) await whenQuiet(operator);
    await Promise.all(operators.map((operator) => operator.measure({ idle: true })));
    const rests = await Promise.all(operators.map((operator) => operator.rest(REST_MS)));
    return {
      publishedMs,
      cpuMs: first.map(({ cpuMs }) => cpuMs),
      published,
      peakMiB: Math.max(...first.map(({ peakMiB }) => peakMiB)),
      readyMs: Math.max(...operators.map(({ readyMs }) => readyMs)),
      residentMiB: rests.map(({ residentMiB }) => residentMiB),
      cpuPercent: rests.map(({ cpuPercent }) => cpuPercent),
    };
  } finally {
    await Promise.all(operators.map((operator) => operator.stop()));
    cloud.close();
    await cluster.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), "o365-sync-bench-"));
try {
  const bundled = join(folder, "operator.cjs");
  await bundle(bundled);
  const results: (ScaleCase & Grown & { readonly load: number })[] = [];
  for (const each of CASES.filter(({ name }) => name.startsWith(values.only))) {
    const result = { ...each, ...(await measure(bundled, folder, each)), load: loadavg()[0] ?? 0 };
    results.push(result);
    console.log(JSON.stringify(result));
  }
  if (values.json !== "") await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

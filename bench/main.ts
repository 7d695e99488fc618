/** `npm run bench`: measures the bundled operator against a simulated cloud and an API server, each in its own process. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../scripts/bundle.ts";
import { startCluster } from "./cluster.ts";
import { measureSize, type SizeCase, type SizeResult, type Stage } from "./sizes.ts";
import { startCloud } from "./tenant.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    json: { type: "string", default: "" },
  },
});

const SIZES: readonly SizeCase[] = [
  ...[0, 50].flatMap((latencyMs) => [
    size("1k", { users: 1_000, groups: 50, contacts: 20, latencyMs, shards: 1 }),
    size("10k", { users: 10_000, groups: 500, contacts: 200, latencyMs, shards: 4 }),
    size("100k", { users: 100_000, groups: 5_000, contacts: 2_000, latencyMs, shards: 16 }),
    size("500k", { users: 500_000, groups: 10_000, contacts: 5_000, latencyMs, shards: 64 }),
  ]),
  size("500k-cdb", { users: 500_000, groups: 10_000, contacts: 5_000, latencyMs: 0, shards: 128, formats: ["cdb"] }),
];

function size(name: string, rest: Omit<SizeCase, "name" | "formats"> & Partial<SizeCase>): SizeCase {
  return { formats: ["postfix"], ...rest, name: `${name}-${rest.latencyMs}ms` };
}

const folder = await mkdtemp(join(tmpdir(), "o365-sync-bench-"));
const stage: Stage = {
  cloud: await startCloud(),
  cluster: await startCluster(),
  bundle: join(folder, "operator.cjs"),
  endpoints: join(folder, "endpoints.json"),
};
await bundle(stage.bundle);
const { origin } = stage.cloud;
await writeFile(stage.endpoints, JSON.stringify({ Global: { authority: origin, graph: origin } }));
try {
  const results: SizeResult[] = [];
  for (const each of SIZES.filter(({ name }) => name.startsWith(values.only))) {
    const result = await measureSize(stage, each);
    results.push(result);
    for (const { sync, changed, ...s } of result.syncs) {
      console.log(
        each.name,
        sync,
        JSON.stringify(s, (_, v) => (typeof v === "number" ? Math.round(v * 10) / 10 : v)),
        JSON.stringify(changed),
        Math.round(result.largestKiB),
      );
    }
  }
} finally {
  stage.cloud.close();
  await stage.cluster.close();
  await rm(folder, { recursive: true, force: true });
}

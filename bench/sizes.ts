/** One tenant after the other, from small to large: what a first sync costs, one without changes, one with a new alias. */

import type { O365SyncSpec } from "../src/api/types.generated.ts";
import type { Format } from "../src/recipients/tables/formats/formats.ts";
import type { ConfigMap } from "../src/runtime/kube.ts";
import { type Cluster, createSecret } from "./cluster.ts";
import { addressesOf, type Shape } from "./company.ts";
import { countInstructions } from "./counter.ts";
import { naiveSync } from "./naive.ts";
import { startOperator } from "./operator.ts";
import type { Cloud, TenantReport } from "./tenant.ts";

export interface SizeCase {
  readonly name: string;
  readonly users: number;
  readonly groups: number;
  readonly contacts: number;
  readonly latencyMs: number;
  readonly formats: readonly Format[];
  readonly shards: number;
}

/** What a process computed. */
export interface Work {
  readonly cpuMs: number;
  /** In user space, where the machine counts them. */
  readonly instructions: number | undefined;
}

export interface SyncCost {
  readonly sync: "first" | "unchanged" | "one alias more";
  readonly requests: number;
  /** The fewest requests that can tell every object: one a page of 999, and those that only a first sync needs. */
  readonly minimum: number;
  readonly resourceUnits: number;
  readonly bytes: number;
  readonly ms: number;
  readonly work: Work;
  readonly peakMiB: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly writes: number;
  /** ConfigMaps whose content is new, by role. */
  readonly changed: Readonly<Record<string, number>>;
}

export interface SizeResult extends SizeCase {
  readonly addresses: number;
  readonly largestKiB: number;
  readonly syncs: readonly SyncCost[];
  readonly naive: {
    readonly requests: number;
    readonly resourceUnits: number;
    readonly ms: number;
    readonly work: Work;
  };
}

export interface Stage {
  readonly cloud: Cloud;
  readonly cluster: Cluster;
  readonly bundle: string;
  readonly endpoints: string;
}

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const NAME = "example-com";
const SYNCS = ["first", "unchanged", "one alias more"] as const;
/** Graph's largest page. */
const PAGE = 999;

export async function measureSize({ cloud, cluster, bundle, endpoints }: Stage, size: SizeCase): Promise<SizeResult> {
  const namespace = `size-${size.name}`;
  const shape: Shape = { ...size, domains: ["example.com"], renewed: 0 };
  await cluster.create("namespaces", undefined, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  await createSecret(cluster, namespace, "o365");
  const spec = {
    output: { formats: [...size.formats], shards: size.shards, deletionPolicy: "Orphan" },
  } as unknown as Partial<O365SyncSpec>;
  await cluster.install(namespace, { name: NAME, domain: "example.com", tenantId: TENANT, secret: "o365", spec });
  await cloud.order({ tenants: [[TENANT, shape]], latencyMs: size.latencyMs, reset: true });
  const operator = await startOperator({ bundle, endpoints, kubeconfig: cluster.kubeconfig, namespaces: [namespace] });
  const syncs: SyncCost[] = [];
  try {
    let before = new Map<string, string>();
    await operator.measure();
    for (const sync of SYNCS) {
      if (sync === "one alias more") await cloud.order({ tenants: [[TENANT, { ...shape, renewed: 1 }]] });
      await cloud.order({ reset: true });
      const counted = await countInstructions(operator.pid);
      const { ms, object } = await cluster.ask(namespace, NAME, sync.replaceAll(" ", "-"));
      const instructions = await counted();
      const { state, message } = object.status?.requests?.sync ?? {};
      if (state !== "Succeeded") throw new Error(`${size.name}, ${sync}: ${state}: ${message}`);
      const { p99Ms, maxMs, peakMiB, writes, cpuMs } = await operator.measure();
      const asked = await cloud.order({ reset: true });
      const after = await versions(cluster, namespace);
      const { resourceUnits, bytes } = asked;
      const work: Work = { cpuMs, instructions };
      const minimum = pages(size) + (sync === "first" ? 2 : 0);
      const told = { requests: requestsOf(asked), minimum, resourceUnits, bytes };
      const cost = { ...told, ms, work, peakMiB, p99Ms, maxMs, writes };
      syncs.push({ sync, ...cost, changed: changedRoles(before, after) });
      before = after;
    }
  } finally {
    await operator.stop();
  }
  const largestKiB = Math.max(...(await cluster.configMaps(namespace)).map(sizeOf)) / 1024;
  await cloud.order({ latencyMs: 0, reset: true });
  const naive = await naiveOf(cloud, size);
  await empty(cluster, namespace);
  return { ...size, addresses: addressesOf({ ...shape, renewed: 1 }), largestKiB, syncs, naive };
}

/** A run of a third of a second tells little: the middle one of three. */
const NAIVE_RUNS = 3;

async function naiveOf(cloud: Cloud, { latencyMs }: SizeCase): Promise<SizeResult["naive"]> {
  const runs: SizeResult["naive"][] = [];
  while (runs.length < NAIVE_RUNS) {
    const { ms, work } = await worked(() => naiveSync(cloud.origin, TENANT));
    const counted = await cloud.order({ reset: true });
    const requests = requestsOf(counted);
    // It asks one after the other: waiting a quarter of an hour for it would tell the same.
    runs.push({ requests, resourceUnits: counted.resourceUnits, ms: ms + requests * latencyMs, work });
  }
  const [middle] = runs.toSorted((a, b) => a.work.cpuMs - b.work.cpuMs).slice(NAIVE_RUNS >> 1);
  return middle as SizeResult["naive"];
}

/** In this process, which does nothing else meanwhile. */
async function worked(
  sync: () => Promise<{ readonly ms: number }>,
): Promise<{ readonly ms: number; readonly work: Work }> {
  const counted = await countInstructions(process.pid);
  const before = process.cpuUsage();
  const { ms } = await sync();
  const { user, system } = process.cpuUsage(before);
  return { ms, work: { cpuMs: (user + system) / 1000, instructions: await counted() } };
}

const pages = ({ users, groups, contacts }: SizeCase): number =>
  [users, groups, contacts].reduce((sum, count) => sum + Math.max(1, Math.ceil(count / PAGE)), 0);

export const requestsOf = ({ requests }: TenantReport): number =>
  Object.values(requests).reduce((sum, count) => sum + count, 0);

const roleOf = ({ metadata }: ConfigMap): string => String(metadata.labels?.["o365sync.dev/role"]);

async function versions(cluster: Cluster, namespace: string): Promise<Map<string, string>> {
  const configMaps = await cluster.configMaps(namespace);
  return new Map(
    configMaps.map((found) => [`${roleOf(found)} ${found.metadata.name}`, found.metadata.resourceVersion ?? ""]),
  );
}

function changedRoles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Record<string, number> {
  const changed: Record<string, number> = {};
  for (const [name, version] of after) {
    const role = name.split(" ")[0] ?? "";
    if (before.get(name) !== version) changed[role] = (changed[role] ?? 0) + 1;
  }
  return changed;
}

function sizeOf({ data = {}, binaryData = {} }: ConfigMap): number {
  return [...Object.entries(data), ...Object.entries(binaryData)].reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(value),
    0,
  );
}

/** The next case finds the API server as this one did. */
async function empty(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.remove("o365syncs", namespace, NAME);
  await cluster.remove("maildomains", namespace, NAME);
  for (const { metadata } of await cluster.configMaps(namespace))
    await cluster.remove("configmaps", namespace, metadata.name);
}

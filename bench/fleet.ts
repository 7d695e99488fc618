/** Many O365Syncs of some tenants at once: how long they wait, what is asked, and what it costs when nothing is due. */
import { setTimeout as pause } from "node:timers/promises";
import type { O365Sync, O365SyncSpec } from "../src/api/types.generated.ts";
import { SOURCES } from "../src/recipients/model.ts";
import { type Cluster, createSecret } from "./cluster.ts";
import type { Shape } from "./company.ts";
import { type Operator, type Rest, startOperator } from "./operator.ts";
import { requestsOf, type Stage } from "./sizes.ts";

export interface FleetCase {
  readonly tenants: number;
  readonly domainsPerTenant: number;
  readonly usersPerTenant: number;
  /** Scraped, until what the work left over is collected. */
  readonly settleMs: number;
  /** How long an operator with little or nothing to do is looked at. */
  readonly idleMs: number;
}

export interface FleetResult extends FleetCase {
  readonly objects: number;
  /** From the start of the process until it is ready, with all objects there. */
  readonly readyMs: number;
  /** Until the first sync of every object is published. */
  readonly publishedMs: number;
  readonly requests: number;
  /** Slots that came meanwhile: each wants a read that is no older than its instant. */
  readonly slots: number;
  /** A token, the domains and one page of each source, once a tenant; the pages once more for each slot. */
  readonly minimum: number;
  /** Of the work queue, in seconds. */
  readonly meanWaitSeconds: number;
  /** When the last tenant had its first domain published, as a part of the whole: small when tenants take turns. */
  readonly lastTenantBegan: number;
  /** Slots of the hour that has most of them, by those of an even spread. */
  readonly busiestHour: number;
  /** Nothing is due: all objects are suspended. */
  readonly idle: Rest;
  /** Only slots come, as on any day. */
  readonly scheduled: Rest & { readonly slots: number };
  readonly p99Ms: number;
  readonly maxMs: number;
}

const NAMESPACE = "fleet";
const POLL_MS = 500;

export async function measureFleet(
  { cloud, cluster, bundle, endpoints }: Stage,
  size: FleetCase,
): Promise<FleetResult> {
  const { tenants, settleMs, idleMs } = size;
  await installFleet({ cloud, cluster }, [NAMESPACE], size, { enabled: true, timesPerDay: 2 });
  const began = Date.now();
  const operator = await startOperator({ bundle, endpoints, kubeconfig: cluster.kubeconfig, namespaces: [NAMESPACE] });
  try {
    const syncs = await allPublished(cluster);
    const publishedMs = Date.now() - began;
    const { p99Ms, maxMs } = await operator.measure();
    const metrics = await whenQuiet(operator);
    const counted = await cloud.order({ reset: true });
    const slots = slotsRun(metrics);
    await operator.measure({ idle: true });
    await operator.rest(settleMs);
    const before = slotsRun(await operator.metrics());
    const scheduled = await operator.rest(idleMs);
    const scheduledSlots = slotsRun(await operator.metrics()) - before;
    for (const { metadata } of syncs) await cluster.suspend(NAMESPACE, metadata.name);
    await whenQuiet(operator);
    await operator.rest(settleMs);
    const idle = await operator.rest(idleMs);
    return {
      ...size,
      objects: syncs.length,
      readyMs: operator.readyMs,
      publishedMs,
      requests: requestsOf(counted),
      slots,
      minimum: tenants * (2 + SOURCES.length) + slots * SOURCES.length,
      meanWaitSeconds: meanWait(metrics),
      lastTenantBegan: lastBeginning(syncs, began) / publishedMs,
      busiestHour: busiestHour(syncs),
      idle,
      scheduled: { ...scheduled, slots: scheduledSlots },
      p99Ms,
      maxMs,
    };
  } finally {
    await operator.stop();
  }
}

/** Tenants of the same size, each with a Secret that its domains share. They are dealt out over the namespaces in turn. */
export async function installFleet(
  { cloud, cluster }: Pick<Stage, "cloud" | "cluster">,
  namespaces: readonly [string, ...string[]],
  { tenants, domainsPerTenant, usersPerTenant }: Pick<FleetCase, "tenants" | "domainsPerTenant" | "usersPerTenant">,
  schedule: Partial<O365SyncSpec["schedule"]>,
): Promise<void> {
  for (const name of namespaces)
    await cluster.create("namespaces", undefined, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const shapes: [string, Shape][] = [];
  const spec = { schedule } as unknown as Partial<O365SyncSpec>;
  for (let tenant = 0; tenant < tenants; tenant++) {
    const namespace = namespaces[tenant % namespaces.length] ?? namespaces[0];
    const tenantId = `6f1c0f2e-5a0d-4c55-9b39-${String(tenant).padStart(12, "0")}`;
    const secret = `tenant-${tenant}`;
    const domains = Array.from({ length: domainsPerTenant }, (_, domain) => `d${domain}.t${tenant}.example.com`);
    shapes.push([tenantId, { users: usersPerTenant, groups: 20, contacts: 20, domains, renewed: 0 }]);
    await createSecret(cluster, namespace, secret);
    for (const [index, domain] of domains.entries())
      await cluster.install(namespace, { name: `t${tenant}-d${index}`, domain, tenantId, secret, spec });
  }
  await cloud.order({ tenants: shapes, latencyMs: 50, reset: true });
}

export async function allPublished(cluster: Cluster): Promise<readonly O365Sync[]> {
  for (;;) {
    const syncs = await cluster.syncs();
    if (syncs.every(({ status }) => status?.lastSuccessfulTime !== undefined)) return syncs;
    await pause(POLL_MS);
  }
}

/** Metrics of a moment in which nothing runs and nothing waits: what they count is over. */
export async function whenQuiet(operator: Operator): Promise<string> {
  for (;;) {
    const metrics = await operator.metrics();
    const busy = sumOf(metrics, "controller_runtime_active_workers", "") + sumOf(metrics, "workqueue_depth", "");
    if (busy === 0) return metrics;
    await pause(POLL_MS / 10);
  }
}

const slotsRun = (metrics: string): number => sumOf(metrics, "o365sync_runs_total", 'trigger="Schedule"');

function meanWait(metrics: string): number {
  const value = (name: string): number => sumOf(metrics, `workqueue_queue_duration_seconds_${name}`, 'name="o365sync"');
  return value("sum") / value("count");
}

/** Of all series of that name whose labels contain the text. */
function sumOf(metrics: string, name: string, labels: string): number {
  const series = [...metrics.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, "gm"))];
  if (series.length === 0) throw new Error(`the operator has no metric ${name}`);
  return series.reduce((sum, [, found = "", value]) => sum + (found.includes(labels) ? Number(value) : 0), 0);
}

/** When the tenant that came last had its first domain. */
function lastBeginning(syncs: readonly O365Sync[], began: number): number {
  const first = new Map<string, number>();
  for (const { spec, status } of syncs) {
    const at = Date.parse(status?.lastSync?.completionTime ?? "") - began;
    first.set(spec.tenantId, Math.min(first.get(spec.tenantId) ?? Number.POSITIVE_INFINITY, at));
  }
  return Math.max(...first.values());
}

function busiestHour(syncs: readonly O365Sync[]): number {
  const hours = Array.from({ length: 24 }, () => 0);
  for (const { status } of syncs) {
    for (const time of status?.schedule?.times ?? []) {
      const hour = Number(time.slice(0, 2));
      hours[hour] = (hours[hour] ?? 0) + 1;
    }
  }
  const all = hours.reduce((sum, count) => sum + count, 0);
  return Math.max(...hours) / (all / 24);
}

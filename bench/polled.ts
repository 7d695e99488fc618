/** Many O365Syncs whose tenants are asked every few minutes what is new, on a day on which nothing is. */
import { allPublished, type FleetCase, installFleet, whenQuiet } from "./fleet.ts";
import { type Rest, startOperator } from "./operator.ts";
import { requestsOf, type Stage } from "./sizes.ts";
import { markdown } from "./table.ts";

export interface PolledCase extends Omit<FleetCase, "idleMs"> {
  readonly intervalMinutes: number;
  /** How long it is looked at while it asks: some whole rounds. */
  readonly polledMs: number;
  /** And, in the same process, while nothing is due. */
  readonly idleMs: number;
}

export interface PolledResult extends PolledCase {
  readonly objects: number;
  readonly requests: number;
  /** One for each source of each tenant, once a round. */
  readonly minimum: number;
  /** Requests to the API server that write. */
  readonly writes: number;
  readonly polled: Rest;
  readonly idle: Rest;
}

const NAMESPACE = "polled";
const HOUR_MS = 3_600_000;
const SOURCES = 3;

export async function measurePolled(stage: Stage, size: PolledCase): Promise<PolledResult> {
  const { cloud, cluster, bundle, endpoints } = stage;
  const { tenants, intervalMinutes, settleMs, polledMs, idleMs } = size;
  await installFleet(stage, [NAMESPACE], size, {
    enabled: true,
    times: [farFromNow()],
    timeZone: "UTC",
    additions: { enabled: true, intervalMinutes },
  });
  const operator = await startOperator({ bundle, endpoints, kubeconfig: cluster.kubeconfig, namespaces: [NAMESPACE] });
  try {
    const syncs = (await allPublished(cluster)).filter(({ metadata }) => metadata.namespace === NAMESPACE);
    await whenQuiet(operator);
    await operator.measure({ idle: true });
    await operator.rest(settleMs);
    await cloud.order({ reset: true });
    await operator.measure({ idle: true });
    const polled = await operator.rest(polledMs);
    const { writes } = await operator.measure({ idle: true });
    const requests = requestsOf(await cloud.order({ reset: true }));
    for (const { metadata } of syncs) await cluster.suspend(NAMESPACE, metadata.name);
    await whenQuiet(operator);
    await operator.rest(settleMs);
    const idle = await operator.rest(idleMs);
    const minimum = (tenants * SOURCES * polledMs) / (intervalMinutes * 60_000);
    return { ...size, objects: syncs.length, requests, minimum, writes, polled, idle };
  } finally {
    await operator.stop();
  }
}

/** A slot that does not come while it is looked at. */
const farFromNow = (): string => new Date(Date.now() + 12 * HOUR_MS).toISOString().slice(11, 16);

export function polledTable({ objects, tenants, intervalMinutes, ...found }: PolledResult): string {
  const use = ({ residentMiB, cpuPercent }: Rest): string =>
    `${residentMiB.toFixed(0)} MiB, ${cpuPercent.toFixed(2)} % CPU`;
  return markdown(
    ["polled", ""],
    [
      ["O365Syncs, tenants", `${objects}, ${tenants}`],
      [
        `requests in ${found.polledMs / 60_000} min, each tenant every ${intervalMinutes}; the minimum`,
        `${found.requests}, ${found.minimum}`,
      ],
      ["writes to the API server meanwhile", String(found.writes)],
      ["while it asks", use(found.polled)],
      ["while nothing is due", use(found.idle)],
    ],
  );
}

/** What more than three requests a tenant, or a write, would be. */
export const polledFaults = ({ requests, minimum, writes }: PolledResult): string[] => [
  ...(requests <= minimum ? [] : [`polled: ${requests} requests, ${minimum} would do`]),
  ...(writes === 0 ? [] : [`polled: ${writes} writes, and nothing was new`]),
];

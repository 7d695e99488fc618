/** A cluster in memory and a simulated tenant over the wire: one domain from annotation to tables, driven by hand. */
import { createCompany, type DirectoryEntry, snapshot } from "../../dev/tenant/company.ts";
import type { View } from "../../dev/tenant/graph.ts";
import { startTenant, type Tenant } from "../../dev/tenant/index.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../src/api/types.generated.ts";
import type { Clock } from "../../src/base/deps.ts";
import { CLOUDS } from "../../src/directory/clouds.ts";
import { createDirectoryProvider } from "../../src/directory/provider.ts";
import { CONFIG_MAP, type ConfigMap, SECRET } from "../../src/runtime/kube.ts";
import type { Client, EventRecorder } from "../../src/runtime/types.ts";
import type { SyncObserver } from "../../src/sync/services.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { createMemoryCluster, type MemoryCluster } from "./memory-cluster.ts";
import { createMemoryOperator, domainSpec, type MemoryOperator, SILENT, syncSpec } from "./memory-operator.ts";

export const NAME = "example-com";
const KEY = { namespace: "mail", name: NAME };
const FIELDS = {
  "test-connection": "testConnection",
  sync: "sync",
  "test-sync": "testSync",
  approve: "approve",
} as const;

/** Two slots a day, and nothing between them. */
export const SLOTS: O365Sync["spec"]["schedule"] = {
  enabled: true,
  times: ["06:00", "18:00"],
  timeZone: "UTC",
  startingDeadlineSeconds: 7200,
};
/** The same with a poll every five minutes. */
export const SLOTS_AND_POLLS: O365Sync["spec"]["schedule"] = {
  ...SLOTS,
  additions: { enabled: true, intervalMinutes: 5 },
};

export interface SmallWorldOptions {
  readonly company?: ReturnType<typeof createCompany>;
  readonly spec?: Partial<O365Sync["spec"]>;
  readonly domain?: Partial<MailDomain["spec"]>;
  readonly maxDeletionPercent?: number;
  readonly observer?: SyncObserver;
  /** How late a change shows up in a delta query, in milliseconds; asked for each. */
  readonly late?: () => number;
  /** Other ConfigMaps that stand from the beginning, by name. */
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface SmallWorld {
  readonly cluster: MemoryCluster;
  readonly tenant: Tenant;
  readonly company: ReturnType<typeof createCompany>;
  readonly gateway: Gateway;
  /** While a test has damaged something on purpose, manifests are not held against what stands. */
  damaged: boolean;
  /** What was recorded, as `reason: note`. */
  readonly events: readonly string[];
  /** Milliseconds since the epoch; a tick later each time it is read. */
  now: number;
  sync(): O365Sync;
  map(name: string): ConfigMap | undefined;
  /** What the tables accept that the manifest names first. */
  accepted(): string[];
  edit(change: (object: O365Sync) => void): void;
  editDomain(change: (object: MailDomain) => void): void;
  editMap(name: string, change: (object: ConfigMap) => void): void;
  removeMap(name: string): Promise<void>;
  /** Annotates, works until nothing is left to do, and answers what came of it. */
  ask(annotation: keyof typeof FIELDS, token: string): Promise<NonNullable<Requests["sync"]>>;
  /** Works until nothing is left to do. */
  work(): Promise<void>;
  /** What a process is that starts now: nothing remembered. `client` in place of the cluster's own. */
  restart(client?: Client): void;
  close(): Promise<void>;
}

type Requests = NonNullable<NonNullable<O365Sync["status"]>["requests"]>;

/** `count` people of example.com: user0 … */
export function peopleOf(count: number): ReturnType<typeof createCompany> {
  const company = createCompany(["example.com"]);
  for (let index = 0; index < count; index++) company.hire(`user${index}@example.com`);
  return company;
}

export async function createSmallWorld(options: SmallWorldOptions = {}): Promise<SmallWorld> {
  const { company = peopleOf(100), maxDeletionPercent } = options;
  const tenant = await startTenant({ company, now: () => world.now, late: options.late ?? 0 });
  const clock: Clock = {
    now: () => world.now++,
    monotonic: () => world.now++,
    setTimeout: () => () => {},
    sleep: (ms) => {
      world.now += ms;
      return Promise.resolve();
    },
  };
  const cluster = createMemoryCluster(() => world.now);
  const deps = { clock, random: () => 0.5 };
  const endpoints = { ...CLOUDS, Global: { authority: tenant.authority, graph: tenant.graph } };
  const directories = createDirectoryProvider({ endpoints, deps, ca: tenant.ca });
  const recorded: string[] = [];
  const events: EventRecorder = { event: (_, { reason, note }) => void recorded.push(`${reason}: ${note}`) };
  const start = (client?: Client): MemoryOperator =>
    createMemoryOperator({
      cluster,
      events,
      directories,
      ...deps,
      ...(client === undefined ? {} : { client }),
      ...(options.observer === undefined ? {} : { observer: options.observer }),
      ...(maxDeletionPercent === undefined ? {} : { maxDeletionPercent }),
    });
  let operator: MemoryOperator;
  const world: SmallWorld = {
    cluster,
    tenant,
    company,
    gateway: createGateway(() => world.now),
    damaged: false,
    events: recorded,
    now: Date.UTC(2026, 0, 1),
    sync: () => cluster.store<O365Sync>(O365_SYNC).get(`mail/${NAME}`) as O365Sync,
    map: (name) => cluster.store<ConfigMap>(CONFIG_MAP).get(`mail/${name}`),
    accepted() {
      const all = cluster.store<ConfigMap>(CONFIG_MAP).list();
      const isManifest = ({ metadata }: ConfigMap): boolean => metadata.name.endsWith("-manifest");
      world.gateway.observe(world.damaged ? all.filter((map) => !isManifest(map)) : all);
      return [...world.gateway.accepted()].sort();
    },
    edit: (change) => cluster.edit<O365Sync>(O365_SYNC, KEY, change),
    editDomain: (change) => cluster.edit<MailDomain>(MAIL_DOMAIN, KEY, change),
    editMap: (name, change) => cluster.edit(CONFIG_MAP as never, { ...KEY, name }, change),
    removeMap(name) {
      world.gateway.unmount(name);
      return cluster.client.delete(CONFIG_MAP, { ...KEY, name });
    },
    async ask(annotation, token) {
      world.edit(({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [`o365sync.dev/${annotation}`]: token };
      });
      await world.work();
      const answer = world.sync().status?.requests?.[FIELDS[annotation]];
      if (answer?.token !== token) throw new Error(`${annotation} ${token} was not answered`);
      return answer;
    },
    async work() {
      const context = { signal: new AbortController().signal, reconcileId: "test", log: SILENT };
      for (let round = 0; round < 50; round++) {
        const { requeueAfterMs } = await operator.sync(`mail/${NAME}`, context);
        await operator.domain(`mail/${NAME}`, context);
        if (!world.damaged) world.accepted();
        if (requeueAfterMs === undefined || requeueAfterMs > 1000) return;
        world.now += requeueAfterMs;
      }
      throw new Error("it never comes to rest");
    },
    restart(client) {
      operator = start(client);
    },
    close: () => tenant.close(),
  };
  operator = start();
  const clientSecret = Buffer.from(tenant.clientSecret).toString("base64");
  await cluster.client.create(SECRET, { metadata: { ...KEY, name: "o365" }, data: { clientSecret } });
  for (const [name, data] of Object.entries(options.configMaps ?? {}))
    await cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata: { ...KEY, name }, data: { ...data } });
  const inboundServers = [{ host: "mx.example.com", preference: 10 }];
  await cluster.client.create<MailDomain>(MAIL_DOMAIN, {
    metadata: { ...KEY },
    spec: domainSpec({ inboundServers, ...options.domain }),
  });
  await cluster.client.create<O365Sync>(O365_SYNC, {
    metadata: { ...KEY },
    spec: syncSpec(NAME, { tenantId: tenant.tenantId, ...options.spec }),
  });
  return world;
}

/** A view of a company as it is now, in which some entries are as `changed` says, or not there at all. */
export function viewOf(
  company: SmallWorld["company"],
  changed: (entry: DirectoryEntry) => DirectoryEntry | undefined = (entry) => entry,
): View {
  const shown = snapshot(company);
  return (collection) => shown(collection).flatMap((entry) => changed(entry) ?? []);
}

/** Several MailDomains and O365Syncs over a map in place of an API server, one tenant behind them, and a gateway that looks after every write. */
import { MAIL_DOMAIN, O365_SYNC } from "../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../src/api/types.generated.ts";
import type { Clock } from "../../src/base/deps.ts";
import type { Directory } from "../../src/directory/types.ts";
import { CONFIG_MAP, type ConfigMap, type KubeObject, type ResourceType, SECRET } from "../../src/runtime/kube.ts";
import type { Client, EventRecorder, ReconcileResult } from "../../src/runtime/types.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { createMemoryCluster, type MemoryCluster } from "./memory-cluster.ts";
import { createMemoryOperator, domainSpec, type MemoryOperator, SILENT, syncSpec } from "./memory-operator.ts";
import { NO_FEED } from "./no-feed.ts";

const NAMESPACE = "mail";

export interface Town {
  readonly cluster: MemoryCluster;
  readonly gateway: Gateway;
  /** Who is in the tenant: the addresses of each, the first is the primary. */
  readonly people: Map<string, readonly string[]>;
  /** What was recorded, as `reason: note`. */
  readonly events: readonly string[];
  now: number;
  /** How far somebody has set the wall clock ahead, or back where it is negative. */
  wrong: number;
  /** How many ConfigMaps went with their owners. */
  collected: number;
  addDomain(name: string, spec?: Partial<MailDomain["spec"]>): Promise<void>;
  addSync(name: string, domain: string, spec?: Partial<O365Sync["spec"]>): Promise<void>;
  editDomain(name: string, spec: Partial<MailDomain["spec"]>): void;
  editSync(name: string, spec: Partial<O365Sync["spec"]>): void;
  /** With what it owns, as the garbage collector takes it. */
  remove(kind: "domain" | "sync", name: string): Promise<void>;
  ask(name: string, annotation: string, value: string): void;
  domain(name: string): MailDomain | undefined;
  sync(name: string): O365Sync | undefined;
  domains(): MailDomain[];
  syncs(): O365Sync[];
  configMap(name: string): ConfigMap | undefined;
  configMaps(): ConfigMap[];
  /** The names that the routing of a MailDomain holds, `-` where it is not there. */
  routed(domain: string): string;
  /** A process that remembers nothing takes over. */
  restart(client?: Client): void;
  /** Looks at every object until nothing is left to do; throws what the gateway found broken meanwhile. */
  work(): Promise<void>;
  /** Looks at one object once. */
  look(kind: "domain" | "sync", name: string): Promise<ReconcileResult>;
}

const HEAD = (kind: string, name: string) => ({
  apiVersion: "o365sync.dev/v1alpha1",
  kind,
  metadata: { namespace: NAMESPACE, name },
});

export interface TownOptions {
  /** What no object's deletionGuard may exceed. Default 100. */
  readonly maxDeletionPercent?: number;
}

export async function createTown(options: TownOptions = {}): Promise<Town> {
  const cluster = createMemoryCluster(() => town.now);
  const gateway = createGateway(() => town.now);
  const clock: Clock = {
    now: () => town.now++ + town.wrong,
    monotonic: () => town.now,
    setTimeout: () => () => {},
    sleep: () => Promise.resolve(),
  };
  const recorded: string[] = [];
  const events: EventRecorder = {
    event: (_, { reason, note }) => void recorded.push(`${reason}: ${note}`),
  };
  const storeOf = <T extends KubeObject>(type: ResourceType<T>) => cluster.store<T>(type);
  const get = <T extends KubeObject>(type: ResourceType<T>, name: string): T | undefined =>
    storeOf(type).get(`${NAMESPACE}/${name}`);
  let writes = 0;
  let problem: Error | undefined;
  let operator: MemoryOperator;
  const observe = (): void => {
    try {
      gateway.observe(town.configMaps());
    } catch (error) {
      problem ??= error as Error;
    }
  };
  cluster.onWrite((type) => {
    writes++;
    if (type.plural === CONFIG_MAP.plural) observe();
  });

  const merge = <T extends KubeObject & { spec: object }>(type: ResourceType<T>, name: string, spec: object): void =>
    cluster.edit(type, { namespace: NAMESPACE, name }, (object) => void Object.assign(object.spec, spec));

  const town: Town = {
    cluster,
    gateway,
    people: new Map(),
    collected: 0,
    events: recorded,
    now: Date.UTC(2026, 0, 1),
    wrong: 0,
    async addDomain(name, spec = {}) {
      const servers = { inboundServers: [{ host: `mx.${name}.test`, preference: 10 }] };
      await cluster.client.create<MailDomain>(MAIL_DOMAIN, {
        ...HEAD("MailDomain", name),
        spec: domainSpec({ ...servers, ...spec }),
      });
    },
    async addSync(name, domain, spec = {}) {
      await cluster.client.create<O365Sync>(O365_SYNC, { ...HEAD("O365Sync", name), spec: syncSpec(domain, spec) });
    },
    editDomain: (name, spec) => merge(MAIL_DOMAIN, name, spec),
    editSync: (name, spec) => merge(O365_SYNC, name, spec),
    async remove(kind, name) {
      const type: ResourceType<KubeObject> = kind === "domain" ? MAIL_DOMAIN : O365_SYNC;
      const uid = get(type, name)?.metadata.uid;
      await cluster.client.delete(type, { namespace: NAMESPACE, name });
      const owned = town
        .configMaps()
        .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
      for (const { metadata } of owned)
        await cluster.client.delete(CONFIG_MAP, { namespace: NAMESPACE, name: metadata.name });
      if (owned.length === 0) return;
      // Whose files go with it asked for that.
      town.collected += owned.length;
      gateway.release();
      gateway.forgetRoutes();
    },
    ask(name, annotation, value) {
      cluster.edit<O365Sync>(O365_SYNC, { namespace: NAMESPACE, name }, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [`o365sync.dev/${annotation}`]: value };
      });
    },
    domain: (name) => get<MailDomain>(MAIL_DOMAIN, name),
    sync: (name) => get<O365Sync>(O365_SYNC, name),
    domains: () => storeOf<MailDomain>(MAIL_DOMAIN).list(),
    syncs: () => storeOf<O365Sync>(O365_SYNC).list(),
    configMap: (name) => get(CONFIG_MAP, name),
    configMaps: () => storeOf(CONFIG_MAP).list(),
    routed(domain) {
      const text = town.configMap(`${domain}-routing`)?.data?.["relay_domains"];
      return text === undefined ? "-" : text.replaceAll(" OK\n", " ").trim();
    },
    restart(client = cluster.client) {
      const directory = directoryOf(town.people);
      operator = createMemoryOperator({ cluster, client, directory, clock, random: () => 0.5, events, ...options });
    },
    async work() {
      for (let round = 0, quiet = 0; round < 200; round++) {
        const before = writes;
        const waits = await lookAtAll();
        // What was deleted is no write.
        observe();
        if (problem !== undefined) {
          const found = problem;
          problem = undefined;
          throw found;
        }
        const soonest = Math.min(...waits);
        quiet = writes === before ? quiet + 1 : 0;
        // Some look again every minute for what somebody else must do.
        if (quiet > 0 && (soonest > MINUTE_MS || quiet > 3)) return;
        town.now += Math.min(writes === before ? soonest : 1000, MINUTE_MS);
      }
      throw new Error("it never comes to rest");
    },
    look: (kind, name) => operator[kind](`${NAMESPACE}/${name}`, CONTEXT),
  };

  async function lookAtAll(): Promise<number[]> {
    const waits: number[] = [Number.POSITIVE_INFINITY];
    const note = (result: { readonly requeueAfterMs?: number | undefined }): void =>
      void waits.push(result.requeueAfterMs ?? Number.POSITIVE_INFINITY);
    for (const { metadata } of town.syncs()) note(await operator.sync(`${NAMESPACE}/${metadata.name}`, CONTEXT));
    for (const { metadata } of town.domains()) note(await operator.domain(`${NAMESPACE}/${metadata.name}`, CONTEXT));
    return waits;
  }

  town.restart();
  await cluster.client.create(SECRET, { ...HEAD("Secret", "o365"), data: { clientSecret: "c2VjcmV0" } });
  return town;
}

const MINUTE_MS = 61_000;
const CONTEXT = { signal: new AbortController().signal, reconcileId: "x", log: SILENT };

/** Whoever is asked for by id is answered by what is true then. */
function directoryOf(people: ReadonlyMap<string, readonly string[]>): Directory {
  const entryOf = (id: string, [mail = "", ...others]: readonly string[]) => ({
    id,
    source: "users" as const,
    mail,
    proxyAddresses: [`SMTP:${mail}`, ...others.map((address) => `smtp:${address}`)],
  });
  return {
    authorize: () => Promise.resolve({ roles: [], missing: [] }),
    verifiedDomains: () => Promise.resolve(undefined),
    read({ onObject }) {
      for (const [id, addresses] of people) onObject(entryOf(id, addresses));
      return Promise.resolve({ users: people.size, groups: 0, contacts: 0, requests: 1 });
    },
    feed: NO_FEED,
    findHolders(addresses) {
      const all = new Set([...people.values()].flat());
      return Promise.resolve({ held: new Set(addresses.filter((each) => all.has(each))), unanswered: new Set() });
    },
    sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
    confirm: (objects) =>
      Promise.resolve(
        new Map(
          objects.map(({ id }) => {
            const addresses = people.get(id);
            return [id, addresses === undefined ? "gone" : entryOf(id, addresses)] as const;
          }),
        ),
      ),
  };
}

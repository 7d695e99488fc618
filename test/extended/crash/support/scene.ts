/** A world that can be made again and again, exactly alike, and processes in it that die where they are told to. */
import { expect } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../../src/api/types.generated.ts";
import type { Clock } from "../../../../src/base/deps.ts";
import type { Directory } from "../../../../src/directory/types.ts";
import type { HistoryRecord } from "../../../../src/publication/run-records.ts";
import { CONFIG_MAP, type ConfigMap, SECRET } from "../../../../src/runtime/kube.ts";
import type { Client } from "../../../../src/runtime/types.ts";
import { createGateway, type Gateway } from "../../../support/gateway.ts";
import {
  createMemoryOperator,
  domainSpec,
  type MemoryOperator,
  SILENT,
  syncSpec,
} from "../../../support/memory-operator.ts";
import { NO_FEED } from "../../../support/no-feed.ts";
import type { Cluster } from "./cluster.ts";

export interface Scene {
  readonly cluster: Cluster;
  /** Of the O365Sync. */
  readonly key: { readonly namespace: string; readonly name: string };
  readonly gateway: Gateway;
  users: number;
  /** A process that dies at the `at`th call from now; undefined: never. */
  start(at?: number, when?: When): Process;
  ask(annotation: string, value: string): Promise<void>;
  /** As it was when a process came to rest. */
  sync(): O365Sync;
  history(): HistoryRecord[];
  accepted(): ReadonlySet<string>;
}

/** Before or after the call was carried out; "late": it is carried out when everybody has forgotten it. */
export type When = "before" | "after" | "late";

interface Process {
  /** What it called, such as `patch o365syncs` and `read`. */
  readonly calls: readonly string[];
  /** Carries out the call that it died at. */
  late(): Promise<void>;
  /** Works until nothing is left to do, or until it dies; answers whether it lived. */
  work(): Promise<boolean>;
}

export interface Death {
  /** Number of the call, from 1. */
  readonly at: number;
  readonly when: "before" | "after";
}

const isWrite = (call: string): boolean => /^(?:create|replace|patch|delete) /.test(call);

/** Numbers of the calls that change something. */
export const writesOf = (calls: readonly string[]): number[] =>
  calls.flatMap((call, index) => (isWrite(call) ? [index + 1] : []));

/**
 * The deaths that leave something different behind. A process keeps nothing but what it wrote: dying at any call between two
 * writes is dying after the first of them.
 */
export const deathsOf = (calls: readonly string[]): readonly Death[] => [
  { at: 1, when: "before" },
  ...writesOf(calls).map((at) => ({ at, when: "after" }) as const),
];

class Died extends Error {}

export async function createScene(makeCluster: (now: () => number) => Promise<Cluster>): Promise<Scene> {
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout: () => () => {},
    sleep: () => Promise.resolve(),
  };
  const cluster = await makeCluster(() => now);
  const key = { namespace: cluster.namespace, name: "example-com" };
  const gateway = createGateway(() => now);
  const configMaps = cluster.store<ConfigMap>(CONFIG_MAP);
  const look = async (): Promise<void> => {
    await cluster.refresh();
    gateway.observe(configMaps.list());
  };
  const scene: Scene = {
    cluster,
    key,
    gateway,
    users: 40,
    start(at = Number.POSITIVE_INFINITY, when = "before") {
      const calls: string[] = [];
      let underWay = (): Promise<unknown> => Promise.resolve();
      const through: Through = async (name, call) => {
        calls.push(name);
        if (calls.length === at && when === "late") underWay = call;
        if (calls.length > at || (calls.length === at && when !== "after")) throw new Died();
        const answer = await call();
        // What a gateway mounts is looked at after every single write.
        if (isWrite(name)) await look();
        if (calls.length === at) throw new Died();
        return answer;
      };
      const operator = createMemoryOperator({
        cluster,
        client: mortalClient(cluster.client, through),
        directory: mortalDirectory(directoryOf(scene), through),
        clock,
        random: () => 0.5,
      });
      return {
        calls,
        work: () => work(operator, scene, () => now++),
        async late() {
          // Refused or not: nobody is there to hear it.
          await underWay().catch(() => {});
          await look();
        },
      };
    },
    ask: (annotation, value) =>
      cluster.edit(O365_SYNC, key, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [`o365sync.dev/${annotation}`]: value };
      }),
    sync: () => cluster.store<O365Sync>(O365_SYNC).get(`${key.namespace}/${key.name}`) as O365Sync,
    history() {
      const text = configMaps.get(`${key.namespace}/${key.name}-history`)?.data?.["history.json"] ?? '{"records":[]}';
      return (JSON.parse(text) as { records: HistoryRecord[] }).records;
    },
    accepted: () => gateway.accepted(),
  };
  await install(scene);
  return scene;
}

/** As its owner would make it again. */
export async function createDomain(
  client: Client,
  key: Scene["key"],
  spec: Partial<MailDomain["spec"]>,
): Promise<void> {
  await client.create<MailDomain>(MAIL_DOMAIN, {
    ...HEAD("MailDomain"),
    metadata: { ...key },
    spec: domainSpec({ inboundServers: [{ host: "mx.example.com", preference: 10 }], ...spec }),
  });
}

async function install({ cluster: { client }, key }: Scene): Promise<void> {
  const data = { clientSecret: "c2VjcmV0" };
  await client.create(SECRET, { apiVersion: "v1", kind: "Secret", metadata: { ...key, name: "o365" }, data });
  await createDomain(client, key, {});
  await createSync(client, key);
}

const HEAD = (kind: string) => ({ apiVersion: "o365sync.dev/v1alpha1", kind });

export async function createSync(client: Client, key: Scene["key"]): Promise<void> {
  await client.create<O365Sync>(O365_SYNC, {
    ...HEAD("O365Sync"),
    metadata: { ...key },
    spec: syncSpec("example-com"),
  });
}

function directoryOf(scene: Scene): Directory {
  return {
    authorize: () => Promise.resolve({ roles: [], missing: [] }),
    verifiedDomains: () => Promise.resolve(["example.com"]),
    read({ onObject }) {
      for (let index = 0; index < scene.users; index++)
        onObject({
          id: `id-${index}`,
          source: "users",
          mail: `user${index}@example.com`,
          proxyAddresses: [`smtp:user${index}@example.net`],
        });
      return Promise.resolve({ users: scene.users, groups: 0, contacts: 0, requests: 1 });
    },
    sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
    feed: NO_FEED,
    findHolders: () => Promise.resolve({ held: new Set(), unanswered: new Set() }),
    confirm: (objects) => Promise.resolve(new Map(objects.map(({ id }) => [id, "gone" as const]))),
  };
}

type Through = <T>(name: string, call: () => Promise<T>) => Promise<T>;

/** Every verb but watch, which nobody uses here: what the client learns to do is counted by itself. */
function mortalClient(client: Client, through: Through): Client {
  const verbs = ["get", "list", "create", "replace", "patch", "delete"] as const;
  const mortal = verbs.map((verb) => {
    const call = client[verb] as (...args: unknown[]) => Promise<unknown>;
    return [
      verb,
      (...args: unknown[]) => through(`${verb} ${(args[0] as { plural: string }).plural}`, () => call(...args)),
    ];
  });
  return { ...client, ...(Object.fromEntries(mortal) as Partial<Client>) };
}

function mortalDirectory(directory: Directory, through: Through): Directory {
  const mortal = Object.entries(directory).map(([name, call]: [string, (...args: unknown[]) => Promise<unknown>]) => {
    return [name, (...args: unknown[]) => through(name, () => call(...args))];
  });
  return Object.fromEntries(mortal);
}

async function work(operator: MemoryOperator, { cluster, key }: Scene, tick: () => void): Promise<boolean> {
  const signal = new AbortController().signal;
  const context = { signal, reconcileId: "x", log: SILENT };
  const name = `${key.namespace}/${key.name}`;
  try {
    for (let round = 0; round < 30; round++) {
      tick();
      await cluster.refresh();
      const { requeueAfterMs } = await operator.sync(name, context);
      await cluster.refresh();
      await operator.domain(name, context);
      if (requeueAfterMs !== 0 && requeueAfterMs !== 500) return true;
    }
    throw new Error("it never comes to rest");
  } catch (error) {
    if (error instanceof Died) return false;
    throw error;
  } finally {
    await cluster.refresh();
  }
}

/** A process that lives works until all is done. */
export const settle = async (scene: Scene): Promise<void> => {
  expect(await scene.start().work()).toBe(true);
  scene.gateway.expectAtRest(scene.cluster.store<ConfigMap>(CONFIG_MAP).list());
};

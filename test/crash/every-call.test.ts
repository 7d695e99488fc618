/**
 * The process dies at every single call that a run makes, to the API server or to the tenant, before it is carried out and
 * after: a successor finishes. And what a dead process had under way changes nothing when it arrives late.
 */
import { beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/api/deps.ts";
import { CONFIG_MAP, type ConfigMap, SECRET } from "../../src/api/kube.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../src/api/types.generated.ts";
import type { Directory } from "../../src/directory/types.ts";
import type { Client } from "../../src/runtime/types.ts";
import type { HistoryRecord } from "../../src/sync/records.ts";
import { createGateway, type Gateway } from "../support/gateway.ts";
import { createMemoryCluster, type MemoryCluster } from "../support/memory-cluster.ts";
import { createMemoryOperator, type MemoryOperator, SILENT, syncSpec } from "../support/memory-operator.ts";

const KEY = { namespace: "mail", name: "example-com" };

/** A world that can be made again and again, exactly alike. */
interface Scene {
  readonly cluster: MemoryCluster;
  readonly gateway: Gateway;
  users: number;
  /** A process that dies at the `at`th call from now; undefined: never. */
  start(at?: number, when?: When): Process;
  ask(annotation: string, value: string): void;
  sync(): O365Sync;
  history(): HistoryRecord[];
  accepted(): ReadonlySet<string>;
}

/** Before or after the call was carried out; "late": it is carried out when everybody has forgotten it. */
type When = "before" | "after" | "late";

interface Process {
  /** What it called, such as `PATCH o365syncs` and `read`. */
  readonly calls: readonly string[];
  /** Carries out the call that it died at. */
  late(): Promise<void>;
  /** Works until nothing is left to do, or until it dies; answers whether it lived. */
  work(): Promise<boolean>;
}

class Died extends Error {}

async function createScene(): Promise<Scene> {
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = { now: () => now, setTimeout: () => () => {}, sleep: () => Promise.resolve() };
  const cluster = createMemoryCluster(() => now);
  const gateway = createGateway();
  const configMaps = cluster.store<ConfigMap>(CONFIG_MAP);
  const scene: Scene = {
    cluster,
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
        gateway.observe(configMaps.list());
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
        work: () => work(operator, () => now++),
        async late() {
          // Refused or not: nobody is there to hear it.
          await underWay().catch(() => {});
          gateway.observe(configMaps.list());
        },
      };
    },
    ask(annotation, value) {
      cluster.edit(O365_SYNC, KEY, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [`o365sync.dev/${annotation}`]: value };
      });
    },
    sync: () => cluster.store<O365Sync>(O365_SYNC).get("mail/example-com") as O365Sync,
    history() {
      const text = configMaps.get("mail/example-com-history")?.data?.["history.json"] ?? '{"records":[]}';
      return (JSON.parse(text) as { records: HistoryRecord[] }).records;
    },
    accepted: () => gateway.accepted(),
  };
  const domain = {
    domain: "example.com",
    serverType: "Office365",
    deliveryPort: 25,
    deletionPolicy: "Orphan",
  } as const;
  const inboundServers = [{ host: "mx.example.com", preference: 10 }];
  await cluster.client.create(SECRET, { metadata: { ...KEY, name: "o365" }, data: { clientSecret: "c2VjcmV0" } });
  await cluster.client.create<MailDomain>(MAIL_DOMAIN, { metadata: { ...KEY }, spec: { ...domain, inboundServers } });
  await cluster.client.create<O365Sync>(O365_SYNC, { metadata: { ...KEY }, spec: syncSpec("example-com") });
  return scene;
}

function directoryOf(scene: Scene): Directory {
  return {
    authorize: () => Promise.resolve({ roles: [], missing: [] }),
    verifiedDomains: () => Promise.resolve(["example.com"]),
    read({ onObject }) {
      for (let index = 0; index < scene.users; index++)
        onObject({ id: `id-${index}`, source: "users", mail: `user${index}@example.com`, proxyAddresses: [] });
      return Promise.resolve({ users: scene.users, groups: 0, contacts: 0, requests: 1 });
    },
    sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
    confirm: (objects) => Promise.resolve(new Map(objects.map(({ id }) => [id, "gone" as const]))),
  };
}

type Through = <T>(name: string, call: () => Promise<T>) => Promise<T>;

/** Every verb but watch, which simulations do not use: what the client learns to do is counted by itself. */
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

async function work(operator: MemoryOperator, tick: () => void): Promise<boolean> {
  const signal = new AbortController().signal;
  const context = { signal, reconcileId: "x", log: SILENT };
  try {
    for (let round = 0; round < 30; round++) {
      tick();
      const { requeueAfterMs } = await operator.sync("mail/example-com", context);
      await operator.domain("mail/example-com", context);
      if (requeueAfterMs !== 0 && requeueAfterMs !== 500) return true;
    }
    throw new Error("it never comes to rest");
  } catch (error) {
    if (error instanceof Died) return false;
    throw error;
  }
}

interface Story {
  readonly name: string;
  /** Makes the scene as it is before the run. */
  readonly given: (scene: Scene) => Promise<void>;
  /** What the run is asked for. */
  readonly ask: (scene: Scene) => void;
  /** What must be true in the end, wherever the process died. */
  readonly expected: (scene: Scene) => void;
}

const settle = async (scene: Scene): Promise<void> => {
  expect(await scene.start().work()).toBe(true);
};
const recordOf = (scene: Scene, trigger: string): HistoryRecord[] =>
  scene.history().filter((record) => record.trigger === trigger);

const STORIES: readonly Story[] = [
  {
    name: "the first publication",
    given: () => Promise.resolve(),
    ask: (scene) => scene.ask("sync", "1"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({ handledSync: "1", lastSync: { result: "Published" } });
      expect(recordOf(scene, "Manual")).toMatchObject([{ result: "Published", changes: { accountAdds: 40 } }]);
      expect(scene.accepted().size).toBe(42);
    },
  },
  {
    name: "a change",
    async given(scene) {
      scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(["user0@example.com", "user38@example.com", "postmaster@example.com"]);
      scene.users = 39;
    },
    ask: (scene) => scene.ask("sync", "2"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({ handledSync: "2", lastSync: { result: "Published" } });
      expect(recordOf(scene, "Manual")).toMatchObject([
        { changes: { accountDeletes: 1 } },
        { changes: { accountAdds: 40 } },
      ]);
      expect(scene.accepted().has("user39@example.com")).toBe(false);
    },
  },
  {
    name: "a plan that is held",
    async given(scene) {
      scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(scene.accepted());
      scene.users = 5;
    },
    ask: (scene) => scene.ask("sync", "2"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({
        handledSync: "2",
        lastSync: { result: "Held" },
        held: { reason: "DeletionGuard" },
      });
      expect(recordOf(scene, "Manual").map(({ result }) => result)).toEqual(["Held", "Published"]);
    },
  },
  {
    name: "an approval",
    async given(scene) {
      scene.ask("sync", "1");
      await settle(scene);
      scene.users = 5;
      scene.ask("sync", "2");
      await settle(scene);
      scene.gateway.expectAlways(["user0@example.com", "user4@example.com"]);
    },
    ask: (scene) => scene.ask("approve", scene.sync().status?.held?.planDigest ?? ""),
    expected(scene) {
      const { status } = scene.sync();
      expect(status).toMatchObject({
        lastSync: { trigger: "Approval", result: "Published" },
        requests: { approve: { state: "Succeeded" } },
      });
      expect(status?.held).toBeUndefined();
      expect(recordOf(scene, "Approval")).toHaveLength(1);
      expect(scene.accepted().size).toBe(7);
    },
  },
  {
    name: "another layout",
    async given(scene) {
      scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(scene.accepted());
    },
    ask: (scene) =>
      scene.cluster.edit(
        O365_SYNC,
        KEY,
        ({ spec }) => void Object.assign(spec.output, { shards: 4, formats: ["addresses", "postfix"] }),
      ),
    expected(scene) {
      expect(scene.sync().status?.published).toMatchObject({ shards: 4, previousShards: 1 });
      expect(scene.history()).toHaveLength(1);
    },
  },
  {
    name: "adoption by a recreated object",
    async given(scene) {
      scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(scene.accepted());
      await scene.cluster.client.delete(O365_SYNC, KEY);
      await scene.cluster.client.create<O365Sync>(O365_SYNC, { metadata: { ...KEY }, spec: syncSpec("example-com") });
      scene.users = 41;
    },
    ask: (scene) => scene.ask("sync", "2"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({
        handledSync: "2",
        lastSync: { result: "Published", changes: { total: 1 } },
      });
      expect(scene.accepted().size).toBe(43);
    },
  },
];

describe.each(STORIES)("A process that dies during $name", ({ given, ask, expected }) => {
  let calls: readonly string[] = [];
  const begin = async (): Promise<Scene> => {
    const scene = await createScene();
    await given(scene);
    ask(scene);
    return scene;
  };
  beforeEach(async () => {
    const scene = await begin();
    const whole = scene.start();
    expect(await whole.work()).toBe(true);
    expected(scene);
    ({ calls } = whole);
    expect(calls.length).toBeGreaterThan(10);
  });

  it.each(["before", "after"] as const)(
    "%s any call is carried out leaves work that a successor finishes",
    async (when) => {
      for (let at = 1; at <= calls.length; at++) {
        const scene = await begin();
        expect(await scene.start(at, when).work()).toBe(false);
        await settle(scene);
        expected(scene);
      }
    },
  );

  it("changes nothing by a call that arrives late, whatever the tenant has become meanwhile", async () => {
    for (const [index, call] of calls.entries()) {
      const scene = await begin();
      const process = scene.start(index + 1, "late");
      await process.work();
      scene.users++;
      await settle(scene);
      const before = outcomeOf(scene);
      await process.late();
      await settle(scene);
      expect({ call, ...outcomeOf(scene) }).toEqual({ call, ...before });
    }
  });
});

it("A run that has published is told as published, also when its object was suspended before it could say so", async () => {
  const told = new Set<string>();
  for (let at = 1; ; at++) {
    const scene = await createScene();
    scene.ask("sync", "1");
    if (await scene.start(at, "after").work()) break;
    scene.cluster.edit(O365_SYNC, KEY, ({ spec }) => void Object.assign(spec, { suspend: true }));
    await settle(scene);
    const { lastSync, published } = scene.sync().status ?? {};
    expect(lastSync?.result ?? "never begun").toBe(
      published !== undefined ? "Published" : lastSync === undefined ? "never begun" : "Failed",
    );
    expect(recordOf(scene, "Manual").map(({ result }) => result)).toEqual(
      lastSync === undefined ? [] : [lastSync.result],
    );
    told.add(lastSync?.result ?? "never begun");
  }
  expect([...told].sort()).toEqual(["Failed", "Published", "never begun"]);
});

/** What gateways and people see in the end. */
function outcomeOf(scene: Scene) {
  const { lastSync, held, handledSync, handledApprove, published, history } = scene.sync().status ?? {};
  const status = { lastSync, held, handledSync, handledApprove, revision: published?.revision, history };
  return { status, records: scene.history(), accepted: [...scene.accepted()] };
}

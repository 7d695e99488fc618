/** The process dies at every single call that a run makes, before it is carried out and after: a successor finishes. */
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
  /** A process that dies at the `at`th call from now, before or after it was carried out; undefined: never. */
  start(at?: number, when?: "before" | "after"): Process;
  ask(annotation: string, value: string): void;
  sync(): O365Sync;
  history(): HistoryRecord[];
  accepted(): ReadonlySet<string>;
}

interface Process {
  readonly calls: () => number;
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
      let calls = 0;
      const mortal = mortalClient(cluster.client, async (call) => {
        calls++;
        if (calls > at || (calls === at && when === "before")) throw new Died();
        const answer = await call();
        // What a gateway mounts is looked at after every single write.
        gateway.observe(configMaps.list());
        if (calls === at) throw new Died();
        return answer;
      });
      const operator = createMemoryOperator({
        cluster,
        client: mortal,
        directory: directoryOf(scene),
        clock,
        random: () => 0.5,
      });
      return { calls: () => calls, work: () => work(operator, () => now++) };
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

function mortalClient(client: Client, through: <T>(call: () => Promise<T>) => Promise<T>): Client {
  return {
    ...client,
    get: (...call) => through(() => client.get(...call)),
    create: (...call) => through(() => client.create(...call)),
    replace: (...call) => through(() => client.replace(...call)),
    patch: (...call) => through(() => client.patch(...call)),
    delete: (...call) => through(() => client.delete(...call)),
  };
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
  let calls = 0;
  beforeEach(async () => {
    const scene = await createScene();
    await given(scene);
    ask(scene);
    const whole = scene.start();
    expect(await whole.work()).toBe(true);
    expected(scene);
    calls = whole.calls();
  });

  it.each(["before", "after"] as const)(
    "%s any call is carried out leaves work that a successor finishes",
    async (when) => {
      expect(calls).toBeGreaterThan(10);
      for (let at = 1; at <= calls; at++) {
        const scene = await createScene();
        await given(scene);
        ask(scene);
        await scene.start(at, when).work();
        await settle(scene);
        expected(scene);
      }
    },
  );
});

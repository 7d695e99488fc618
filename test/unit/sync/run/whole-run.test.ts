/** The rules that keep a list from shrinking by mistake, each in a run from annotation to tables, without a network. */
import { beforeEach, describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../../src/api/types.generated.ts";
import type { Clock } from "../../../../src/base/deps.ts";
import type { Directory } from "../../../../src/directory/types.ts";
import { CONFIG_MAP, type ConfigMap, SECRET } from "../../../../src/runtime/kube.ts";
import { createGateway } from "../../../support/gateway.ts";
import { createMemoryCluster, type MemoryCluster } from "../../../support/memory-cluster.ts";
import {
  createMemoryOperator,
  domainSpec,
  type MemoryOperator,
  SILENT,
  syncSpec,
} from "../../../support/memory-operator.ts";
import { NO_FEED } from "../../../support/no-feed.ts";

const KEY = { namespace: "mail", name: "example-com" };
/** Long ones from a thousand on, so that few fill a table. */
const address = (index: number): string => `user${index}${index < 1000 ? "" : ".".concat("x".repeat(50))}@example.com`;
const DAY_MS = 86_400_000;
const range = (length: number): number[] => [...Array(length).keys()];

const CONTEXT = { signal: new AbortController().signal, reconcileId: "test", log: SILENT };

let now = 0;
const clock: Clock = {
  now: () => now++,
  monotonic: () => now++,
  setTimeout: () => () => {},
  sleep: () => Promise.resolve(),
};
let cluster: MemoryCluster;
let operator: MemoryOperator;
/** Who is in the tenant, and who a read shows. */
let present: Set<number>;
let hidden: Set<number>;

const directory: Directory = {
  authorize: () => Promise.resolve({ roles: [], missing: [] }),
  verifiedDomains: () => Promise.resolve(["example.com"]),
  read({ onObject }) {
    const shown = [...present].filter((index) => !hidden.has(index));
    for (const index of shown) onObject({ id: `${index}`, source: "users", mail: address(index), proxyAddresses: [] });
    return Promise.resolve({ users: shown.length, groups: 0, contacts: 0, requests: 1 });
  },
  sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
  feed: NO_FEED,
  findHolders(addresses) {
    const held = new Set([...present].map(address).filter((each) => addresses.includes(each)));
    return Promise.resolve({ held, unanswered: new Set() });
  },
  confirm: (objects) =>
    Promise.resolve(
      new Map(
        objects.map(({ id, source }) => {
          const here = present.has(Number(id));
          return [id, here ? { id, source, mail: address(Number(id)), proxyAddresses: [] } : "gone"];
        }),
      ),
    ),
};

const maps = () => cluster.store<ConfigMap>(CONFIG_MAP);
const sync = (): O365Sync => cluster.store<O365Sync>(O365_SYNC).get("mail/example-com") as O365Sync;
const table = (): string => maps().get("mail/example-com-recipients")?.data?.["relay_recipients"] ?? "";
const published = (): number[] => range(200).filter((index) => table().includes(`${address(index)} OK\n`));

async function work(): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const { requeueAfterMs } = await operator.sync("mail/example-com", CONTEXT);
    await operator.domain("mail/example-com", CONTEXT);
    if (requeueAfterMs === undefined || requeueAfterMs > 1000) return;
  }
  throw new Error("it never comes to rest");
}

async function ask(annotation: string, value: string): Promise<O365Sync> {
  cluster.edit<O365Sync>(O365_SYNC, KEY, ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, [`o365sync.dev/${annotation}`]: value };
  });
  await work();
  return sync();
}

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  cluster = createMemoryCluster(() => now);
  operator = createMemoryOperator({ cluster, directory, clock, random: () => 0.5 });
  present = new Set(range(100));
  hidden = new Set();
  await cluster.client.create(SECRET, { metadata: { ...KEY, name: "o365" }, data: { clientSecret: "c2VjcmV0" } });
  await cluster.client.create<MailDomain>(MAIL_DOMAIN, {
    metadata: { ...KEY },
    spec: domainSpec({ inboundServers: [{ host: "mx.example.com", preference: 10 }] }),
  });
  await cluster.client.create<O365Sync>(O365_SYNC, { metadata: { ...KEY }, spec: syncSpec("example-com") });
  await ask("sync", "first");
});

const leave = (from: number, to: number): void =>
  range(to - from).forEach((index) => void present.delete(from + index));

describe("A run", () => {
  it("publishes everybody", () => {
    expect(published()).toEqual(range(100));
  });

  it("removes who is confirmed to be gone", async () => {
    leave(0, 5);
    const { status } = await ask("sync", "leavers");
    expect(status?.lastSync).toMatchObject({ result: "Published" });
    expect(published()).toEqual(range(100).slice(5));
  });

  it("does not believe a read that leaves out who is still there", async () => {
    hidden = new Set(range(5));
    const { status } = await ask("sync", "lossy");
    expect(status?.lastSync).toMatchObject({ result: "Failed", reason: "ReadNotWhole" });
    expect(published()).toEqual(range(100));
  });

  it("holds what a guard stops, and saves nothing of it", async () => {
    leave(0, 40);
    present.add(150);
    const { status } = await ask("sync", "mass");
    expect(status?.lastSync).toMatchObject({ result: "Held", reason: "DeletionGuard" });
    expect(published()).toEqual(range(100));
  });

  it("as a test publishes nothing", async () => {
    present.add(150);
    const { status } = await ask("test-sync", "look");
    expect(status?.requests?.testSync).toMatchObject({ state: "Succeeded" });
    expect(published()).toEqual(range(100));
  });

  it("writes over nobody's ConfigMap", async () => {
    const metadata = { ...KEY, name: "example-com-accounts-0" };
    cluster.edit(CONFIG_MAP as never, metadata, (map: ConfigMap) => {
      map.metadata.labels = {};
    });
    present.add(150);
    const { status } = await ask("sync", "foreign");
    expect(status?.conditions?.[0]).toMatchObject({ type: "Ready", reason: "ConfigMapConflict" });
    expect(published()).toEqual(range(100));
  });

  it("publishes no list that does not fit its ConfigMaps", async () => {
    present = new Set(range(14_000));
    const { status } = await ask("sync", "large");
    expect(status?.lastSync).toMatchObject({ result: "Failed", reason: "OutputTooLarge" });
    expect(published()).toEqual(range(100));
  });
});

describe("An approval", () => {
  it("lets the shown plan through, and what is new beside it as far as it passes by itself", async () => {
    leave(0, 40);
    const shown = (await ask("sync", "mass")).status?.held?.planDigest ?? "";
    leave(40, 44);
    present.add(150);
    const { status } = await ask("approve", shown);
    expect(status?.requests?.approve).toMatchObject({ state: "Succeeded" });
    expect(published()).toEqual([...range(100).slice(44), 150]);
  });

  it("does not let through what nobody saw", async () => {
    leave(0, 40);
    const shown = (await ask("sync", "mass")).status?.held?.planDigest ?? "";
    leave(40, 80);
    const { status } = await ask("approve", shown);
    expect(status?.requests?.approve).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(status?.held?.planDigest).not.toBe(shown);
    expect(published()).toEqual(range(100));
  });

  it("is refused where the plan is no longer there to compare with", async () => {
    leave(0, 40);
    const shown = (await ask("sync", "mass")).status?.held?.planDigest ?? "";
    leave(40, 44);
    await cluster.client.delete(CONFIG_MAP, { ...KEY, name: "example-com-plan" });
    const { status } = await ask("approve", shown);
    expect(status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
    expect(published()).toEqual(range(100));
  });
});

describe("A publication whose accounts are damaged", () => {
  it("is compared by its numbers: fewer addresses than the guard allows are held", async () => {
    await cluster.client.delete(CONFIG_MAP, { ...KEY, name: "example-com-accounts-0" });
    leave(0, 40);
    const { status } = await ask("sync", "damaged");
    expect(status?.lastSync).toMatchObject({ result: "Held", reason: "DeletionGuard" });
    expect(published()).toEqual(range(100));
  });

  it("is compared by its tables where neither manifest nor status are left", async () => {
    for (const part of ["accounts-0", "manifest"])
      await cluster.client.delete(CONFIG_MAP, { ...KEY, name: `example-com-${part}` });
    cluster.edit<O365Sync>(O365_SYNC, KEY, (object) => {
      delete (object as { status?: unknown }).status;
    });
    leave(0, 40);
    const { status } = await ask("sync", "restored");
    expect(status?.lastSync).toMatchObject({ result: "Held", reason: "DeletionGuard" });
    expect(published()).toEqual(range(100));
  });
});

describe("A table", () => {
  const routed = (): string => maps().get("mail/example-com-routing")?.data?.["relay_domains"] ?? "";

  it("stays for as long as its domain is routed", async () => {
    cluster.edit<O365Sync>(O365_SYNC, KEY, ({ spec }) => {
      spec.output.formats = [];
    });
    await work();
    expect(routed()).toContain("example.com OK");
    now += DAY_MS + 60_000;
    const stood: boolean[] = [];
    cluster.onWrite((_, __, { metadata: { name } }) => {
      if (name === "example-com-routing") stood.push(table() !== "" && !routed().includes("example.com"));
    });
    // The day is over in which the old table is kept; the controller of domains does not get its turn at all.
    for (let round = 0; round < 5; round++) await operator.sync("mail/example-com", CONTEXT);
    expect(stood).toEqual([true]);
    expect(routed()).not.toContain("example.com OK");
    expect(published()).toEqual([]);
  });

  it("is not written by a process that slept while another one went on", async () => {
    let asleep = true;
    const sleeper = createMemoryOperator({
      cluster,
      directory,
      clock,
      random: () => 0.5,
      client: {
        ...cluster.client,
        async replace(type, object) {
          const written = await cluster.client.replace(type, object);
          // What begins is written ahead; now it sleeps.
          if (asleep && object.metadata.name === "example-com-manifest") {
            asleep = false;
            present.add(151);
            await ask("sync", "by-another");
          }
          return written;
        },
      },
    });
    const tables: string[] = [];
    present.add(150);
    cluster.edit<O365Sync>(O365_SYNC, KEY, ({ metadata }) => {
      metadata.annotations = { "o365sync.dev/sync": "sleeper" };
    });
    cluster.onWrite((_, __, after) => {
      if (after.metadata.name === "example-com-recipients")
        tables.push((after as ConfigMap).data?.["relay_recipients"] ?? "");
    });
    await sleeper.sync("mail/example-com", CONTEXT);
    expect(asleep).toBe(false);
    expect(published()).toContain(151);
    const first = tables.findIndex((text) => text.includes(address(151)));
    expect(tables.slice(first).every((text) => text.includes(address(151)))).toBe(true);
  });

  it("is finished by the next process, whichever write the last one died after", async () => {
    const gateway = createGateway();
    for (let at = 1, died = true; died; at++) {
      died = false;
      let writes = 0;
      const die = <T>(written: T): T => {
        gateway.observe(maps().list());
        if (++writes === at) died = true;
        if (writes >= at) throw new Error("died");
        return written;
      };
      const client = {
        ...cluster.client,
        replace: async (...args: Parameters<typeof cluster.client.replace>) =>
          die(await cluster.client.replace(...args)),
        create: async (...args: Parameters<typeof cluster.client.create>) => die(await cluster.client.create(...args)),
      } as typeof cluster.client;
      const mortal = createMemoryOperator({ cluster, client, directory, clock, random: () => 0.5 });
      gateway.expectAlways(range(100).map(address));
      present.add(100 + at);
      cluster.edit<O365Sync>(O365_SYNC, KEY, ({ metadata }) => {
        metadata.annotations = { "o365sync.dev/sync": `mortal-${at}` };
      });
      await mortal.sync("mail/example-com", CONTEXT).catch(() => {});
      const intended = maps().get("mail/example-com-manifest")?.data?.["manifest.json"]?.includes('"intent"') === true;
      // The tenant is another by now: what was begun is finished first, as it was planned and recorded.
      present.delete(100 + at);
      operator = createMemoryOperator({ cluster, directory, clock, random: () => 0.5 });
      await work();
      expect(sync().status?.requests?.sync).toMatchObject({ token: `mortal-${at}`, state: "Succeeded" });
      gateway.observe(maps().list());
      const record = sync().status?.history?.find(({ id }) => id.startsWith("manual-"));
      expect(record?.result === "Published" || !intended).toBe(true);
      expect(at).toBeLessThan(20);
    }
  });
});

/** Whatever arrives in whatever order, torn or damaged: the gateway answers from one whole publication, or as before. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Disk, KeptState } from "../../../src/gateway/disk.ts";
import { createKeeper, type Keeper } from "../../../src/gateway/keeper.ts";
import type { Content } from "../../../src/gateway/part.ts";
import { createTaker, type Obstacle } from "../../../src/gateway/take.ts";
import { contentHash } from "../../../src/publication/configmaps.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import type { ConfigMap } from "../../../src/runtime/kube.ts";
import type { Logger } from "../../../src/runtime/types.ts";
import {
  createShownCluster,
  NAMESPACE,
  publication,
  routing,
  type ShownCluster,
} from "../../support/gateways/published.ts";

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const { signal } = new AbortController();

function createMemoryDisk(): Disk & { readonly parts: Map<string, Content>; state: KeptState | undefined } {
  const parts = new Map<string, Content>();
  return {
    parts,
    state: undefined,
    readState() {
      return Promise.resolve(this.state);
    },
    writeState(state) {
      this.state = structuredClone(state);
      return Promise.resolve();
    },
    readContent: (sha256) => Promise.resolve(parts.get(sha256)),
    writeContent(sha256, content) {
      parts.set(sha256, content);
      return Promise.resolve();
    },
    sweep: () => Promise.resolve(),
  };
}

function createGateway(cluster: ShownCluster = createShownCluster(), disk = createMemoryDisk()) {
  const keeper = createKeeper({ disk, delimiters: "+", syncs: [], log, onSwap: () => {} });
  const obstacles: Obstacle[] = [];
  const wentBack: string[] = [];
  const taker = createTaker({
    ...cluster,
    namespace: NAMESPACE,
    keeper,
    disk,
    log,
    onWentBack: (sync) => wentBack.push(sync),
    onLook: (_, obstacle) => obstacle !== undefined && obstacles.push(obstacle),
  });
  return { cluster, disk, keeper, obstacles, wentBack, ...taker };
}

/** Of the given addresses, those that it accepts; undefined while it asks everybody to come again. */
function accepted({ catalog }: Keeper, candidates: readonly string[]): string[] | undefined {
  const answers = candidates.map((address) => [address, catalog.maps.recipients(address).kind] as const);
  if (answers.every(([, kind]) => kind === "notYet")) return undefined;
  return answers.filter(([, kind]) => kind === "found").map(([address]) => address);
}

const LOCALS = Array.from({ length: 12 }, (_, index) => `user${index}@example.com`);
const FORMATS: readonly (readonly Format[])[] = [["cdb"], ["postfix"], ["addresses"], ["cdb", "postfix", "aliases"]];

const revision = fc.record({
  addresses: fc.subarray(LOCALS, { minLength: 1 }),
  shards: fc.constantFrom(1, 2, 4),
  formats: fc.constantFrom(...FORMATS),
});

/** Damages a ConfigMap the way that disks, proxies and people do. */
const DAMAGE: Readonly<Record<string, (configMap: ConfigMap) => ConfigMap>> = {
  empty: (configMap) => ({ ...configMap, data: {}, binaryData: {} }),
  cut: (configMap) => changed(configMap, (text) => text.slice(0, text.length / 2)),
  doubled: (configMap) => changed(configMap, (text) => text + text),
  other: (configMap) => changed(configMap, (text) => text.replace("user", "evil")),
  foreign: (configMap) => ({ ...configMap, metadata: { ...configMap.metadata, labels: {} } }),
};

function changed(configMap: ConfigMap, change: (text: string) => string): ConfigMap {
  const each = (values: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(values).map(([key, text]) => [key, change(text)]));
  return { ...configMap, data: each(configMap.data), binaryData: each(configMap.binaryData) };
}

describe("A publication is taken over whole or not at all", () => {
  it("in random orders of arrival, torn and damaged", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(revision, { minLength: 2, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        fc.constantFrom(undefined, ...Object.keys(DAMAGE)),
        async (revisions, chance, damage) => {
          const draw = (below: number): number => (chance.next().value as number) % below;
          const gateway = createGateway();
          gateway.keeper.markComplete();
          const sets = revisions.map(({ addresses }) => [...addresses].sort().join());
          // Each ConfigMap comes in its own time; of one name the versions come in their order.
          const streams = new Map<string, ConfigMap[]>();
          for (const [at, each] of revisions.entries())
            for (const configMap of publication({ ...each, at: at + 1 })) {
              const { name } = configMap.metadata;
              const versions = streams.get(name) ?? [];
              const isDamaged = damage !== undefined && at < revisions.length - 1 && draw(4) === 0;
              versions.push(isDamaged ? (DAMAGE[damage]?.(configMap) ?? configMap) : configMap);
              streams.set(name, versions);
            }
          while (streams.size > 0) {
            const name = [...streams.keys()][draw(streams.size)] ?? "";
            const [next, ...rest] = streams.get(name) ?? [];
            if (rest.length === 0) streams.delete(name);
            else streams.set(name, rest);
            if (next !== undefined) gateway.cluster.show(next);
            if (draw(3) > 0) await gateway.takeList("example-com", signal);
            const now = accepted(gateway.keeper, LOCALS);
            // Before the first whole one it accepts nobody.
            expect(["", ...sets]).toContain(now?.sort().join() ?? "");
          }
          await gateway.takeList("example-com", signal);
          expect(accepted(gateway.keeper, LOCALS)?.sort().join()).toBe(sets.at(-1));
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(Object.keys(DAMAGE))(
    "keeps the last good list while a table is %s, and takes the next one",
    async (damage) => {
      const gateway = createGateway();
      for (const each of publication({ addresses: ["user1@example.com"] })) gateway.cluster.show(each);
      await gateway.takeList("example-com", signal);
      const [table, manifest] = publication({ addresses: ["user2@example.com"], at: 2 });
      if (table === undefined || manifest === undefined) throw new Error("no publication");
      gateway.cluster.show(DAMAGE[damage]?.(table) ?? table);
      gateway.cluster.show(manifest);
      await gateway.takeList("example-com", signal);
      gateway.keeper.markComplete();
      expect(accepted(gateway.keeper, LOCALS)).toEqual(["user1@example.com"]);
      gateway.cluster.show(table);
      await gateway.takeList("example-com", signal);
      expect(accepted(gateway.keeper, LOCALS)).toEqual(["user2@example.com"]);
    },
  );

  it("keeps the list when every ConfigMap is deleted", async () => {
    const gateway = createGateway();
    const maps = publication({ addresses: LOCALS });
    for (const each of [...maps, routing(["example.com"])]) gateway.cluster.show(each);
    await gateway.takeList("example-com", signal);
    await gateway.takeRouting("example-com", signal);
    for (const { metadata } of [...maps, routing([])]) gateway.cluster.hide(metadata.name);
    await gateway.takeList("example-com", signal);
    await gateway.takeRouting("example-com", signal);
    expect(accepted(gateway.keeper, LOCALS)).toEqual(LOCALS);
    expect(gateway.keeper.catalog.maps.domains("example.com")).toEqual({ kind: "found", value: "OK" });
  });
});

describe("An API server that lies", () => {
  const take = async (gateway: ReturnType<typeof createGateway>): Promise<void> => {
    await gateway.takeList("example-com", signal);
    await gateway.takeRouting("example-com", signal);
    gateway.keeper.markComplete();
  };

  it.each([
    ["another namespace", (map: ConfigMap) => ({ ...map.metadata, namespace: "other" })],
    ["another name", (map: ConfigMap) => ({ ...map.metadata, name: `${map.metadata.name}-2` })],
    ["no namespace", ({ metadata: { namespace: _, ...rest } }: ConfigMap) => rest],
  ])("and answers with an object of %s changes nothing", async (_, metadata) => {
    const gateway = createGateway();
    for (const each of [...publication({ addresses: ["user1@example.com"] }), routing(["example.com"])])
      gateway.cluster.show(each);
    await take(gateway);
    const lies = new Map<string, ConfigMap>();
    for (const each of [...publication({ addresses: ["user2@example.com"], at: 2 }), routing(["evil.example"])])
      lies.set(each.metadata.name, { ...each, metadata: metadata(each) });
    const get = ((_: unknown, { name }: { readonly name: string }) =>
      Promise.resolve(lies.get(name))) as unknown as ShownCluster["client"]["get"];
    Object.assign(gateway.cluster.client, { get });
    await take(gateway);
    expect(accepted(gateway.keeper, LOCALS)).toEqual(["user1@example.com"]);
    expect(gateway.keeper.catalog.maps.domains("evil.example").kind).toBe("notFound");
  });

  it("and shows an older publication again is followed, and that is told", async () => {
    const gateway = createGateway();
    const [older, newer] = [1, 2].map((at) => publication({ addresses: [`user${at}@example.com`], at }));
    for (const maps of [older, newer]) {
      for (const each of maps ?? []) gateway.cluster.show(each);
      await take(gateway);
    }
    expect(gateway.wentBack).toEqual([]);
    for (const each of older ?? []) gateway.cluster.show(each);
    await take(gateway);
    expect(accepted(gateway.keeper, LOCALS)).toEqual(["user1@example.com"]);
    expect(gateway.wentBack).toEqual(["example-com"]);
  });
});

describe("Hostile ConfigMaps", () => {
  /** What the manifest says of the table is true: only the table itself is bad. */
  function consistent(change: (text: string) => string): ConfigMap[] {
    const formats: Format[] = ["postfix"];
    const [table, manifest] = publication({ addresses: ["user1@example.com", "user2@example.com"], formats, at: 2 });
    const text = table?.data?.["relay_recipients"] ?? "";
    const bad: ConfigMap = {
      ...table,
      data: { relay_recipients: change(text) },
      metadata: { ...table?.metadata, name: "" },
    };
    bad.metadata = table?.metadata ?? bad.metadata;
    const sha256 = contentHash(bad);
    const json = (manifest?.data?.["manifest.json"] ?? "").replace(
      /(?<="tables": \[\s*\{\s*"name": "[^"]*",\s*"sha256": ")[^"]*/,
      sha256,
    );
    return [bad, { ...manifest, metadata: manifest?.metadata ?? { name: "" }, data: { "manifest.json": json } }];
  }

  it.each<[what: string, change: (text: string) => string]>([
    ["out of order", (text) => text.split("\n").slice(0, -1).reverse().join("\n").concat("\n")],
    ["with an address twice", (text) => text.replace("user1@example.com OK\n", (line) => line + line)],
    ["with upper case", (text) => text.replace("user1", "User1")],
    [
      "with a command for a value",
      (text) => text.replace("user1@example.com OK", "user1@example.com FILTER smtp:evil"),
    ],
    ["with no domain", (text) => text.replace("user1@example.com", "user1@")],
    ["with a wildcard for everybody", (text) => `@example.com OK\n${text}`],
    ["with a NUL", (text) => text.replace("user1", "user1\0")],
    ["with a character that is not ASCII", (text) => text.replace("user1", "usér1")],
    ["without its last newline", (text) => text.slice(0, -1)],
    ["of nothing", () => ""],
  ])("a table %s is not taken, although its manifest names it", async (_, change) => {
    const gateway = createGateway();
    for (const each of publication({ addresses: ["user0@example.com"] })) gateway.cluster.show(each);
    await gateway.takeList("example-com", signal);
    for (const each of consistent(change)) gateway.cluster.show(each);
    await gateway.takeList("example-com", signal);
    gateway.keeper.markComplete();
    expect(gateway.obstacles).toEqual(["damaged"]);
    expect(accepted(gateway.keeper, [...LOCALS, "anybody@example.com"])).toEqual(["user0@example.com"]);
  });

  it("and the same way of naming it is taken where the table is sound", async () => {
    const gateway = createGateway();
    for (const each of consistent((text) => text.replace("user1", "user11"))) gateway.cluster.show(each);
    await gateway.takeList("example-com", signal);
    gateway.keeper.markComplete();
    expect(accepted(gateway.keeper, LOCALS)).toEqual(["user2@example.com", "user11@example.com"]);
  });

  it.each([
    ["no JSON", "{"],
    ["a newer version", JSON.stringify({ schemaVersion: 2 })],
    ["too deep", "[".repeat(100_000)],
    ["nothing", ""],
  ])("a manifest that is %s leaves the list in force", async (_, text) => {
    const gateway = createGateway();
    const maps = publication({ addresses: ["user0@example.com"] });
    for (const each of maps) gateway.cluster.show(each);
    await gateway.takeList("example-com", signal);
    const manifest = maps.at(-1);
    if (manifest !== undefined) gateway.cluster.show({ ...manifest, data: { "manifest.json": text } });
    await gateway.takeList("example-com", signal);
    gateway.keeper.markComplete();
    expect(gateway.obstacles).toHaveLength(1);
    expect(accepted(gateway.keeper, LOCALS)).toEqual(["user0@example.com"]);
  });
});

describe("What is kept can be read again", () => {
  it.each<[what: string, change: (configMap: ConfigMap) => ConfigMap]>([
    ["a MailDomain that no object can be called", (map) => relabelled(map, { "o365sync.dev/domain": "No_Domain" })],
    [
      "formats that the table has not",
      (map) => ({
        ...map,
        data: { "manifest.json": (map.data?.["manifest.json"] ?? "").replaceAll('"cdb"', '"aliases"') },
      }),
    ],
  ])("whatever a manifest says: %s", async (_, change) => {
    const disk = createMemoryDisk();
    const gateway = createGateway(createShownCluster(), disk);
    const maps = publication({ addresses: LOCALS, formats: ["cdb", "postfix"] });
    for (const each of maps) gateway.cluster.show(each);
    await gateway.takeList("example-com", signal);
    const manifest = maps.at(-1);
    if (manifest !== undefined) gateway.cluster.show(change(manifest));
    await gateway.takeList("example-com", signal);
    await disk.writeState(gateway.keeper.state());
    const second = createGateway(createShownCluster(), disk);
    await second.keeper.load(signal);
    expect(gateway.obstacles).toHaveLength(1);
    expect(accepted(second.keeper, LOCALS)).toEqual(LOCALS);
  });

  it("without what somebody put beside the tables of a routing", async () => {
    const gateway = createGateway();
    const route = routing(["example.com"]);
    gateway.cluster.show({ ...route, data: { ...route.data, more: "x".repeat(900_000) } });
    await gateway.takeRouting("example-com", signal);
    expect(Object.keys(gateway.keeper.state().routings["example-com"] ?? {})).toEqual(["relay_domains", "transport"]);
  });
});

function relabelled(configMap: ConfigMap, labels: Record<string, string>): ConfigMap {
  return { ...configMap, metadata: { ...configMap.metadata, labels: { ...configMap.metadata.labels, ...labels } } };
}

describe("After a restart without an API server", () => {
  async function kept() {
    const first = createGateway();
    for (const each of [...publication({ addresses: LOCALS, shards: 4 }), routing(["example.com"])])
      first.cluster.show(each);
    await first.takeRouting("example-com", signal);
    await first.takeList("example-com", signal);
    await first.disk.writeState(first.keeper.state());
    return first.disk;
  }

  it("answers as before", async () => {
    const second = createGateway(createShownCluster(), await kept());
    await second.keeper.load(signal);
    expect(accepted(second.keeper, [...LOCALS, "nobody@example.com"])).toEqual(LOCALS);
    expect(second.keeper.catalog.maps.transport("example.com")).toEqual({
      kind: "found",
      value: "smtp:[inbound.example]:25",
    });
  });

  it("believes no part that rotted on disk: everybody is asked to come again", async () => {
    const disk = await kept();
    const [[sha256, content] = ["", {}]] = disk.parts;
    disk.parts.set(sha256, { ...content, data: { relay_recipients: "evil@example.com OK\n" } });
    const second = createGateway(createShownCluster(), disk);
    await second.keeper.load(signal);
    expect(accepted(second.keeper, [...LOCALS, "evil@example.com"])).toBeUndefined();
  });
});

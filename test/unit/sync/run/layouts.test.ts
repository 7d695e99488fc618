/** A layout that is no longer asked for stands for a day, whatever becomes of the list. */
import { afterEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { createSmallWorld, NAME, peopleOf, type SmallWorld } from "../../../support/small-world.ts";
import { cdbKeys } from "../../recipients/support/read-cdb.ts";

const DAY_MS = 86_400_000;
const OLD = `${NAME}-recipients`;
type Format = O365Sync["spec"]["output"]["formats"][number];

let world: SmallWorld;
afterEach(() => world.close());

/** Together they fill a ConfigMap with few addresses. */
const THREE: readonly Format[] = ["addresses", "aliases", "postfix"];
/** Long addresses, so that few fill a ConfigMap: each takes 77 bytes of a table in text. */
const hire = (from: number, to: number): void => {
  const name = (index: number): string => `${index}${"x".repeat(61)}`.slice(0, 61).concat("@example.com");
  for (let index = from; index < to; index += 50) {
    const [first = "", ...aliases] = Array.from({ length: 50 }, (_, n) => name(index + n));
    world.company.hire(first, aliases);
  }
};
const published = (): string | undefined =>
  world.sync().status?.conditions?.find(({ type }) => type === "Published")?.message;

async function start(formats: readonly Format[], people: number): Promise<void> {
  world = await createSmallWorld({
    company: peopleOf(1),
    spec: { output: { formats: [...formats], shards: 1, deletionPolicy: "Orphan" } },
  });
  hire(0, people);
  expect(await world.ask("sync", "first")).toMatchObject({ state: "Succeeded" });
  world.now += 61_000;
}

const output = (change: Partial<O365Sync["spec"]["output"]>): void =>
  world.edit(({ spec }) => {
    spec.output = { ...spec.output, ...change };
  });

describe("A list that outgrows the layout that retires", () => {
  it("is published in the new one, while the old one stands as it was for its day (16.6)", async () => {
    await start(THREE, 2_600);
    hire(2_600, 3_400);
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "OutputTooLarge" });
    output({ shards: 4 });
    await world.work();
    const before = world.map(OLD);
    expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(world.sync().status?.published).toMatchObject({ shards: 4, previousShards: 1 });
    expect(world.map(OLD)?.data).toEqual(before?.data);
    expect(published()).toContain("the tables of shards: 1 are stale");
    // Nobody can make it anew: it is not tried once a minute, and a restart changes nothing.
    world.restart();
    world.now += DAY_MS / 2;
    const { resourceVersion } = world.map(`${NAME}-manifest`)?.metadata ?? {};
    await world.work();
    expect(world.map(`${NAME}-manifest`)?.metadata.resourceVersion).toBe(resourceVersion);
    expect(world.map(OLD)?.data).toEqual(before?.data);
    world.now += DAY_MS / 2 + 61_000;
    await world.work();
    expect(world.map(OLD)).toBeUndefined();
    expect(published()).not.toContain("stale");
  }, 60_000);
});

describe("A format that retires", () => {
  it("keeps no other from being published that fits alone (16.7)", async () => {
    await start(["postfix"], 5_400);
    const share = (world.sync().status?.published?.largestShardBytes ?? 0) / (900 * 1024);
    expect(share).toBeGreaterThan(0.4);
    output({ formats: ["cdb"] });
    await world.work();
    expect(world.sync().status?.conditions?.some(({ type }) => type === "Stalled")).toBe(false);
    expect(published()).toContain("the tables postfix of shards: 1 were given up: they do not fit beside cdb");
    expect(world.events).toContain(
      "TablesGivenUp: the tables postfix of shards: 1, which the spec no longer asks for, were given up before their day was over: they do not fit any more",
    );
    expect(world.map(OLD)?.binaryData?.["relay_recipients.cdb"]).toBeDefined();
    expect(world.accepted().length).toBeGreaterThan(5_400);
  }, 60_000);

  it("stays beside the new one where both fit", async () => {
    await start(["postfix"], 1_000);
    output({ formats: ["cdb"] });
    await world.work();
    expect(Object.keys(world.map(OLD)?.data ?? {})).toEqual(["relay_recipients"]);
    expect(Object.keys(world.map(OLD)?.binaryData ?? {})).toEqual(["relay_recipients.cdb"]);
  }, 60_000);

  it("comes back within its day when it fits again, and is told no longer after it", async () => {
    await start(["postfix"], 5_400);
    output({ formats: ["cdb"] });
    await world.work();
    expect(world.map(OLD)?.data?.["relay_recipients"]).toBeUndefined();
    output({ formats: ["postfix"] });
    world.now += 61_000;
    await world.work();
    expect(world.map(OLD)?.data?.["relay_recipients"]).toBeDefined();
    expect(published()).toContain("the tables cdb of shards: 1 were given up: they do not fit beside postfix");
    world.now += DAY_MS + 61_000;
    await world.work();
    expect(published()).not.toContain("given up");
  }, 60_000);

  it("that fits alone stays current at another number of shards, whatever else was given up there", async () => {
    await start(["postfix"], 5_400);
    output({ formats: ["cdb"] });
    await world.work();
    world.now += 61_000;
    output({ shards: 4 });
    await world.work();
    hire(5_400, 5_450);
    world.now += 61_000;
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
    expect(published()).not.toContain("stale");
    expect(published()).toContain("the tables postfix of shards: 1 were given up: the list does not fit them any more");
    const table = world.map(OLD)?.binaryData?.["relay_recipients.cdb"] ?? "";
    expect(cdbKeys(Buffer.from(table, "base64"))).toHaveLength(5_453);
  }, 60_000);
});

const lost: readonly (readonly [string, () => Promise<void> | void])[] = [
  ["the manifest is deleted", () => world.removeMap(`${NAME}-manifest`)],
  [
    "the manifest is cut short",
    () =>
      world.editMap(`${NAME}-manifest`, (map) => {
        map.data = { "manifest.json": '{"schemaVersion": 1, "cur' };
      }),
  ],
  [
    "somebody writes another manifest",
    () =>
      world.editMap(`${NAME}-manifest`, (map) => {
        map.data = {
          "manifest.json": (map.data?.["manifest.json"] ?? "").replace(
            '"distributionLists": 0',
            '"distributionLists": 1',
          ),
        };
      }),
  ],
];

describe.each(lost)("Where %s", (_, damage) => {
  const wholeDay = async (names: readonly string[], then: () => Promise<void>): Promise<void> => {
    expect(world.sync().status?.lastSync).toMatchObject({ result: "Published" });
    const before = names.map((name) => world.map(name)?.data?.["relay_recipients"]);
    expect(before.every((table) => table !== undefined && table !== "")).toBe(true);
    await then();
    world.now += DAY_MS - 120_000;
    await world.work();
    for (const name of names) expect(world.map(name)?.data?.["relay_recipients"]).toContain("user0@example.com OK");
    world.now += 240_000;
    await world.work();
    expect(names.map((name) => world.map(name)?.data?.["relay_recipients"])).toEqual(names.map(() => undefined));
  };

  it("another number of shards leaves the tables that gateways mount for their day", async () => {
    await start(["postfix"], 50);
    await damage();
    world.damaged = true;
    output({ shards: 2 });
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
    world.damaged = false;
    expect(world.sync().status?.published).toMatchObject({ shards: 2, previousShards: 1 });
    expect(world.map(OLD)?.data?.["relay_recipients"]).toContain("user0@example.com OK");
    await wholeDay([OLD], async () => {
      // What retires is kept current meanwhile.
      world.company.hire("new@example.com");
      expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded" });
      expect(world.map(OLD)?.data?.["relay_recipients"]).toContain("new@example.com OK");
    });
  });

  it("another format leaves the one that gateways read for its day", async () => {
    await start(["postfix"], 50);
    await damage();
    world.damaged = true;
    output({ formats: ["cdb"] });
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
    world.damaged = false;
    expect(world.map(OLD)?.binaryData?.["relay_recipients.cdb"]).toBeDefined();
    await wholeDay([OLD], async () => {});
    expect(world.map(OLD)?.binaryData?.["relay_recipients.cdb"]).toBeDefined();
  });
});

describe("Where the manifest is lost", () => {
  it("tables that the list has outgrown stay as they are, also when the process dies in between", async () => {
    await start(THREE, 2_600);
    const before = world.map(OLD)?.data;
    await world.removeMap(`${NAME}-manifest`);
    world.damaged = true;
    hire(2_600, 3_400);
    output({ shards: 4 });
    const { client } = world.cluster;
    world.restart({
      ...client,
      create: (type, object, options) => {
        if (object.metadata.name === `${NAME}-recipients-4-2`) return Promise.reject(new Error("it died"));
        return client.create(type, object, options);
      },
    });
    await expect(world.ask("sync", "second")).rejects.toThrow("it died");
    world.restart();
    const asked = world.tenant.requests.length;
    await world.work();
    expect(world.sync().status?.lastSync).toMatchObject({ result: "Published" });
    // What was begun is finished, not read again.
    expect(world.tenant.requests.length).toBe(asked);
    world.damaged = false;
    expect(world.map(OLD)?.data).toEqual(before);
    expect(published()).toContain("the tables of shards: 1 are stale");
    expect(world.accepted().length).toBeGreaterThan(3_400);
  }, 60_000);
});

describe("A stale table that somebody", () => {
  it.each(["edits", "deletes"])(
    "%s cannot be made again, and says so",
    async (how) => {
      await start(THREE, 2_600);
      hire(2_600, 3_400);
      output({ shards: 4 });
      expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
      world.damaged = true;
      if (how === "deletes") await world.removeMap(OLD);
      else
        world.editMap(OLD, (map) => {
          map.data = { relay_recipients: "user0@example.com OK\n" };
        });
      world.now += 61_000;
      await world.work();
      expect(published()).toContain(
        `what was edited or deleted of them cannot be made again (${OLD}): move the gateways that mount it now`,
      );
      expect(world.sync().status?.conditions?.find(({ type }) => type === "Published")?.status).toBe("True");
    },
    60_000,
  );
});

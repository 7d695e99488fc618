/** Where accounts or manifest are damaged, the tables that stand are what a read is compared with, and asked about. */
import { afterEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { CONFIG_MAP } from "../../../../src/runtime/kube.ts";
import { createSmallWorld, NAME, peopleOf, type SmallWorld, viewOf } from "../../../support/small-world.ts";

let world: SmallWorld;
afterEach(() => world.close());

const damages = {
  "an accounts ConfigMap is deleted (19.8)": () => world.removeMap(`${NAME}-accounts-0`),
  "an accounts ConfigMap is edited": async () =>
    world.editMap(`${NAME}-accounts-0`, (map) => {
      map.data = { "accounts.jsonl": "" };
    }),
  "the manifest is deleted": () => world.removeMap(`${NAME}-manifest`),
  "the manifest is cut short": async () =>
    world.editMap(`${NAME}-manifest`, (map) => {
      map.data = { "manifest.json": '{"schemaVersion": 1, "cur' };
    }),
  "manifest and accounts are deleted": async () => {
    await world.removeMap(`${NAME}-manifest`);
    await world.removeMap(`${NAME}-accounts-0`);
  },
} as const;

const formats: readonly O365Sync["spec"]["output"]["formats"][] = [
  ["postfix"],
  ["cdb"],
  ["addresses"],
  ["cdb", "aliases"],
];

const CASES = (Object.keys(damages) as (keyof typeof damages)[]).flatMap((how) =>
  formats.map((wanted) => ({ how, wanted, shown: wanted.join(" and ") })),
);

const hide = (count: number): void => {
  const hidden = new Set(Array.from({ length: count }, (_, index) => `user${index}@example.com`));
  world.tenant.showing.views.lists = viewOf(world.company, (entry) =>
    hidden.has(entry.mail ?? "") ? undefined : entry,
  );
};

describe("Where the tables are", () => {
  it.each(CASES)("$shown: $how, and a read that lacks people is not believed (16.9)", async ({ how, wanted }) => {
    world = await createSmallWorld({ spec: { output: { formats: wanted, shards: 1, deletionPolicy: "Orphan" } } });
    await world.ask("sync", "first");
    const before = world.accepted();
    await damages[how]();
    world.damaged = true;
    hide(9);
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "ReadNotWhole" });
    expect(world.accepted()).toEqual(before);
    delete world.tenant.showing.views.lists;
    expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded" });
    world.damaged = false;
    expect(world.accepted()).toEqual(before);
  });
});

describe("A publication whose accounts are damaged", () => {
  it("does not let 90 of 100 people be exchanged (16.9)", async () => {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    const before = world.accepted();
    await world.removeMap(`${NAME}-accounts-0`);
    world.damaged = true;
    for (let index = 0; index < 90; index++) {
      world.company.remove(`user${index}@example.com`);
      world.company.hire(`new${index}@example.com`);
    }
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(world.sync().status?.held?.changes).toMatchObject({ accountDeletes: 90, accountAdds: 90 });
    expect(world.accepted()).toEqual(before);
  });

  it("is repaired at once, without a plan full of additions, by a read that is whole", async () => {
    world = await createSmallWorld({
      spec: { schedule: { enabled: true, timeZone: "UTC", startingDeadlineSeconds: 7200 } },
    });
    await world.work();
    await world.removeMap(`${NAME}-accounts-0`);
    world.company.remove("user0@example.com");
    await world.work();
    expect(world.sync().status?.lastSync).toMatchObject({
      trigger: "Repair",
      result: "Published",
      changes: { accountAdds: 0, accountDeletes: 1, aliasAdds: 0, aliasDeletes: 0, total: 1 },
    });
    expect(world.accepted()).not.toContain("user0@example.com");
  });

  it("counts by the numbers what a deleted shard had", async () => {
    world = await createSmallWorld({ spec: { output: { formats: ["postfix"], shards: 4, deletionPolicy: "Orphan" } } });
    await world.ask("sync", "first");
    for (const part of ["accounts-0", "recipients-4-0", "recipients-4-1", "recipients-4-2"])
      await world.removeMap(`${NAME}-${part}`);
    world.damaged = true;
    for (let index = 0; index < 60; index++) world.company.remove(`user${index}@example.com`);
    const answer = await world.ask("sync", "second");
    expect(answer).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(world.sync().status?.held?.violations[0]).toMatchObject({ actual: 60 });
  });

  it("is compared by its numbers where no table is left either", async () => {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    for (const part of ["accounts-0", "recipients"]) await world.removeMap(`${NAME}-${part}`);
    world.damaged = true;
    for (let index = 0; index < 60; index++) world.company.remove(`user${index}@example.com`);
    const answer = await world.ask("sync", "second");
    expect(answer).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(world.sync().status?.held?.violations[0]).toMatchObject({ actual: 60 });
  });

  it("is not exchanged for what less is known of, by more forged tables than there may be (2)", async () => {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    await world.removeMap(`${NAME}-manifest`);
    await world.removeMap(`${NAME}-accounts-0`);
    world.damaged = true;
    const own = world.map(`${NAME}-recipients`);
    if (own === undefined) throw new Error("nothing was published");
    for (let index = 0; index <= 1024; index++) {
      const { uid: _, resourceVersion: __, ...metadata } = own.metadata;
      const forged = { ...own, metadata: { ...metadata, name: `${NAME}-recipients-128-${index}` } };
      await world.cluster.client.create(CONFIG_MAP, forged);
    }
    for (let index = 0; index < 90; index++) {
      world.company.remove(`user${index}@example.com`);
      world.company.hire(`new${index}@example.com`);
    }
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "ConfigMapConflict" });
    expect(world.map(own.metadata.name)?.data).toEqual(own.data);
  });

  it("takes no edited line for an address, and no copy of a table for one", async () => {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    await world.removeMap(`${NAME}-accounts-0`);
    await world.removeMap(`${NAME}-manifest`);
    world.editMap(`${NAME}-recipients`, (map) => {
      const table = map.data?.["relay_recipients"] ?? "";
      map.data = { relay_recipients: `${table}no address OK\n@@\n` };
      map.binaryData = { "relay_recipients.cdb": "bm8gZGF0YWJhc2U=" };
    });
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
    expect(world.sync().status?.lastSync?.changes).toMatchObject({ total: 0 });
  });
});

describe("A cut-over with baselineRef", () => {
  const list = (count: number): string => Array.from({ length: count }, (_, n) => `user${n}@example.com\n`).join("");
  const start = async (people: number, listed: number): Promise<void> => {
    world = await createSmallWorld({
      company: peopleOf(people),
      configMaps: { "old-list": { recipients: list(listed) } },
      spec: {
        baselineRef: { name: "old-list", key: "recipients" },
        deletionGuard: { enabled: false, maxPercent: 10, floor: 10 },
      },
    });
  };

  it("refuses nobody whom a short read does not show (16.10)", async () => {
    await start(100, 100);
    hide(5);
    expect(await world.ask("sync", "first")).toMatchObject({ state: "Failed", reason: "ReadNotWhole" });
    expect(world.accepted()).toEqual([]);
    delete world.tenant.showing.views.lists;
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
    expect(world.accepted()).toContain("user0@example.com");
  });

  it("lets go who is confirmed to be gone", async () => {
    await start(90, 100);
    expect(await world.ask("sync", "first")).toMatchObject({ state: "Succeeded" });
    expect(world.accepted()).not.toContain("user95@example.com");
  });

  it.each([
    { listed: 2010, gone: 2000, result: { state: "Succeeded", reason: "Published" }, asked: true },
    { listed: 2011, gone: 2001, result: { state: "Failed", reason: "Unconfirmed" }, asked: false },
  ])("asks about $gone removals: $asked", async ({ listed, result, asked }) => {
    await start(10, listed);
    expect(await world.ask("sync", "first")).toMatchObject(result);
    expect(world.tenant.requests.some(({ kind }) => kind === "batch")).toBe(asked);
    if (asked) return;
    const digest = world.sync().status?.held?.planDigest ?? "";
    expect(await world.ask("approve", digest)).toMatchObject({ state: "Succeeded", reason: "Published" });
  });

  it("is held where the tenant refuses to tell who has an address", async () => {
    await start(90, 100);
    world.tenant.showing.addressFilters = "refused";
    expect(await world.ask("sync", "first")).toMatchObject({ state: "Failed", reason: "Unconfirmed" });
    expect(world.sync().status?.held?.violations[0]).toMatchObject({ allowed: 0, actual: 10 });
  });
});

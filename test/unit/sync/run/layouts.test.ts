/** A layout that is no longer asked for stands for a day, whatever becomes of the list. */
import { afterEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { createSmallWorld, NAME, peopleOf, type SmallWorld } from "../../../support/small-world.ts";

const DAY_MS = 86_400_000;
const OLD = `${NAME}-recipients`;
type Format = O365Sync["spec"]["output"]["formats"][number];

let world: SmallWorld;
afterEach(() => world.close());

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
    await start(["postfix"], 10_000);
    hire(10_000, 13_000);
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
});

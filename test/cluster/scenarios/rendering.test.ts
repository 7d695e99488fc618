/** Tables follow MailDomain and output without asking the tenant; what takes addresses away is a plan. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const DAY_MS = 24 * 3_600_000;

describe("rendering", () => {
  const clock = createShiftClock();
  let world: World;
  let reads = 0;
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: Math.random } });
    await world.install();
    await world.ask("sync", "first");
    reads = world.tenant.requests.length;
  });
  afterAll(() => world.close());

  const names = async (): Promise<string[]> =>
    (await world.configMaps())
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.includes("-recipients"))
      .sort();
  const routed = async (): Promise<string> =>
    (await world.configMap("example-com-routing"))?.data?.["relay_domains"] ?? "";
  const accepted = async (address: string): Promise<boolean> => {
    const maps = await world.configMaps();
    return maps.some(({ data }) => data?.["relay_recipients"]?.includes(`${address} OK\n`));
  };

  it("adds a Mirror domain, and routes it once its table stands", async () => {
    await world.patch("maildomains", "example-com", {
      spec: { aliasDomains: [{ name: "example.org", recipients: "Mirror" }] },
    });
    await world.until(routed, (text) => text.includes("example.org OK"));
    expect(await accepted("ada.abel@example.org")).toBe(true);
    expect((await world.sync()).status?.conditions?.[0]).toMatchObject({ status: "True" });
  });

  it("spreads the tables over another number of shards, and keeps the old one for a day", async () => {
    clock.shift(61_000);
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 4 } } });
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.published?.shards === 4,
    );
    expect(status?.published).toMatchObject({ previousShards: 1 });
    const shards = [0, 1, 2, 3].map((index) => `example-com-recipients-4-${index}`);
    expect(await names()).toEqual(["example-com-recipients", ...shards]);
    world.tenant.company.hire("both.layouts@example.com");
    await world.ask("sync", "both");
    expect((await world.configMap("example-com-recipients"))?.data?.["relay_recipients"]).toContain(
      "both.layouts@example.com OK",
    );
    reads = world.tenant.requests.length;
    clock.shift(DAY_MS);
    await world.until(names, (found) => found.join() === shards.join());
    await world.until(
      () => world.sync(),
      ({ status }) => status?.published?.shards === 4 && status.published.previousShards === undefined,
    );
  });

  it("keeps a format that is no longer asked for, for a day", async () => {
    clock.shift(61_000);
    await world.patch("o365syncs", "example-com", { spec: { output: { formats: ["addresses"] } } });
    const shard = () => world.configMap("example-com-recipients-4-0");
    const both = await world.until(shard, (found) => found?.data?.["recipients.map"] !== undefined);
    expect(Object.keys(both?.data ?? {})).toEqual(["recipients.map", "relay_recipients"]);
    clock.shift(DAY_MS + 1);
    await world.until(shard, (found) => Object.keys(found?.data ?? {}).join() === "recipients.map");
  });

  it("holds a Mirror domain that goes, because it takes addresses away, and keeps it routed (16.1)", async () => {
    clock.shift(61_000);
    await world.patch("maildomains", "example-com", { spec: { aliasDomains: [] } });
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.held !== undefined,
    );
    expect(status?.held).toMatchObject({ reason: "DeletionGuard", approvable: true });
    expect(brief(status?.conditions)).toContain("Ready=False/Held");
    expect((await world.configMap("example-com-plan"))?.data?.["plan.txt"]).toContain(
      "no longer accepted: every address of the Mirror domain example.org",
    );
    expect(world.tenant.requests).toHaveLength(reads);
    const { status: told } = await world.until(
      () => world.domain(),
      ({ status: told }) => told?.conditions?.[0]?.message.includes(status?.held?.planDigest ?? "?") === true,
    );
    expect(told?.conditions?.[0]).toMatchObject({
      status: "True",
      message: `example.com, example.org routed; no longer in the spec and routed while the list of the O365Sync example-com carries it (its plan ${status?.held?.planDigest} is held): example.org`,
    });
    expect(await routed()).toBe("example.com OK\nexample.org OK\n");
  });

  it("lets it go when that is approved", async () => {
    const digest = (await world.sync()).status?.held?.planDigest ?? "";
    const { status } = await world.ask("approve", digest);
    expect(status?.requests?.approve).toMatchObject({ state: "Succeeded" });
    expect(brief(status?.conditions)).toContain("Ready=True/Succeeded");
    const maps = await world.configMaps();
    expect(maps.some(({ data }) => data?.["recipients.map"]?.includes("@example.org"))).toBe(false);
    expect(await routed()).toBe("example.com OK\n");
  });

  it("withdraws the route before the last table goes", async () => {
    clock.shift(61_000);
    await world.patch("o365syncs", "example-com", { spec: { output: { formats: [] } } });
    await world.until(
      () => world.sync(),
      ({ status }) => status?.observedGeneration === 4,
    );
    expect(await routed()).toContain("example.com OK");
    clock.shift(DAY_MS + 1);
    await world.until(names, (found) => found.length === 0);
    expect(await routed()).not.toContain("example.com OK");
  });
});

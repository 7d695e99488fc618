/** What metrics tell of additions: what a poll came to, when the tenant answered last, and how old an address was. */
import { afterEach, describe, expect, it } from "vitest";
import { createMetrics } from "../../../../src/observe/metrics.ts";
import { scrapeText } from "../../../support/scrape.ts";
import { createSmallWorld, peopleOf, SLOTS_AND_POLLS, type SmallWorld } from "../../../support/small-world.ts";

const MINUTE_MS = 60_000;

let world: SmallWorld;
afterEach(() => world.close());

async function create() {
  const stores = { syncs: { list: () => [] }, domains: { list: () => [] } };
  const names = { version: "1", leaderElectionId: "lease" };
  const observer = createMetrics({ ...names, stores, isLeading: () => true, namespaces: () => [] });
  world = await createSmallWorld({ company: peopleOf(10), spec: { schedule: SLOTS_AND_POLLS }, observer });
  await world.work();
  return async (name: string): Promise<string[]> =>
    (await scrapeText(observer)).split("\n").filter((line) => line.startsWith(`o365sync_additions_${name}`));
}
const wait = async (): Promise<void> => {
  world.now += 5 * MINUTE_MS;
  await world.work();
};
const numberOf = (lines: readonly string[]): number => Number(lines[0]?.split(" ").at(-1));

describe("The metrics of additions", () => {
  it("tell how old a new account was, and nothing of an account that was there before", async () => {
    const metric = await create();
    world.company.hire("new@example.com", ["also@example.com"]);
    // The object is older than the last sync: its address is not.
    const old = world.company.find("user1@example.com");
    world.company.addAlias(old.id, "alias@example.com");
    const hired = world.now;
    await wait();
    expect(numberOf(await metric("age_seconds_count"))).toBe(1);
    const age = numberOf(await metric("age_seconds_sum"));
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThanOrEqual((world.now - hired) / 1000);
    expect(await metric("total")).toEqual([
      'o365sync_additions_total{kind="account"} 1',
      'o365sync_additions_total{kind="alias"} 2',
    ]);
  });

  it("say nothing of the age of an account that is older than the sync that did not find its address", async () => {
    const metric = await create();
    world.company.hire("new@example.com")["createdDateTime"] = "2019-01-01T00:00:00Z";
    world.company.hire("newer@example.com")["createdDateTime"] = "yesterday";
    await wait();
    expect(world.accepted()).toEqual(expect.arrayContaining(["new@example.com", "newer@example.com"]));
    expect(numberOf(await metric("age_seconds_count"))).toBe(0);
  });

  it("tell when the tenant answered last, which trouble does not change, and no longer once additions are off", async () => {
    const metric = await create();
    expect(await metric("last_poll")).toEqual([]);
    await wait();
    const first = numberOf(await metric("last_poll"));
    expect(Math.abs(first - world.now / 1000)).toBeLessThan(60);
    const over = world.tenant.fault({ on: "delta", effect: { kind: "status", status: 503 } });
    await wait();
    expect(numberOf(await metric("last_poll"))).toBe(first);
    over();
    await wait();
    await wait();
    expect(numberOf(await metric("last_poll"))).toBeGreaterThan(first);
    world.edit(({ spec }) => void Object.assign(spec.schedule, { additions: { enabled: false, intervalMinutes: 5 } }));
    await world.work();
    expect(await metric("last_poll")).toEqual([]);
  });
});

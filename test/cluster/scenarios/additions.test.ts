/** Additions between syncs on an API server: a new colleague's address stands in the mounted table without a sync. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../../support/world.ts";

const INTERVAL_MS = 1_000;
/** Slots are far away: what is accepted meanwhile came without one. */
const SCHEDULE = { enabled: true, cron: "0 3 * * *", timeZone: "UTC", additions: { enabled: true } };

describe.each([
  { who: "one operator", operators: 1 },
  { who: "two operators that both lead", operators: 2 },
])("With $who", ({ operators }) => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ additionsIntervalMs: INTERVAL_MS, operator: false });
    for (let each = 0; each < operators; each++) await world.startOperator();
    await world.install({ schedule: SCHEDULE });
    await world.until(
      () => world.sync(),
      ({ status }) => status?.lastSync?.result === "Published",
    );
  });
  afterAll(() => world.close());

  const accepted = async (): Promise<ReadonlySet<string>> => {
    await world.observe();
    return world.gateway.accepted();
  };

  it("every address of whoever is hired is accepted, nothing that was accepted goes, and no sync runs", async () => {
    const before = await accepted();
    world.gateway.expectAlways(before);
    const { lastSync } = (await world.sync()).status ?? {};
    const hired = Array.from({ length: 5 }, (_, index) => `new${index}@example.com`);
    for (const address of hired) {
      world.tenant.company.hire(address, [`also-${address}`]);
      await world.until(accepted, (now) => now.has(address) && now.has(`also-${address}`));
    }
    const { status } = await world.until(
      () => world.sync(),
      ({ status: now }) => now?.additions?.accountAdds === hired.length,
    );
    expect(status?.lastSync).toEqual(lastSync);
    expect(status?.additions).toMatchObject({ state: "Current", aliasAdds: hired.length });
    expect([...(await accepted())]).toEqual(expect.arrayContaining([...before]));
  });
});

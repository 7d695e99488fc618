import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brief, createWorld, type World } from "../support/world.ts";

describe("a manual sync", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await world.install();
  });
  afterAll(() => world.close());

  it("is awaited by an object whose automatic sync is off", async () => {
    const { status } = await world.until(world.sync, ({ status }) => status?.observedGeneration === 1);
    expect(brief(status?.conditions)).toEqual(["Ready=False/AwaitingFirstSync", "Published=False/NotPublished"]);
    expect(status?.consentUrl).toContain("/v2.0/adminconsent?client_id=");
  });

  it("publishes the tenant's recipients", async () => {
    const { status } = await world.ask("sync", "1");
    console.log(JSON.stringify(status, null, 1));
    expect(status?.requests?.sync).toMatchObject({ token: "1", state: "Succeeded" });
    for (const cm of await world.configMaps()) console.log(cm.metadata.name, JSON.stringify(cm).slice(0, 600));
    console.log(JSON.stringify((await world.domain()).status));
  });
});

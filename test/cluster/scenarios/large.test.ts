/** A large tenant costs as many requests as it has pages. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateCompany } from "../../../dev/tenant/fixture.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const pages = (objects: number): number => Math.ceil(objects / 999);

describe("10,000 users, 500 groups and 200 contacts", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ company: generateCompany({ users: 10_000, groups: 500, contacts: 200 }) });
    await world.install({ output: { formats: ["postfix"], shards: 4 } });
  });
  afterAll(() => world.close());

  it("are read in exactly one request a page, one for the token and one for the organization", async () => {
    const { status } = await world.ask("sync", "first");
    expect(status?.lastSync).toMatchObject({
      result: "Published",
      read: { users: 10_000, groups: 500, contacts: 200, requests: 13 },
    });
    expect(world.tenant.requests.map(({ kind }) => kind).sort()).toEqual([
      ...Array<string>(pages(200)).fill("contacts"),
      ...Array<string>(pages(500)).fill("groups"),
      "organization",
      "token",
      ...Array<string>(pages(10_000)).fill("users"),
    ]);
  });

  it("are all kept when a whole page is silently lost, whatever the guard allows", async () => {
    await world.patch("o365syncs", "example-com", { spec: { deletionGuard: { enabled: false } } });
    const lost = new Set([...world.tenant.company.users.keys()].slice(2 * 999, 3 * 999));
    const cancel = world.tenant.fault({ on: "users", effect: { kind: "lose", lose: ({ id }) => lost.has(id) } });
    const before = (await world.sync()).status?.published;
    const { status } = await world.ask("sync", "lossy");
    cancel();
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "ReadNotWhole" });
    expect(status?.requests?.sync?.message).toContain("999 objects");
    expect(status?.published).toEqual(before);
  });

  it("cost one table shard, one accounts ConfigMap, manifest, history and changes for one more alias", async () => {
    const before = new Map((await world.configMaps()).map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
    world.tenant.company.addAlias("user.number77@example.com", "seventy.seven@example.com");
    await world.ask("sync", "second");
    const changed = (await world.configMaps()).filter(
      ({ metadata }) => before.get(metadata.name) !== metadata.resourceVersion,
    );
    const roles = changed.map(({ metadata }) => String(metadata.labels?.["o365sync.dev/role"])).sort();
    expect(roles).toEqual(["accounts", "changes", "history", "manifest", "recipients"]);
  });

  it("do not fit one ConfigMap in every format, and that is said with the number of shards that would do", async () => {
    const output = { formats: ["postfix", "cdb", "addresses", "aliases"], shards: 1 };
    const before = await world.configMaps();
    await world.patch("o365syncs", "example-com", { spec: { output } });
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.conditions?.[0]?.reason === "OutputTooLarge",
    );
    expect(brief(status?.conditions)).toContain("Stalled=True/OutputTooLarge");
    expect(status?.conditions?.[0]?.message).toMatch(/set spec\.output\.shards to \d+ and mount the new ConfigMaps/);
    expect((await world.configMaps()).map(({ data }) => data)).toEqual(before.map(({ data }) => data));
    await world.patch("o365syncs", "example-com", { spec: { output: { formats: ["postfix"], shards: 4 } } });
    await world.until(
      () => world.sync(),
      ({ status }) => status?.conditions?.[0]?.reason === "Succeeded",
    );
  });
});

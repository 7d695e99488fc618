/** The main job: a person asks, and the tenant's recipients stand in ConfigMaps. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigMap } from "../../../src/runtime/kube.ts";
import { expectedRecipients } from "../../support/expected.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const versions = (maps: readonly ConfigMap[]): Map<string, string> =>
  new Map(maps.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? ""]));

/** Names of ConfigMaps that were written between two looks. */
function written(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...after.keys()].filter((name) => before.get(name) !== after.get(name)).sort();
}

describe("a manual sync", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await world.install(
      {},
      {
        aliasDomains: [
          { name: "example.net", recipients: "Directory" },
          { name: "example.org", recipients: "Mirror" },
        ],
      },
    );
  });
  afterAll(() => world.close());

  const lines = async (name: string, key: string): Promise<string[]> =>
    ((await world.configMap(name))?.data?.[key] ?? "").split("\n").slice(0, -1);

  it("is awaited by an object whose automatic sync is off", async () => {
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.observedGeneration === 1,
    );
    expect(brief(status?.conditions)).toEqual(["Ready=False/AwaitingFirstSync", "Published=False/NotPublished"]);
    expect(status?.conditions?.[0]?.message).toContain(
      "annotate o365syncs.o365sync.dev/example-com o365sync.dev/sync=$(date +%s) --overwrite",
    );
    expect(status?.consentUrl).toContain(
      `/${world.tenant.tenantId}/v2.0/adminconsent?client_id=${world.tenant.clientId}`,
    );
    expect(brief((await world.domain()).status?.conditions)).toEqual(["Ready=False/NoRecipientList"]);
  });

  it("publishes exactly the tables that follow from the directory, within 2 s", async () => {
    const started = Date.now();
    const { status } = await world.ask("sync", "first");
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(brief(status?.conditions)).toEqual([
      "Ready=True/Succeeded",
      "Authorized=True/Authorized",
      "Published=True/Published",
    ]);
    expect(status?.requests?.sync).toMatchObject({ token: "first", state: "Succeeded", reason: "Published" });
    expect(status?.lastSync).toMatchObject({ trigger: "Manual", token: "first", result: "Published", conflicts: 1 });
    expect(status?.lastSync?.dropped).toEqual({ quoted: 1, nonAscii: 1, blanks: 1, localPartTooLong: 1, noAt: 1 });
    const table = await lines("example-com-recipients", "relay_recipients");
    expect(table).toEqual(
      expectedRecipients(world.tenant.company, "example.com", ["example.net"], ["example.org"]).map(
        (address) => `${address} OK`,
      ),
    );
    expect(status?.published).toMatchObject({ addresses: table.length, shards: 1 });
  });

  it("routes every name of the domain once its table stands", async () => {
    const { status } = await world.until(
      () => world.domain(),
      ({ status }) => status?.conditions?.[0]?.status === "True",
    );
    expect(status).toMatchObject({ domain: "example.com", routing: { configMap: "example-com-routing" } });
    expect(await lines("example-com-routing", "relay_domains")).toEqual([
      "example.com OK",
      "example.net OK",
      "example.org OK",
    ]);
    expect(await lines("example-com-routing", "transport")).toContain(
      "example.net smtp:[example-com.mail.protection.outlook.com]:25",
    );
  });

  it("writes the history as the product shows it", async () => {
    const text = (await lines("example-com-history", "history.txt")).join("\n");
    expect(text).toMatch(/^SYNCED +SYNCED BY +TEST SYNC +SUMMARY\n/);
    expect(text).toMatch(/UTC +Manual \(first, field manager \S+, not authenticated\) +no +\d+ accounts added/);
  });

  it("writes nothing but the history when the tenant is unchanged", async () => {
    const before = versions(await world.configMaps());
    const { status } = await world.ask("sync", "second");
    expect(status?.lastSync).toMatchObject({ result: "Unchanged" });
    expect(written(before, versions(await world.configMaps()))).toEqual(["example-com-history"]);
  });

  it("asks only as many pages as there are, with the token of before", async () => {
    const kinds = world.tenant.requests.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "token")).toHaveLength(1);
    expect(kinds.filter((kind) => kind === "organization")).toHaveLength(1);
    expect(kinds.filter((kind) => ["users", "groups", "contacts"].includes(kind))).toHaveLength(6);
  });

  it("writes one table, one accounts ConfigMap, the manifest, history and changes for one more alias", async () => {
    const before = versions(await world.configMaps());
    world.tenant.company.addAlias("karin.koch@example.com", "kk@example.com");
    await world.ask("sync", "third");
    expect(written(before, versions(await world.configMaps()))).toEqual([
      "example-com-accounts-0",
      "example-com-changes-0",
      "example-com-history",
      "example-com-manifest",
      "example-com-recipients",
    ]);
    const table = await lines("example-com-recipients", "relay_recipients");
    expect(table).toContain("kk@example.com OK");
    expect(table).toContain("kk@example.org OK");
  });

  it("asks nothing when the annotation is removed, and again when it changes", async () => {
    const before = (await world.sync()).status?.lastSync?.id;
    await world.annotate("sync", null);
    await world.annotate("sync", "");
    // Served after the two above: when it is answered, they had their chance.
    const { status } = await world.ask("testConnection", "in-between");
    expect(status?.lastSync?.id).toBe(before);
  });
});

/** What is published is damaged by hand: nothing shrinks, nothing is unrouted, and the numbers still stand against a mass deletion. */
import { afterEach, describe, expect, it } from "vitest";
import { API_VERSION } from "../../../src/api/group.ts";
import { soundSync } from "../../../src/api/sound-status.ts";
import { request } from "../../support/api.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const MANIFEST = "example-com-manifest";

describe("damage", () => {
  let world: World;
  afterEach(() => world.close());

  const accepts = async (address: string): Promise<boolean> =>
    ((await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "").includes(`${address} OK\n`);
  const routed = async (): Promise<string> =>
    (await world.configMap("example-com-routing"))?.data?.["relay_domains"] ?? "";
  const publish = async (): Promise<void> => {
    world = await createWorld();
    await world.install();
    await world.ask("sync", "first");
    await world.until(routed, (text) => text.includes("example.com OK"));
  };
  const damage: Record<string, () => Promise<unknown>> = {
    deleted: () => world.remove("configmaps", MANIFEST),
    "cut short": () => world.patch("configmaps", MANIFEST, { data: { "manifest.json": '{"schemaVersion": 1, "cur' } }),
    emptied: () => world.patch("configmaps", MANIFEST, { data: null }),
  };

  it.each(Object.keys(damage))("of the manifest (%s) keeps list and route, and the guard by numbers", async (how) => {
    await publish();
    await damage[how]?.();
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => brief(status?.conditions).includes("Ready=False/SyncRequired"),
    );
    expect(brief(status?.conditions)).toContain("Published=True/Published");
    expect(status?.published?.addresses).toBeGreaterThan(200);
    await world.stopOperator();
    await world.startOperator();
    for (const user of [...world.tenant.company.users.values()].slice(0, 100)) world.tenant.company.remove(user.id);
    const held = await world.ask("sync", "after");
    expect(held.status?.held).toMatchObject({ reason: "DeletionGuard" });
    expect(await accepts("ada.abel@example.com")).toBe(true);
    expect(await routed()).toContain("example.com OK");
    const domain = await world.domain();
    expect(brief(domain.status?.conditions)).toEqual(["Ready=True/Routed"]);
  });

  it.each([
    ["a time at an offset of 99 hours", { schedule: { since: "2026-01-01T00:00:00+99:99", times: ["06:00"] } }],
    ["a zone that is none", { schedule: { times: ["06:00"], timeZone: "Nowhere" } }],
    ["a number that nobody can add to", { schedule: { missedSlots: Number.MAX_SAFE_INTEGER + 1 } }],
    [
      "an anchor that names no time of removal",
      { anchor: { removals: [{ time: "2026-01-01T00:00:00-99:99", addresses: 1 }] } },
    ],
  ])("of the status, by an administrator's hand: %s", async (_, status) => {
    await publish();
    const address = `/apis/${API_VERSION}/namespaces/${world.namespace}/o365syncs/example-com/status`;
    const edited = await request("PATCH", address, { status }, "application/merge-patch+json");
    expect(edited.status, JSON.stringify(edited.body)).toBe(200);
    const { status: after } = await world.ask("sync", "after");
    expect(after?.requests?.sync?.state).toBe("Succeeded");
    for (const [field, value] of Object.entries(status)) expect(after).not.toHaveProperty(field, value);
    expect(soundSync(await world.sync()).damaged).toEqual([]);
    expect(await accepts("ada.abel@example.com")).toBe(true);
  });

  it("of a table is put right, also while the Secret is gone", async () => {
    await publish();
    await world.remove("secrets", "o365");
    await world.remove("configmaps", "example-com-recipients");
    await world.until(
      () => accepts("ada.abel@example.com"),
      (is) => is,
    );
    await world.until(
      () => world.sync(),
      ({ status }) => brief(status?.conditions).includes("Ready=False/DependencyNotReady"),
    );
  });

  it("of the manifest is put right by the next sync that passes", async () => {
    await publish();
    await damage["deleted"]?.();
    await world.until(
      () => world.sync(),
      ({ status }) => brief(status?.conditions).includes("Ready=False/SyncRequired"),
    );
    const { status } = await world.ask("sync", "repair");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(await world.configMap(MANIFEST)).toBeDefined();
  });

  it("of manifest and status alike, as in a restored namespace, leaves the tables as the baseline", async () => {
    await publish();
    await world.stopOperator();
    const { spec } = await world.sync();
    await world.remove("configmaps", MANIFEST);
    await world.remove("configmaps", "example-com-accounts-0");
    await world.remove("o365syncs", "example-com");
    await world.apply("o365syncs", {
      apiVersion: API_VERSION,
      kind: "O365Sync",
      metadata: { name: "example-com" },
      spec,
    });
    for (const user of [...world.tenant.company.users.values()].slice(0, 100)) world.tenant.company.remove(user.id);
    await world.startOperator();
    const { status } = await world.ask("sync", "after");
    expect(status?.held).toMatchObject({ reason: "DeletionGuard", approvable: true });
    expect(await accepts("ada.abel@example.com")).toBe(true);
    expect(await routed()).toContain("example.com OK");
    const approved = await world.ask("approve", status?.held?.planDigest ?? "");
    expect(approved.status?.requests?.approve).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(await accepts("ada.abel@example.com")).toBe(false);
  });

  it("is none where a newer operator wrote the manifest: list and route stay, nothing is touched", async () => {
    await publish();
    await world.patch("configmaps", MANIFEST, { data: { "manifest.json": '{"schemaVersion": 99}' } });
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => brief(status?.conditions).includes("Stalled=True/ManifestVersion"),
    );
    expect(brief(status?.conditions)).toContain("Published=True/Published");
    expect(await routed()).toContain("example.com OK");
    expect(await accepts("ada.abel@example.com")).toBe(true);
    expect((await world.configMap(MANIFEST))?.data?.["manifest.json"]).toBe('{"schemaVersion": 99}');
  });
});

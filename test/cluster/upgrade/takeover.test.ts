/** This code takes over what an earlier release left: the same tables, no slot twice, held plans still held. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { API_VERSION } from "../../../src/api/group.ts";
import type { ConfigMap } from "../../../src/runtime/kube.ts";
import { request } from "../../support/api.ts";
import { createShiftClock, type ShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";
import { type Frozen, RELEASES, readFrozen } from "./frozen.ts";

const MINUTE_MS = 60_000;

describe.each(RELEASES)("What %s left in a cluster", (release) => {
  let frozen: Frozen;
  let clock: ShiftClock;
  let world: World;

  /** Puts everything back, statuses too, into a namespace whose operator does not run yet. */
  async function restore(): Promise<void> {
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "o365" },
      stringData: { clientSecret: world.tenant.clientSecret },
    });
    for (const configMap of frozen.configMaps) await world.apply("configmaps", { ...configMap });
    for (const [kind, objects] of [
      ["maildomains", frozen.domains],
      ["o365syncs", frozen.syncs],
    ] as const) {
      for (const object of objects) {
        await world.apply(kind, object);
        const path = `/apis/${API_VERSION}/namespaces/${world.namespace}/${kind}/${object.metadata.name}/status`;
        const { status: code, body } = await request(
          "PATCH",
          path,
          { status: object.status },
          "application/merge-patch+json",
        );
        if (code !== 200) throw new Error(JSON.stringify(body));
      }
    }
  }

  /** The operator has looked at everything. */
  const settled = () => world.ask("testConnection", "after-the-upgrade");

  const tablesOf = (configMaps: readonly ConfigMap[]) =>
    configMaps
      .filter(({ metadata }) =>
        ["recipients", "routing", "accounts"].includes(metadata.labels?.["o365sync.dev/role"] ?? ""),
      )
      .map(({ metadata: { name }, data, binaryData }) => ({ name, data, binaryData }))
      .sort((a, b) => a.name.localeCompare(b.name));

  beforeEach(async () => {
    frozen = readFrozen(release);
    clock = createShiftClock();
    clock.shift(Date.parse(frozen.at) + MINUTE_MS - clock.now());
    world = await createWorld({ operator: false, company: frozen.company, deps: { clock, random: Math.random } });
    await restore();
  });
  afterEach(() => world.close());

  it("stands as it stood: the same tables, revision and history", async () => {
    world.gateway.observe(await world.configMaps());
    world.gateway.expectAlways(world.gateway.accepted());
    await world.startOperator();
    await settled();
    expect(tablesOf(await world.configMaps())).toEqual(tablesOf(frozen.configMaps));
    for (const { metadata, status } of frozen.syncs) {
      const now = (await world.sync(metadata.name)).status;
      // A later version may tell more than that.
      expect(now?.published).toMatchObject(status?.published ?? {});
      expect(now?.lastSync).toEqual(status?.lastSync);
      expect(now?.schedule).toMatchObject(status?.schedule ?? {});
      expect(now?.held).toEqual(status?.held);
      const synced = now?.history?.filter(({ id }) => !id.startsWith("test-connection"));
      expect(synced).toEqual(status?.history);
    }
  });

  it("runs no slot twice, and the next one once", async () => {
    await world.startOperator();
    await settled();
    const before = (await world.sync()).status;
    const next = before?.schedule?.nextTime ?? "";
    clock.shift(Date.parse(next) - clock.now());
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.schedule?.lastSlotTime === next && status.lastSync?.result !== undefined,
    );
    expect(status?.lastSync).toMatchObject({ trigger: "Schedule", slotTime: next, result: "Unchanged" });
    const slots = status?.history?.filter(({ trigger }) => trigger === "Schedule") ?? [];
    const earlier = before?.history?.filter(({ trigger }) => trigger === "Schedule") ?? [];
    expect(slots.length).toBe(earlier.length + 1);
    expect(tablesOf(await world.configMaps())).toEqual(tablesOf(frozen.configMaps));
  });

  it("still holds its plan, which the digest that was shown then lets through", async () => {
    await world.startOperator();
    await settled();
    const { status } = await world.sync("example-org");
    const digest = status?.held?.planDigest ?? "";
    expect(digest).toBe(frozen.syncs.find(({ metadata }) => metadata.name === "example-org")?.status?.held?.planDigest);
    const approved = await world.ask("approve", digest, "example-org");
    expect(approved.status?.requests?.approve).toMatchObject({ state: "Succeeded" });
    expect(approved.status?.published?.accounts).toBe(3);
  });

  it("is left alone where its manifest is of an unknown, newer version", async () => {
    const name = "example-com-manifest";
    const { data = {} } = (await world.configMap(name)) ?? {};
    const manifest = { ...(JSON.parse(data["manifest.json"] ?? "") as object), schemaVersion: 99 };
    await world.patch("configmaps", name, { data: { "manifest.json": JSON.stringify(manifest) } });
    await world.startOperator();
    world.tenant.company.remove("person01@example.com");
    await world.annotate("sync", "newer");
    const { status } = await world.until(
      () => world.sync(),
      (sync) => sync.status?.handledSync === "newer",
    );
    const says = "was written by a newer operator (schema version 99); run that version again";
    expect(status?.requests?.sync).toMatchObject({
      state: "Failed",
      message: expect.stringContaining(says) as string,
    });
    expect(tablesOf(await world.configMaps())).toEqual(tablesOf(frozen.configMaps));
    expect((await world.configMap(name))?.data).toEqual({ "manifest.json": JSON.stringify(manifest) });
    // The newer version is run again, so to speak.
    await world.stopOperator();
    await world.patch("configmaps", name, { data });
  });
});

describe("The next release", () => {
  it("finds this one frozen", async () => {
    const { RELEASE } = await import("../../../src/version.ts");
    expect(RELEASES).toContain(`v${RELEASE}`);
  });
});

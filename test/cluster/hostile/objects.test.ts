/** The objects around a sync go, come back, change hands or stand in the way: said by name, and right again by itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import type { ConfigMap } from "../../../src/runtime/kube.ts";
import { expectDescribed } from "../../support/hostile/golden.ts";
import { createRandom } from "../../support/random.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const WELL = ["Ready=True/Succeeded", "Authorized=True/Authorized", "Published=True/Published"];
const MINUTE_MS = 60_000;

describe("An object of a sync that", () => {
  const clock = createShiftClock();
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: createRandom(4) } });
    await world.install();
    await world.ask("sync", "first");
    world.gateway.expectAlways(world.gateway.accepted());
  });
  afterAll(() => world.close());

  const becomes = (reason: string): Promise<O365Sync> =>
    world.until(
      () => world.sync(),
      ({ status }) => status?.conditions?.[0]?.reason === reason,
    );
  const secret = (clientSecret: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "o365" },
    stringData: { clientSecret },
  });

  it("is a Secret and deleted is missed by name, and taken up within 10 s of the question when it is back", async () => {
    await world.remove("secrets", "o365");
    const shown = await world.ask("sync", "without-secret");
    const { status } = shown;
    await expectDescribed(world, shown, "the Secret is deleted");
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "DependencyNotReady" });
    expect(status?.conditions?.[0]?.message).toContain(
      `the Secret o365 does not exist in the namespace ${world.namespace}; create it`,
    );
    expect(brief(status?.conditions)).toContain("Published=True/Published");
    await world.apply("secrets", secret(world.tenant.clientSecret));
    clock.shift(10_001);
    await becomes("Succeeded");
    // Whether the tenant takes it is found out without being asked.
    await world.until(
      () => world.sync(),
      (sync) => brief(sync.status?.conditions).join() === WELL.join(),
    );
    const back = await world.ask("sync", "with-secret");
    expect(brief(back.status?.conditions)).toEqual(WELL);
  });

  it("is a Secret without the key is missed by the key's name", async () => {
    await world.patch("secrets", "o365", { data: { clientSecret: null } });
    const shown = await world.ask("sync", "without-key");
    const { status } = shown;
    await expectDescribed(world, shown, "the Secret lacks its key");
    expect(status?.requests?.sync?.message).toContain(
      "has no value under the key clientSecret; add it, or name one of its keys (",
    );
    await world.patch("secrets", "o365", { stringData: { clientSecret: world.tenant.clientSecret } });
    clock.shift(MINUTE_MS + 1);
    await becomes("Succeeded");
  });

  it("is a credential and rotated is used from the next run on, with a token of its own", async () => {
    const { app } = world.tenant;
    app.secrets.set("the-next-secret", "valid");
    await world.patch("secrets", "o365", { stringData: { clientSecret: "the-next-secret" } });
    app.secrets.delete(world.tenant.clientSecret);
    world.tenant.expireTokens();
    const before = world.tenant.requests.filter(({ kind }) => kind === "token").length;
    const { status } = await world.ask("sync", "rotated");
    expect(brief(status?.conditions)).toEqual(WELL);
    expect(world.tenant.requests.filter(({ kind }) => kind === "token").length).toBe(before + 1);
  });

  it("is a ConfigMap of somebody else in the way stops the run before it begins, by name, until it is gone", async () => {
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 2 } } });
    await world.until(
      () => world.sync(),
      ({ status }) => status?.published?.shards === 2,
    );
    const foreign = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "example-com-recipients-4-1" },
      data: { recipients: "theirs" },
    };
    await world.apply("configmaps", foreign);
    clock.shift(MINUTE_MS + 1);
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 4 } } });
    const shown = await becomes("ConfigMapConflict");
    const { status } = shown;
    await expectDescribed(world, shown, "a foreign ConfigMap in the way");
    expect(status?.conditions?.[0]?.message).toMatch(
      /the ConfigMap example-com-recipients-4-1 exists and does not belong to this object .* rename or delete it/,
    );
    expect((await world.configMap("example-com-recipients-4-1"))?.data).toEqual({ recipients: "theirs" });
    await world.observe();
    await world.remove("configmaps", "example-com-recipients-4-1");
    clock.shift(MINUTE_MS + 1);
    await world.annotate("sync", "in-the-clear");
    await world.until(
      () => world.sync(),
      ({ status }) => status?.published?.shards === 4,
    );
    await world.observe();
  });

  it("is a list too large for its ConfigMaps is refused before anything is written, with the number of shards that would do", async () => {
    const { company } = world.tenant;
    await world.patch("o365syncs", "example-com", {
      spec: { output: { shards: 1, formats: ["postfix", "addresses", "aliases"] } },
    });
    for (let index = 0; index < 7000; index++) company.hire(`${index}${"x".repeat(55)}@example.com`);
    const shown = await world.ask("sync", "too-large");
    const { status } = shown;
    await expectDescribed(world, shown, "a list too large for its ConfigMaps");
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "OutputTooLarge" });
    expect(status?.requests?.sync?.message).toMatch(/spec\.output\.shards/);
    expect(brief(status?.conditions)).toContain("Stalled=True/OutputTooLarge");
    await world.observe();
  });
});

describe.each(["Orphan", "Delete"] as const)(
  "Objects that are restored from a backup (deletionPolicy %s)",
  (deletionPolicy) => {
    let world: World;
    beforeAll(async () => {
      world = await createWorld();
      await world.install({ output: { deletionPolicy } });
      await world.ask("sync", "first");
    });
    afterAll(() => world.close());

    /** As docs/runbooks/restore-from-backup.md has it: no uid, no resourceVersion, no owner, no status. */
    function restorable<T extends { metadata: object; status?: unknown }>({ status: _, ...object }: T) {
      const {
        uid: _uid,
        resourceVersion: _version,
        ownerReferences: _owners,
        ...metadata
      } = object.metadata as Record<string, unknown>;
      return { ...object, metadata };
    }

    it("are adopted under their new uids: nothing is missing meanwhile, and the next sync has nothing to do", async () => {
      const backup = {
        domain: restorable(await world.domain()),
        sync: restorable(await world.sync()),
        maps: (await world.configMaps()).map((map) => ({ ...restorable(map), apiVersion: "v1", kind: "ConfigMap" })),
      };
      const before = world.gateway.accepted();
      const { metadata: old } = await world.sync();
      await world.stopOperator();
      await world.remove("o365syncs", "example-com");
      await world.remove("maildomains", "example-com");
      // With deletionPolicy Delete the garbage collector, where there is one, is faster.
      const clear = async (): Promise<number> => {
        const left = await world.configMaps();
        for (const { metadata } of left) await world.remove("configmaps", metadata.name).catch(() => {});
        return left.length;
      };
      await world.until(clear, (left) => left === 0);

      for (const map of backup.maps) await world.apply("configmaps", map);
      await world.apply("maildomains", backup.domain);
      await world.apply("o365syncs", backup.sync);
      await world.observe();
      world.gateway.expectAlways(before);
      await world.observe();
      // Three people have left; nobody has asked for that to be published.
      const { users } = world.tenant.company;
      const left = [...users].slice(0, 3);
      for (const [id] of left) users.delete(id);
      const requests = world.tenant.requests.length;
      await world.startOperator();
      const recalled = await world.until(
        () => world.sync(),
        ({ status }) => status?.handledSync === "first",
      );
      expect(recalled.metadata.annotations).toMatchObject({ "o365sync.dev/sync": "first" });
      expect(recalled.status?.requests?.sync).toBeUndefined();
      const asked = world.tenant.requests.slice(requests).map(({ kind }) => kind);
      expect(asked).not.toContain("users");
      for (const [id, user] of left) users.set(id, user);

      const { metadata, status } = await world.ask("sync", "after-restore");
      expect(metadata.uid).not.toBe(old.uid);
      expect(status?.lastSync).toMatchObject({ result: "Unchanged" });
      expect(brief(status?.conditions)).toEqual(WELL);
      expect(world.gateway.accepted()).toEqual(before);
      const owners = (map: ConfigMap | undefined) => map?.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
      const owned = await world.until(
        async () => owners(await world.configMap("example-com-recipients")),
        (uids) => uids.length === (deletionPolicy === "Delete" ? 1 : 0),
      );
      expect(owned).toEqual(deletionPolicy === "Delete" ? [metadata.uid] : []);
      expect((await world.configMap("example-com-routing"))?.data?.["relay_domains"]).toContain("example.com OK");
    });
  },
);

/** Who may write ConfigMaps forges labels and owners of ours: so that nobody sees them any more, or they seem to be somebody else's. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../support/random.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";

const MINUTE_MS = 60_000;
/** One that is there: what has an owner that is gone is garbage, and collected. */
const OWNER = "their-controller";

const ATTACKS: readonly (readonly [what: string, metadata: (owner: string | undefined) => object])[] = [
  ["carry no label", () => ({ labels: null })],
  ["carry the labels of another sync", () => ({ labels: { "o365sync.dev/sync": "other" } })],
  ["carry the label of another role", () => ({ labels: { "o365sync.dev/role": "journal" } })],
  [
    "are owned by another controller",
    (uid) => ({ ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: OWNER, uid, controller: true }] }),
  ],
];
const TABLE = "example-com-recipients";

describe("ConfigMaps of ours that", () => {
  const clock = createShiftClock();
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: createRandom(28) } });
    await world.install();
    await world.ask("sync", "first");
    await world.apply("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: OWNER } });
  });
  afterAll(() => world.close());

  const stateOf = async (name: string) => {
    const { metadata, data } = (await world.configMap(name)) ?? {};
    return { labels: metadata?.labels, owners: metadata?.ownerReferences ?? [], data };
  };

  let tokens = 0;
  /** The gateway of these tests finds tables by their labels; real ones mount them by name. */
  async function synced() {
    const token = `after-${++tokens}`;
    world.tenant.company.hire(`${token}@example.com`);
    await world.annotate("sync", token);
    const { status } = await world.until(
      () => world.sync(),
      (sync) => sync.status?.handledSync === token,
    );
    return status?.requests?.sync;
  }

  it.each(ATTACKS)(
    "%s are taken for somebody else's: said by name, and nothing in them changes",
    async (_, metadata) => {
      const before = await stateOf(TABLE);
      const owner = (await world.configMap(OWNER))?.metadata.uid;
      await world.patch("configmaps", TABLE, { metadata: metadata(owner) });
      clock.shift(MINUTE_MS + 1000);
      const answer = await synced();
      expect(answer).toMatchObject({ state: "Failed", reason: "ConfigMapConflict" });
      expect(answer?.message).toContain(TABLE);
      expect((await stateOf(TABLE)).data).toEqual(before.data);
      await world.patch("configmaps", TABLE, { metadata: { labels: before.labels, ownerReferences: null } });
      clock.shift(MINUTE_MS + 1000);
      expect(await synced()).toMatchObject({ state: "Succeeded" });
    },
  );

  it("are given an owner, for them to go with it, belong to nobody again", async () => {
    const ours = ["recipients", "accounts-0", "manifest", "history", "routing"].map((end) => `example-com-${end}`);
    // One that is there: nothing is garbage before it goes.
    await world.apply("configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "theirs" },
    });
    const uid = (await world.configMap("theirs"))?.metadata.uid;
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "theirs", uid }];
    const before = await stateOf(TABLE);
    for (const name of ours) {
      clock.shift(MINUTE_MS + 1000);
      await world.patch("configmaps", name, { metadata: { ownerReferences } });
      await world.until(
        () => stateOf(name),
        ({ owners }) => owners.length === 0,
      );
    }
    await world.remove("configmaps", "theirs");
    expect((await stateOf(TABLE)).data).toEqual(before.data);
    expect(await synced()).toMatchObject({ state: "Succeeded" });
  });
});

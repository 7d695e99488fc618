/** Who may write ConfigMaps edits ours: no guard is lifted by that, and no approval covers what nobody was shown. */
import { afterEach, describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import type { Manifest } from "../../../src/publication/manifest.ts";
import { planOf } from "../../../src/recipients/diff.ts";
import { createAddressSet } from "../../../src/recipients/packed/address-set.ts";
import { writePlanFile } from "../../../src/recipients/plan-file.ts";
import { createWorld, type World } from "../../support/world.ts";

const MANIFEST = "example-com-manifest";
const PLAN = "example-com-plan";

describe("By an edit of our own ConfigMaps", () => {
  let world: World;
  afterEach(() => world.close());

  const published = async (): Promise<void> => {
    world = await createWorld();
    await world.install();
    await world.ask("sync", "first");
  };
  const table = async (): Promise<string> =>
    (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "";
  const dismiss = (count: number): void => {
    for (const user of [...world.tenant.company.users.values()].slice(0, count)) world.tenant.company.remove(user.id);
  };
  async function editManifest(edit: (manifest: Manifest) => unknown): Promise<void> {
    const text = (await world.configMap(MANIFEST))?.data?.["manifest.json"] ?? "";
    const edited = edit(JSON.parse(text) as Manifest);
    await world.patch("configmaps", MANIFEST, { data: { "manifest.json": JSON.stringify(edited) } });
  }

  it("the deletion guard is not switched off: removals below nothing (6)", async () => {
    await published();
    const before = await table();
    await editManifest((manifest) => ({
      ...manifest,
      removals: [{ time: new Date().toISOString(), addresses: -1_000_000 }],
    }));
    dismiss(190);
    const { status } = await world.ask("sync", "after");
    expect(status?.held).toMatchObject({ reason: "DeletionGuard" });
    expect(await table()).toBe(before);
  });

  it("an approval lets nothing through that was not shown: the stored plan names everybody (7)", async () => {
    await published();
    const before = await table();
    dismiss(30);
    const shown = (await world.ask("sync", "thirty")).status?.held?.planDigest ?? "";
    const addresses = before.split("\n").flatMap((line) => line.split(" ")[0] || []);
    const plan = allSteps(planOf(addresses.map((address) => ({ kind: "accountDelete", address }))));
    const lost = createAddressSet();
    for (const address of addresses) lost.add(address);
    const edited = allSteps(writePlanFile({ plan, mirrors: [], lost, lostCount: lost.size, digest: shown }));
    await world.patch("configmaps", PLAN, { binaryData: { "plan.json.gz": edited.toString("base64") } });
    dismiss(165);
    const { status } = await world.ask("approve", shown);
    expect(status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
    expect(status?.requests?.approve?.message).toContain("was edited since; sync again");
    expect(await table()).toBe(before);
  });
});

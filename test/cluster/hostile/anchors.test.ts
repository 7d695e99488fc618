/** Who may write ConfigMaps edits ours: no guard is lifted by that, and no approval covers what nobody was shown. */
import { afterEach, describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { contentHash } from "../../../src/publication/configmaps.ts";
import { writeJournal } from "../../../src/publication/journal.ts";
import type { Manifest } from "../../../src/publication/manifest.ts";
import { planOf } from "../../../src/recipients/diff.ts";
import { createAddressSet } from "../../../src/recipients/packed/address-set.ts";
import { rosterOf } from "../../../src/recipients/packed/roster.ts";
import { readPlanFile, writePlanFile } from "../../../src/recipients/plan-file.ts";
import { revisionOf } from "../../../src/recipients/revision.ts";
import { createWorld, type World } from "../../support/world.ts";
import { mailbox } from "../../unit/recipients/support/accounts.ts";

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

  it("what an approval loses is what was shown: the stored plan loses everybody (7)", async () => {
    await published();
    const before = await table();
    dismiss(30);
    const shown = (await world.ask("sync", "thirty")).status?.held?.planDigest ?? "";
    const stored = Buffer.from((await world.configMap(PLAN))?.binaryData?.["plan.json.gz"] ?? "", "base64");
    const found = await readPlanFile(stored, new AbortController().signal);
    if (found === undefined) throw new Error("there is no plan that can be read");
    // The very changes that were shown, and their digest; only what would be refused in the end is more.
    const lost = createAddressSet();
    for (const line of before.split("\n")) if (line !== "") lost.add(line.split(" ")[0] ?? "");
    const edited = allSteps(writePlanFile({ ...found, lost, lostCount: lost.size, digest: shown }));
    await world.patch("configmaps", PLAN, { binaryData: { "plan.json.gz": edited.toString("base64") } });
    for (const { id } of [...world.tenant.company.users.values()].slice(0, 100)) world.tenant.company.remove(id);
    const { status } = await world.ask("approve", shown);
    expect(status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
    expect(await table()).toBe(before);
  });

  it("an earlier removal still counts: the manifest forgets it", async () => {
    await published();
    dismiss(15);
    expect((await world.ask("sync", "fifteen")).status?.lastSync?.result).toBe("Published");
    await editManifest((manifest) => ({ ...manifest, removals: [] }));
    dismiss(15);
    const { status } = await world.ask("sync", "thirty");
    const [earlier] = status?.anchor?.removals ?? [];
    expect(earlier?.addresses).toBeGreaterThanOrEqual(15);
    const [violation] = status?.held?.violations ?? [];
    expect(violation?.limit).toBe("deletionGuard");
    expect(violation?.actual).toBeGreaterThanOrEqual((earlier?.addresses ?? 0) + 15);
  });

  it("a smaller baseline is not believed: manifest and accounts leave people out who stand in the tables", async () => {
    await published();
    const before = await table();
    const accounts = await world.configMap("example-com-accounts-0");
    const lines = (accounts?.data?.["accounts.jsonl"] ?? "").split("\n").slice(0, -1);
    const kept = `${lines.slice(-20).join("\n")}\n`;
    await world.patch("configmaps", "example-com-accounts-0", { data: { "accounts.jsonl": kept } });
    const sha256 = contentHash({ data: { "accounts.jsonl": kept } });
    await editManifest((manifest) => ({
      ...manifest,
      current: {
        ...manifest.current,
        counts: { accounts: 20, distributionLists: 0, aliases: 0, addresses: 22 },
        accounts: [{ name: "example-com-accounts-0", sha256, accounts: 20 }],
      },
    }));
    dismiss(150);
    const { status } = await world.ask("sync", "after");
    expect(status?.held).toMatchObject({ reason: "DeletionGuard" });
    expect(await table()).toBe(before);
  });

  it("no publication is finished that was never begun: an intent with a journal of its own", async () => {
    await published();
    const before = await table();
    await world.stopOperator();
    const [nobody, some] = [allSteps(rosterOf([])), allSteps(rosterOf([mailbox("mallory@example.com")]))];
    const journal = allSteps(writeJournal(nobody, some, true));
    const target = { domain: "example.com", aliasDomains: [] };
    const revision = allSteps(revisionOf(some, target));
    await world.patch("configmaps", MANIFEST, {
      binaryData: { "journal.jsonl.gz": Buffer.concat(journal.pieces).toString("base64") },
    });
    await world.patch("configmaps", "example-com-accounts-0", { data: { "accounts.jsonl": "" } });
    await editManifest((manifest) => ({
      ...manifest,
      intent: {
        target: { ...target, revision, output: manifest.current?.output, retiring: [], chunks: 1 },
        journal: { sha256: journal.sha256, pieces: [] },
        removedAddresses: 0,
      },
    }));
    await world.startOperator();
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.conditions?.some(({ reason }) => reason === "SyncRequired") === true,
    );
    expect(status?.conditions?.[0]?.message).toContain("or their manifest was edited");
    expect(await table()).toBe(before);
  });
});

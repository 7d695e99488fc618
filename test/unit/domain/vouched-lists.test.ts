/** The list of an O365Sync that is gone: its MailDomain's status says what of it is believed, whoever edits its ConfigMaps. */
import { beforeEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { contentHash } from "../../../src/publication/configmaps.ts";
import type { Manifest } from "../../../src/publication/manifest.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createTown, type Town } from "../../support/memory-town.ts";

const STRICT: Partial<O365Sync["spec"]> = { deletionGuard: { enabled: true, maxPercent: 0, floor: 0 } };
const PEOPLE = 20;
const LEFT = 15;

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < PEOPLE; index++) town.people.set(`id-${index}`, [`user${index}@a.test`]);
  await town.addDomain("a", { domain: "a.test" });
  await town.addSync("a", "a", STRICT);
  town.ask("a", "sync", "first");
  await town.work();
  town.gateway.expectAlways(town.gateway.accepted());
  await town.remove("sync", "a");
  await town.work();
});

const map = (name: string) => town.cluster.store<ConfigMap>(CONFIG_MAP).get(`mail/${name}`);
const edit = (name: string, data: Record<string, string>): void =>
  town.cluster.edit(CONFIG_MAP as never, { namespace: "mail", name }, (found: ConfigMap) => {
    found.data = { ...found.data, ...data };
  });
const manifest = (): Manifest => JSON.parse(map("a-manifest")?.data?.["manifest.json"] ?? "") as Manifest;

/** A manifest and accounts that fit each other, and leave those out who are about to vanish. */
function forgetful(accountsName: string) {
  const lines = (map("a-accounts-0")?.data?.["accounts.jsonl"] ?? "").split("\n").filter((line) => line !== "");
  const kept = lines.filter((line) => !/user(\d|1[0-4])@/.test(line));
  const accounts = { "accounts.jsonl": `${kept.join("\n")}\n` };
  const { current } = manifest();
  const counts = { accounts: kept.length, distributionLists: 0, aliases: 0, addresses: kept.length + 2 };
  const chunks = [{ name: accountsName, sha256: contentHash({ data: accounts }), accounts: kept.length }];
  return { accounts, manifest: { ...manifest(), current: { ...current, counts, accounts: chunks } } };
}

async function renamed(): Promise<O365Sync["status"]> {
  await town.addSync("renamed", "a", STRICT);
  for (let index = 0; index < LEFT; index++) town.people.delete(`id-${index}`);
  town.ask("renamed", "sync", "second");
  await town.work();
  return town.sync("renamed")?.status;
}

describe("A list that another O365Sync takes over", () => {
  it("is vouched for by its MailDomain as long as it stands", () => {
    const [list, ...others] = town.domain("a")?.status?.lists ?? [];
    expect(others).toEqual([]);
    expect(list).toMatchObject({ name: "a", publication: expect.stringMatching(/^sha256:/) as unknown });
  });

  it("is measured whole, though its manifest and its accounts were edited to forget people", async () => {
    const forged = forgetful("a-accounts-0");
    town.gateway.forgive("a-accounts-0");
    edit("a-accounts-0", forged.accounts);
    edit("a-manifest", { "manifest.json": JSON.stringify(forged.manifest) });
    await town.work();
    const status = await renamed();
    expect(status?.held?.reason).toBe("DeletionGuard");
    expect(town.routed("a")).toBe("a.test");
  });

  it("is so too where somebody writes the manifest of a list that never was, and that is newer", async () => {
    const forged = forgetful("zzz-accounts-0");
    const current = { ...forged.manifest.current, time: "2999-01-01T00:00:00.000Z" };
    const create = async (like: string, name: string, data: Record<string, string>): Promise<void> => {
      const labels = { ...map(like)?.metadata.labels, "o365sync.dev/sync": "zzz" };
      await town.cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata: { namespace: "mail", name, labels }, data });
    };
    await create("a-accounts-0", "zzz-accounts-0", forged.accounts);
    await create("a-manifest", "zzz-manifest", { "manifest.json": JSON.stringify({ ...forged.manifest, current }) });
    await town.work();
    expect((await renamed())?.held?.reason).toBe("DeletionGuard");
  });

  it("that nobody edited is taken over with all that is known of it", async () => {
    await town.addSync("renamed", "a", STRICT);
    town.people.delete("id-3");
    town.ask("renamed", "sync", "second");
    await town.work();
    expect(town.sync("renamed")?.status?.held?.changes).toMatchObject({ accountDeletes: 1, total: 1 });
  });
});

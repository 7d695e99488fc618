/** A list whose manifest nobody can read: no name goes for want of looking, and none is left to it. Found by strangers. */
import { beforeEach, expect, it } from "vitest";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createTown, type Town } from "../../support/memory-town.ts";

const OPEN: Partial<O365Sync["spec"]> = { deletionGuard: { enabled: false, maxPercent: 0, floor: 0 } };
const N = [{ name: "n.test", recipients: "Directory" as const }];
type Formats = O365Sync["spec"]["output"]["formats"];

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < 5; index++) {
    town.people.set(`id-${index}`, [`user${index}@a.test`, `alias${index}@a.test`]);
    town.people.set(`b-${index}`, [`user${index}@b.test`]);
    town.people.set(`n-${index}`, [`user${index}@n.test`]);
  }
});

let token = 0;
const syncNow = async (name: string): Promise<void> => {
  town.ask(name, "sync", `t${++token}`);
  await town.work();
};
const publish = async (name: string, domain: Partial<MailDomain["spec"]>, sync: Partial<O365Sync["spec"]>) => {
  await town.addDomain(name, domain);
  await town.addSync(name, name, sync);
  await syncNow(name);
};
const keyOf = (name: string) => ({ namespace: "mail", name });
const editMap = (name: string, change: (map: ConfigMap) => void): void =>
  town.cluster.edit(CONFIG_MAP as never, keyOf(name), change);
const cutManifest = (): void =>
  editMap("old-manifest", (map) => {
    map.data = { "manifest.json": "{" };
  });

/** The list `old` stands, and nobody keeps it; `young` has the same names and gives one up. */
async function giveUpBeside(formats: Formats, damage: () => void): Promise<void> {
  const output: O365Sync["spec"]["output"] = { formats, shards: 1, deletionPolicy: "Orphan" };
  await publish("old", { domain: "a.test", aliasDomains: N }, { ...OPEN, output });
  await town.remove("sync", "old");
  await town.addDomain("new", { domain: "a.test", aliasDomains: N });
  await town.addSync("young", "new", OPEN);
  await town.remove("domain", "old");
  await syncNow("young");
  expect(town.routed("new")).toBe("a.test n.test");
  damage();
  town.editDomain("new", { aliasDomains: [] });
  await syncNow("young");
}

it.each<[what: string, formats: Formats, damage: () => void]>([
  ["whose table has it", ["postfix"], cutManifest],
  ["of aliases only, where an account without any has no line", ["aliases"], cutManifest],
  [
    "of a newer operator, in a format that this one does not know",
    ["postfix"],
    () => {
      editMap("old-manifest", ({ data = {} }) => {
        data["manifest.json"] = (data["manifest.json"] ?? "").replace('"schemaVersion":1', '"schemaVersion":2');
      });
      editMap("old-recipients", (map) => {
        map.data = { "recipients.lmdb": map.data?.["relay_recipients"] ?? "" };
      });
    },
  ],
  [
    "whose database is damaged and still answers",
    ["cdb"],
    () => {
      cutManifest();
      editMap("old-recipients", (map) => {
        const bytes = Buffer.from(map.binaryData?.["relay_recipients.cdb"] ?? "", "base64");
        bytes.writeUInt32LE(bytes.readUInt32LE(0) - 1, 0);
        map.binaryData = { "relay_recipients.cdb": bytes.toString("base64") };
      });
    },
  ],
])("leaves a name routed for an unreadable list %s", async (_, formats, damage) => {
  // The simulated gateway reads none of these tables; what is asked is what is routed.
  Object.assign(town.gateway, { observe: () => {} });
  await giveUpBeside(formats, damage);
  expect(town.routed("new")).toBe("a.test n.test");
});

it.each<[what: string, count: number, data: Record<string, string>]>([
  ["more empty tables of nobody than anybody looks into", 513, {}],
  ["one table of nobody with one address of it", 1, { relay_recipients: "user0@n.test OK\n" }],
])("keeps a name whose heir has no list of its own, beside %s", async (_, count, data) => {
  await publish("old", { domain: "b.test", aliasDomains: N }, OPEN);
  await publish("heir", { domain: "b.test" }, OPEN);
  town.editDomain("heir", { aliasDomains: N });
  await town.remove("domain", "old");
  await town.work();
  await town.addDomain("new", { domain: "b.test", aliasDomains: N });
  await town.work();
  await town.remove("sync", "old");
  await town.addSync("old", "new", OPEN);
  await town.work();
  const labels = { ...town.configMap("heir-recipients")?.metadata.labels, "o365sync.dev/sync": "zzz" };
  for (let index = 0; index < count; index++)
    await town.cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata: { ...keyOf(`zzz${index}`), labels }, data });
  expect(town.routed("heir")).toBe("b.test n.test");
  town.gateway.expectAlways(["user1@n.test"]);
  town.editDomain("new", { aliasDomains: [] });
  await syncNow("old");
  expect(town.configMap("old-recipients")?.data?.["relay_recipients"]).toContain("user1@n.test");
});

/** Whoever says Orphan and deletes the object keeps its ConfigMaps, whatever state the object was in. */
import { beforeEach, describe, expect, it } from "vitest";
import { API_VERSION } from "../../../src/api/group.ts";
import { O365_SYNC } from "../../../src/api/resources.ts";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { CONFIG_MAP, type ConfigMap, type OwnerReference } from "../../../src/runtime/kube.ts";
import { createTown, type Town } from "../../support/memory-town.ts";

const output = (deletionPolicy: "Orphan" | "Delete"): Pick<O365Sync["spec"], "output"> => ({
  output: { formats: ["postfix"], shards: 1, deletionPolicy },
});

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < 5; index++) town.people.set(`id-${index}`, [`user${index}@a.test`]);
  await town.addDomain("a", { domain: "a.test" });
  await town.addSync("a", "a", output("Delete"));
  town.ask("a", "sync", "first");
  await town.work();
  town.now += 61_000;
});

const keyOf = (name: string) => ({ namespace: "mail", name });
const owned = (): string[] =>
  town
    .configMaps()
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ kind }) => kind === "O365Sync"))
    .map(({ metadata }) => metadata.name);

const STATES: Readonly<Record<string, () => Promise<void> | void>> = {
  "in order": () => {},
  suspended: () => town.editSync("a", { suspend: true }),
  "without its accounts": async () => {
    town.gateway.forgive("a-accounts-0");
    await town.cluster.client.delete(CONFIG_MAP, keyOf("a-accounts-0"));
  },
  "without its manifest": () => town.cluster.client.delete(CONFIG_MAP, keyOf("a-manifest")),
  "without its MailDomain": () => town.remove("domain", "a"),
  "of a MailDomain of another type": () => town.editDomain("a", { serverType: "GoogleWorkspace" }),
  "younger than another one of its MailDomain": async () => {
    await town.addSync("older", "a");
    town.cluster.edit<O365Sync>(O365_SYNC, keyOf("older"), ({ metadata }) => {
      metadata.creationTimestamp = "2020-01-01T00:00:00Z";
    });
  },
};

describe.each(Object.entries(STATES))("An O365Sync %s", (_, state) => {
  it("lets go of its ConfigMaps when Delete becomes Orphan", async () => {
    expect(owned()).toContain("a-recipients");
    await state();
    town.editSync("a", output("Orphan"));
    await town.work();
    expect(owned()).toEqual([]);
    town.gateway.expectAlways(town.gateway.accepted());
    await town.remove("sync", "a");
    await town.work();
    expect(town.configMap("a-recipients")?.data?.["relay_recipients"]).toContain("user1@a.test OK");
  });
});

describe("A copy of a table that somebody made", () => {
  it("gets no owner when Orphan becomes Delete, whatever its labels say", async () => {
    const { metadata, data } = town.configMap("a-recipients") ?? {};
    const copy = { labels: metadata?.labels ?? {}, ...keyOf("a-recipients-of-yesterday") };
    await town.cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata: copy, data: { ...data } });
    town.editDomain("a", { serverType: "GoogleWorkspace" });
    await town.work();
    expect(owned()).not.toContain("a-recipients-of-yesterday");
  });
});

const GONE = "00000000-0000-4000-8000-000000000000";
const THEIRS = { apiVersion: "apps/v1", kind: "Deployment", name: "theirs", uid: GONE };
const FORGED: readonly (readonly [what: string, forge: (own: readonly OwnerReference[]) => OwnerReference[]])[] = [
  ["somebody else's object beside the right one", (own) => [...own, THEIRS]],
  ["somebody else's object alone", () => [THEIRS]],
  ["the right object, of a kind that it is not", (own) => own.map((owner) => ({ ...owner, apiVersion: "apps/v1" }))],
  ["an object of the same name that is gone", (own) => own.map((owner) => ({ ...owner, uid: GONE }))],
  ["the right object, which does not control it", (own) => own.map(({ controller: _, ...owner }) => owner)],
  ["an O365Sync of another name", () => [{ apiVersion: API_VERSION, kind: "O365Sync", name: "gone", uid: GONE }]],
];

describe.each(["Orphan", "Delete"] as const)("Of an O365Sync and a MailDomain with deletionPolicy %s", (policy) => {
  it.each(FORGED)("ConfigMaps that get another owner have the right one again: %s", async (_, forge) => {
    town.editSync("a", output(policy));
    town.editDomain("a", { deletionPolicy: policy });
    await town.work();
    town.now += 61_000;
    const ownersOf = () => town.configMaps().map(({ metadata }) => [metadata.name, metadata.ownerReferences ?? []]);
    const before = ownersOf();
    for (const map of town.configMaps())
      await town.cluster.client.replace<ConfigMap>(CONFIG_MAP, {
        ...map,
        metadata: { ...map.metadata, ownerReferences: forge(map.metadata.ownerReferences ?? []) },
      });
    await town.work();
    expect(ownersOf()).toEqual(before);
  });
});

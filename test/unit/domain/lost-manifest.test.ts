/** A list whose manifest is lost goes on counting: under another name, for another domain, and where its MailDomain is gone too. */
import { beforeEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createTown, type Town } from "../../support/memory-town.ts";
import { createMortal, Died } from "../../support/mortal.ts";

const STRICT: Partial<O365Sync["spec"]> = { deletionGuard: { enabled: true, maxPercent: 0, floor: 0 } };
const OPEN: Partial<O365Sync["spec"]> = { deletionGuard: { enabled: false, maxPercent: 0, floor: 0 } };

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < 20; index++)
    town.people.set(`id-${index}`, [`user${index}@a.test`, `user${index}@b.test`]);
  await town.addDomain("a", { domain: "a.test" });
  await town.addSync("a", "a", STRICT);
  await syncNow("a");
  town.gateway.expectAlways(town.gateway.accepted());
});

let token = 0;
const syncNow = async (name: string): Promise<void> => {
  town.ask(name, "sync", `t${++token}`);
  await town.work();
};
const readyOf = (name: string) => town.sync(name)?.status?.conditions?.find(({ type }) => type === "Ready");
const remove = (name: string) => town.cluster.client.delete(CONFIG_MAP, { namespace: "mail", name });
const cut = (name: string): void =>
  town.cluster.edit(CONFIG_MAP as never, { namespace: "mail", name }, (map: ConfigMap) => {
    map.data = { "manifest.json": "{" };
  });

const losses: readonly (readonly [string, () => Promise<void> | void])[] = [
  ["deleted", () => remove("a-manifest")],
  ["cut short", () => cut("a-manifest")],
];

describe.each(losses)("A list whose manifest is %s", (_, lose) => {
  it("is what an O365Sync under a new name is measured against", async () => {
    await lose();
    await town.remove("sync", "a");
    await town.addSync("renamed", "a", STRICT);
    for (let index = 0; index < 15; index++) town.people.delete(`id-${index}`);
    await syncNow("renamed");
    expect(town.sync("renamed")?.status?.held).toMatchObject({ reason: "DeletionGuard", changes: { total: 15 } });
    expect(town.routed("a")).toBe("a.test");
  });

  it("is so also where the MailDomain has a new name too", async () => {
    await lose();
    await town.remove("sync", "a");
    await town.remove("domain", "a");
    await town.addDomain("new", { domain: "a.test" });
    await town.addSync("renamed", "new", STRICT);
    for (let index = 0; index < 15; index++) town.people.delete(`id-${index}`);
    await syncNow("renamed");
    expect(town.sync("renamed")?.status?.held).toMatchObject({ reason: "DeletionGuard", changes: { total: 15 } });
    expect(town.routed("a")).toBe("a.test");
  });

  it("is not adopted for another domain", async () => {
    await lose();
    await town.remove("sync", "a");
    await town.addDomain("b", { domain: "b.test" });
    await town.addSync("a", "b", OPEN);
    await syncNow("a");
    expect(readyOf("a")).toMatchObject({ reason: "ConfigMapConflict" });
    expect(readyOf("a")?.message).toContain("the list of a.test, and the MailDomain b is b.test");
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test", "-"]);
  });

  it("is not adopted by the object that made it, whose MailDomain was made again for another domain", async () => {
    await lose();
    await town.remove("domain", "a");
    await town.addDomain("a", { domain: "b.test" });
    town.editSync("a", OPEN);
    await syncNow("a");
    expect(readyOf("a")).toMatchObject({ reason: "ConfigMapConflict" });
    expect(town.configMap("a-recipients")?.data?.["relay_recipients"]).toContain("user1@a.test OK");
  });

  it("does not count for the list of another domain", async () => {
    await lose();
    await town.remove("sync", "a");
    await town.remove("domain", "a");
    await town.addDomain("b", { domain: "b.test" });
    await town.addSync("b", "b", STRICT);
    await syncNow("b");
    expect(readyOf("b")).toMatchObject({ status: "True" });
    expect(town.sync("b")?.status?.lastSync?.changes).toMatchObject({ accountAdds: 20, accountDeletes: 0, total: 20 });
  });
});

describe("A run that is interrupted, and whose manifest is lost then,", () => {
  it.each([3, 6, 9, 12, 15])("takes no route off, also where it died at call %i", async (call) => {
    const mortal = createMortal(town.cluster.client);
    town.restart(mortal.client);
    mortal.dieAt(call, "after");
    town.people.set("id-new", ["new@a.test"]);
    town.ask("a", "sync", "second");
    await expect(town.look("sync", "a")).rejects.toBeInstanceOf(Died);
    await remove("a-manifest");
    town.restart();
    await town.look("sync", "a").catch(() => {});
    await town.look("domain", "a");
    expect(town.routed("a")).toBe("a.test");
    await town.work();
    expect(town.routed("a")).toBe("a.test");
    expect(town.gateway.accepted()).toContain("new@a.test");
  });
});

interface Json {
  [key: string]: Json;
}
const edits: readonly (readonly [string, (manifest: Json) => void])[] = [
  ["of which a name is taken out", ({ current = {} }) => Object.assign(current, { aliasDomains: [] })],
  ["that is said to be of another domain", ({ current = {} }) => Object.assign(current, { domain: "b.test" })],
  [
    "that is said to be about to end a name",
    (manifest) => {
      const { time: _1, counts: _2, accounts: _3, layouts: _4, ...target } = manifest["current"] ?? {};
      const journal = { sha256: target["revision"], pieces: [] };
      Object.assign(manifest, { intent: { target: { ...target, aliasDomains: [] }, journal, removedAddresses: 0 } });
    },
  ],
];

describe.each(edits)("A list %s, by an edit of its manifest,", (_, edit) => {
  it("stays routed as it is, and is put right by the next sync", async () => {
    town.gateway.release();
    town.people.set("id-n", ["user@n.test"]);
    const alias = [{ name: "n.test", recipients: "Directory" as const }];
    town.editDomain("a", { aliasDomains: alias });
    await syncNow("a");
    town.gateway.expectAlways(town.gateway.accepted());
    town.cluster.edit(CONFIG_MAP as never, { namespace: "mail", name: "a-manifest" }, (map: ConfigMap) => {
      const manifest = JSON.parse(map.data?.["manifest.json"] ?? "") as Json;
      edit(manifest);
      map.data = { "manifest.json": JSON.stringify(manifest) };
    });
    await town.work();
    expect(town.routed("a")).toBe("a.test n.test");
    await syncNow("a");
    expect(readyOf("a")).toMatchObject({ status: "True" });
    expect(town.routed("a")).toBe("a.test n.test");
  });
});

describe("A name that nobody claims any more", () => {
  it("leaves the gateway with its tables, though the manifest is lost", async () => {
    town.gateway.release();
    for (let index = 0; index < 10; index++)
      town.people.set(`id-${index}`, [`user${index}@a.test`, `user${index}@n.test`]);
    town.editDomain("a", { aliasDomains: [{ name: "n.test", recipients: "Directory" }] });
    town.editSync("a", OPEN);
    await syncNow("a");
    town.editDomain("a", { aliasDomains: [] });
    await remove("a-manifest");
    await syncNow("a");
    expect(town.configMap("a-recipients")?.data?.["relay_recipients"]).not.toContain("@n.test");
    expect(town.routed("a")).toBe("a.test");
  });
});

describe("A name that moves while the manifest is lost", () => {
  it.each([
    { recipients: "Directory", accepted: 12, routed: "a.test n.test" },
    // Its copies need no tenant: the new holder has them at once.
    { recipients: "Mirror", accepted: 22, routed: "a.test" },
  ] as const)("is kept as a $recipients until its new holder routes it", async ({ recipients, accepted, routed }) => {
    town.gateway.release();
    const alias = [{ name: "n.test", recipients }];
    for (let index = 0; index < 10; index++)
      town.people.set(`id-${index}`, [`user${index}@a.test`, `user${index}@b.test`, `user${index}@n.test`]);
    town.editDomain("a", { aliasDomains: alias });
    town.editSync("a", OPEN);
    await syncNow("a");
    await town.addDomain("b", { domain: "b.test" });
    await town.addSync("b", "b", OPEN);
    await syncNow("b");
    const before = [...town.gateway.accepted()];
    expect(before.filter((address) => address.endsWith("@n.test"))).toHaveLength(accepted);
    town.gateway.expectAlways(before);
    town.editDomain("a", { aliasDomains: [] });
    town.editDomain("b", { aliasDomains: alias });
    await remove("a-manifest");
    await syncNow("a");
    expect(town.routed("a")).toBe(routed);
    expect(town.gateway.accepted()).toEqual(new Set(before));
    await syncNow("b");
    await syncNow("a");
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test", "b.test n.test"]);
  });
});

describe("Two lists of which one has lost its manifest", () => {
  it("count together for a third", async () => {
    await town.remove("sync", "a");
    await town.addSync("second", "a", STRICT);
    town.people.set("id-new", ["new@a.test"]);
    await syncNow("second");
    await remove("second-manifest");
    await town.remove("sync", "second");
    await town.addSync("third", "a", STRICT);
    town.people.delete("id-new");
    await syncNow("third");
    expect(town.sync("third")?.status?.held).toMatchObject({ reason: "DeletionGuard", changes: { total: 1 } });
  });

  it("count together also for what only the other one has", async () => {
    town.gateway.release();
    await town.remove("sync", "a");
    town.people.delete("id-1");
    await town.addSync("second", "a", OPEN);
    await syncNow("second");
    expect(town.configMap("second-recipients")?.data?.["relay_recipients"]).not.toContain("user1@a.test");
    await remove("second-manifest");
    await town.remove("sync", "second");
    await town.addSync("third", "a", STRICT);
    await syncNow("third");
    expect(town.sync("third")?.status?.held).toMatchObject({ reason: "DeletionGuard", changes: { total: 1 } });
  });

  it("count together also where the one that lost it is taken up again", async () => {
    await town.remove("sync", "a");
    await town.addSync("second", "a", STRICT);
    town.people.set("id-new", ["new@a.test"]);
    await syncNow("second");
    await remove("second-manifest");
    await town.remove("sync", "second");
    await town.addSync("second", "a", STRICT);
    town.people.delete("id-new");
    await syncNow("second");
    expect(town.sync("second")?.status?.held).toMatchObject({ reason: "DeletionGuard", changes: { total: 1 } });
  });
});

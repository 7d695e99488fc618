/** The route follows the list: nothing but a plan takes a name off the gateway (the numbers are points of "The route is not guarded"). */
import { beforeEach, describe, expect, it } from "vitest";
import type { MailDomain } from "../../../src/api/types.generated.ts";
import { createTown, type Town } from "../../support/memory-town.ts";

const STRICT = { deletionGuard: { enabled: true, maxPercent: 0, floor: 0 } } as const;
const alias = (...names: string[]) => names.map((name) => ({ name, recipients: "Directory" as const }));

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < 20; index++)
    town.people.set(`id-${index}`, [`user${index}@a.test`, `user${index}@b.test`, `user${index}@n.test`]);
});

const ready = (name: string) => town.domain(name)?.status?.conditions?.find(({ type }) => type === "Ready");
const isStalled = (name: string): boolean =>
  town.domain(name)?.status?.conditions?.some(({ type }) => type === "Stalled") === true;
const syncReady = (name: string) => town.sync(name)?.status?.conditions?.find(({ type }) => type === "Ready");
let token = 0;
const syncNow = async (name: string): Promise<void> => {
  town.ask(name, "sync", `t${++token}`);
  await town.work();
};
/** A MailDomain and its O365Sync of one name, published; from now on nothing accepted may be missing. */
const publish = async (name: string, domain: Partial<MailDomain["spec"]>, sync: object = STRICT): Promise<void> => {
  await town.addDomain(name, domain);
  await town.addSync(name, name, sync);
  await syncNow(name);
  town.gateway.expectAlways(town.gateway.accepted());
};

describe("A name that the spec no longer has", () => {
  it("stays routed while its plan is held (16.1)", async () => {
    await publish("a", { domain: "a.test", aliasDomains: alias("n.test") });
    town.editDomain("a", { aliasDomains: [] });
    await syncNow("a");
    const digest = town.sync("a")?.status?.held?.planDigest;
    expect(town.routed("a")).toBe("a.test n.test");
    expect(ready("a")).toMatchObject({
      status: "True",
      message: `a.test, n.test routed; no longer in the spec and routed while the list of the O365Sync a carries it (its plan ${digest} is held): n.test`,
    });
    town.gateway.release();
    town.ask("a", "approve", digest ?? "");
    await town.work();
    expect(town.routed("a")).toBe("a.test");
    expect([...town.gateway.accepted()].some((address) => address.endsWith("@n.test"))).toBe(false);
    expect(ready("a")?.message).toBe("a.test routed");
  });

  it.each(["Orphan", "Delete"] as const)(
    "stays routed when the MailDomain was deleted (%s) and made again without it (16.1)",
    async (deletionPolicy) => {
      await publish("a", { domain: "a.test", aliasDomains: alias("n.test"), deletionPolicy });
      if (deletionPolicy === "Delete") town.gateway.release();
      await town.remove("domain", "a");
      await town.addDomain("a", { domain: "a.test", deletionPolicy });
      await town.work();
      expect(town.routed("a")).toBe("a.test n.test");
      await syncNow("a");
      expect(town.sync("a")?.status?.held?.reason).toBe("DeletionGuard");
      expect(town.routed("a")).toBe("a.test n.test");
    },
  );

  it("leaves the gateway before its tables do, and only then", async () => {
    await publish(
      "a",
      { domain: "a.test", aliasDomains: alias("n.test") },
      { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } },
    );
    const steps: string[] = [];
    town.cluster.onWrite((_, __, { metadata: { name } }) => {
      const tables = town.configMap("a-recipients")?.data?.["relay_recipients"]?.includes("@n.test");
      if (/^a-(routing|recipients|manifest)$/.test(name))
        steps.push(`${name}: ${town.routed("a")}, ${tables ? "" : "not "}in the table`);
    });
    town.gateway.release();
    town.editDomain("a", { aliasDomains: [] });
    town.ask("a", "sync", "gone");
    await town.work();
    expect([...new Set(steps)]).toEqual([
      "a-manifest: a.test n.test, in the table",
      "a-routing: a.test, in the table",
      "a-recipients: a.test, not in the table",
      "a-manifest: a.test, not in the table",
    ]);
  });

  it("that comes back while its withdrawal is under way is routed again after it, not before (16.3)", async () => {
    await publish(
      "a",
      { domain: "a.test", aliasDomains: alias("n.test") },
      { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } },
    );
    town.gateway.release();
    town.editDomain("a", { aliasDomains: [] });
    town.ask("a", "sync", "gone");
    let edited = false;
    const seen: string[] = [];
    town.cluster.onWrite((_, __, { metadata: { name } }) => {
      if (name !== "a-routing") return;
      seen.push(town.routed("a"));
      if (edited) return;
      edited = true;
      town.editDomain("a", { aliasDomains: alias("n.test") });
    });
    await town.work();
    expect(edited).toBe(true);
    await syncNow("a");
    expect(seen.filter((names, index) => names !== seen[index - 1])).toEqual(["a.test", "a.test n.test"]);
    expect(town.gateway.accepted()).toContain("user1@n.test");
  });
});

describe("A contested name", () => {
  it("of a younger, running MailDomain takes nothing else off (16.2)", async () => {
    await publish("b", { domain: "b.test", aliasDomains: alias("n.test") });
    town.now += 5000;
    await publish("a", { domain: "a.test" });
    town.editDomain("a", { aliasDomains: alias("n.test") });
    await syncNow("a");
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test", "b.test n.test"]);
    expect(ready("a")).toMatchObject({
      reason: "DomainClaimed",
      message: "n.test is held by the MailDomain b and not routed here; take it out of one of the two",
    });
    expect(isStalled("a")).toBe(false);
    expect(ready("b")).toMatchObject({ status: "True" });
  });

  it("stays with the younger that routes it when an older one adds its very domain (16.2)", async () => {
    await publish("b", { domain: "b.test" });
    town.now += 5000;
    await publish("a", { domain: "a.test" });
    town.gateway.expectAlways(town.gateway.accepted());
    town.editDomain("b", { aliasDomains: alias("a.test") });
    await syncNow("b");
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test", "b.test"]);
    expect(ready("b")?.message).toContain("a.test is held by the MailDomain a");
    expect(ready("a")).toMatchObject({ status: "True" });
  });

  it("stays where it is when its holder is made again and is the younger one now (16.2)", async () => {
    await publish("a", { domain: "a.test", aliasDomains: alias("n.test") });
    town.now += 5000;
    await publish("b", { domain: "b.test", aliasDomains: alias("n.test", "a.test") });
    town.gateway.expectAlways(town.gateway.accepted());
    town.now += 5000;
    await town.remove("domain", "a");
    await town.addDomain("a", { domain: "a.test", aliasDomains: alias("n.test") });
    await town.look("domain", "a");
    await town.work();
    await syncNow("a");
    expect(town.routed("a")).toBe("a.test n.test");
  });

  it.each([
    ["older", "a", 5000],
    ["one that comes first by name, made in the same second", "a", 0],
  ])("that nobody routes goes to the %s", async (_, holder, apart) => {
    for (const name of ["a", "b"]) {
      await town.addDomain(name, { domain: `${name}.test`, aliasDomains: alias("n.test") });
      await town.addSync(name, name, STRICT);
      town.now += apart;
      // Same second.
      if (apart === 0) town.now = Date.UTC(2026, 0, 1);
    }
    for (const name of ["b", "a"]) await syncNow(name);
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test n.test", "b.test"]);
    expect(ready(holder)).toMatchObject({ status: "True" });
    expect(ready("b")?.reason).toBe("DomainClaimed");
  });

  it("that is a MailDomain's own domain stalls it, and its other names stay", async () => {
    await publish("a", { domain: "a.test" });
    town.now += 5000;
    await publish("b", { domain: "a.test", aliasDomains: alias("b.test") });
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test", "b.test"]);
    expect(isStalled("b")).toBe(true);
    expect(ready("b")?.message).toContain("a.test is held by the MailDomain a");
  });

  it("does not enter by a list that is made for another MailDomain of the same domain", async () => {
    await publish("b", { domain: "b.test", aliasDomains: alias("n.test") }, { deletionGuard: { enabled: false } });
    await town.addDomain("x", { domain: "b.test", aliasDomains: alias("n.test") });
    town.editDomain("b", { aliasDomains: [] });
    await town.look("domain", "x");
    await syncNow("b");
    expect([town.routed("b"), town.routed("x")]).toEqual(["b.test n.test", "-"]);
  });

  it("that moves is routed by its new holder before the old one stops", async () => {
    const open = { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } };
    await publish("a", { domain: "a.test", aliasDomains: alias("n.test") }, open);
    await publish("b", { domain: "b.test" }, open);
    town.gateway.expectAlways(town.gateway.accepted());
    town.editDomain("a", { aliasDomains: [] });
    town.editDomain("b", { aliasDomains: alias("n.test") });
    await syncNow("a");
    expect(town.routed("a")).toBe("a.test n.test");
    expect(ready("a")?.message).toContain("no longer in the spec and routed until the MailDomain b routes it: n.test");
    await syncNow("b");
    await syncNow("a");
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test", "b.test n.test"]);
    expect(town.gateway.accepted()).toContain("user1@n.test");
  });
});

describe("A list that stands", () => {
  it("is not adopted for another domain, whatever its O365Sync is called (16.4)", async () => {
    await publish("a", { domain: "a.test" });
    await publish("b", { domain: "b.test", aliasDomains: [{ name: "n.test", recipients: "Mirror" }] }, STRICT);
    await town.remove("sync", "b");
    town.gateway.expectAlways(town.gateway.accepted());
    const before = town.configMaps();
    await town.remove("sync", "a");
    await town.addSync("a", "b", STRICT);
    await syncNow("a");
    expect(syncReady("a")).toMatchObject({ reason: "ConfigMapConflict" });
    expect(syncReady("a")?.message).toContain("holds the list of a.test, and the MailDomain b is b.test");
    const tables = (maps: readonly { metadata: { name: string } }[]) =>
      maps.filter(({ metadata }) => !/-(history|plan)$/.test(metadata.name));
    expect(tables(town.configMaps())).toEqual(tables(before));
  });

  it("is not adopted when the MailDomain is made again for another domain, nor is its routing", async () => {
    await publish("a", { domain: "a.test" });
    await town.remove("domain", "a");
    const before = town.configMap("a-routing");
    await town.addDomain("a", { domain: "b.test" });
    await syncNow("a");
    expect(syncReady("a")).toMatchObject({ reason: "ConfigMapConflict" });
    expect(ready("a")).toMatchObject({ reason: "ConfigMapConflict" });
    expect(ready("a")?.message).toContain(
      "the ConfigMap a-routing is the routing of a.test, and spec.domain is b.test",
    );
    expect(isStalled("a")).toBe(true);
    expect(town.configMap("a-routing")).toEqual(before);
  });

  it.each(["before", "after"])("is routed by a renamed MailDomain, made %s the old one goes (16.4)", async (when) => {
    await publish("old", { domain: "a.test" });
    if (when === "before") await town.addDomain("new", { domain: "a.test" });
    await town.work();
    await town.remove("sync", "old");
    await town.addSync("old", "new", STRICT);
    await town.work();
    await town.remove("domain", "old");
    if (when === "after") await town.addDomain("new", { domain: "a.test" });
    await town.work();
    await syncNow("old");
    expect(syncReady("old")).toMatchObject({ status: "True" });
    expect([town.routed("old"), town.routed("new")]).toEqual(["a.test", "a.test"]);
  });

  it("is routed by a renamed MailDomain before any O365Sync refers to it", async () => {
    await publish("old", { domain: "a.test" });
    await town.remove("domain", "old");
    await town.addDomain("new", { domain: "a.test" });
    await town.look("domain", "new");
    expect([town.routed("old"), town.routed("new")]).toEqual(["a.test", "a.test"]);
  });

  it("is the baseline of an O365Sync under a new name (16.5)", async () => {
    await publish("a", { domain: "a.test" });
    await town.remove("sync", "a");
    await town.addSync("renamed", "a");
    for (let index = 9; index < 20; index++) town.people.delete(`id-${index}`);
    town.people.set("id-new", ["new@a.test"]);
    await syncNow("renamed");
    const { held, lastSync } = town.sync("renamed")?.status ?? {};
    expect(held).toMatchObject({ reason: "DeletionGuard" });
    expect(town.sync("renamed")?.status?.conditions?.find(({ type }) => type === "Published")?.message).toBe(
      "no list was published yet; the list of a stands meanwhile, and is what the first one is measured against",
    );
    expect(lastSync?.changes).toMatchObject({ accountAdds: 1, accountDeletes: 11 });
    expect(town.configMap("renamed-manifest")).toBeUndefined();
    expect(town.routed("a")).toBe("a.test");
    town.gateway.release();
    town.ask("renamed", "approve", held?.planDigest ?? "");
    await town.work();
    expect(syncReady("renamed")).toMatchObject({ status: "True" });
    expect(ready("a")?.message).toBe(
      "a.test routed; the ConfigMaps of a stand, whose O365Sync is gone; delete them once no gateway mounts them",
    );
  });

  it("brings what was removed from it of late along to a new name", async () => {
    const guard = { deletionGuard: { enabled: true, maxPercent: 0, floor: 4 } };
    await publish("a", { domain: "a.test" }, guard);
    town.gateway.release();
    for (let index = 0; index < 3; index++) town.people.delete(`id-${index}`);
    await syncNow("a");
    expect(town.sync("a")?.status?.held).toBeUndefined();
    await town.remove("sync", "a");
    await town.addSync("renamed", "a", guard);
    for (let index = 3; index < 6; index++) town.people.delete(`id-${index}`);
    await syncNow("renamed");
    expect(town.sync("renamed")?.status?.held).toMatchObject({ reason: "DeletionGuard" });
  });

  it("keeps a name routed that a list under another name has given up", async () => {
    await publish("a", { domain: "a.test", aliasDomains: alias("n.test") });
    await town.remove("sync", "a");
    await town.addSync("renamed", "a", { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } });
    town.gateway.release();
    await syncNow("renamed");
    town.editDomain("a", { aliasDomains: [] });
    await syncNow("renamed");
    expect(town.configMap("renamed-recipients")?.data?.["relay_recipients"]).not.toContain("@n.test");
    expect(town.routed("a")).toBe("a.test n.test");
    expect(ready("a")?.message).toContain(
      "no longer in the spec and routed while the ConfigMaps of a stand, whose O365Sync is gone: n.test",
    );
  });
});

describe("What a MailDomain says", () => {
  it.each([
    ["make an O365Sync with domainRef a and sync it", false, async () => {}],
    [
      "the O365Sync a has not published it: it was not synced yet, and its condition Ready says how to",
      false,
      () => town.addSync("a", "a"),
    ],
    [
      "only domains with serverType Office365 have a sync",
      true,
      async () => town.editDomain("a", { serverType: "GoogleWorkspace" }),
    ],
  ])("without a list: %s", async (cure, stalled, given) => {
    await town.addDomain("a", { domain: "a.test" });
    await given();
    await town.work();
    expect(ready("a")).toMatchObject({
      reason: "NoRecipientList",
      message: `no recipient list is published for a.test, so it is not routed; ${cure}`,
    });
    expect(isStalled("a")).toBe(stalled);
  });

  it("of a list that is held before it is published", async () => {
    await town.addDomain("a", { domain: "a.test" });
    await town.addSync("a", "a", { operationsLimit: { accountAdds: 1 } });
    await syncNow("a");
    const digest = town.sync("a")?.status?.held?.planDigest;
    expect(ready("a")?.message).toContain(`the O365Sync a has not published it: its plan ${digest} is held`);
  });

  it("of a list that nobody refreshes any more: since when", async () => {
    await publish("a", { domain: "a.test" });
    const since = town.sync("a")?.status?.lastSuccessfulTime;
    await town.remove("sync", "a");
    town.now += 86_400_000;
    await town.work();
    expect(ready("a")).toMatchObject({
      status: "True",
      message: `a.test routed; nobody refreshes the list of a since ${since}: its O365Sync is gone; apply it again, or delete this MailDomain where the domain is given up`,
    });
  });

  it("of more than a hundred O365Syncs: the hundred oldest", async () => {
    await town.addDomain("a", { domain: "a.test" });
    for (let index = 0; index < 103; index++) {
      await town.addSync(`s${String(200 - index)}`, "a");
      town.now += 1000;
    }
    await town.look("domain", "a");
    const names = town.domain("a")?.status?.syncs?.map(({ name }) => name) ?? [];
    expect(names).toHaveLength(100);
    expect([names[0], names.at(-1)]).toEqual(["s101", "s200"]);
  });

  it("without an inbound server: stalled, and nothing is routed", async () => {
    await publish("a", { domain: "a.test" });
    town.gateway.release();
    town.gateway.forgetRoutes();
    town.editDomain("a", { inboundServers: [] });
    await town.look("domain", "a");
    expect(ready("a")).toMatchObject({ reason: "NoInboundServer" });
    expect(isStalled("a")).toBe(true);
    expect(town.routed("a")).toBe("nothing-is-routed.invalid");
  });
});

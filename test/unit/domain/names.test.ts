/** What becomes of a single name: which list carries it, who routes it, who takes it off, and who may not. */
import { beforeEach, describe, expect, it } from "vitest";
import { MAIL_DOMAIN } from "../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createTown, type Town } from "../../support/memory-town.ts";
import { createMortal } from "../../support/mortal.ts";

const STRICT: Partial<O365Sync["spec"]> = { deletionGuard: { enabled: true, maxPercent: 0, floor: 0 } };
const OPEN: Partial<O365Sync["spec"]> = { deletionGuard: { enabled: false, maxPercent: 0, floor: 0 } };
const N = [{ name: "n.test", recipients: "Directory" as const }];

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < 20; index++)
    town.people.set(`id-${index}`, [`user${index}@a.test`, `user${index}@b.test`, `user${index}@n.test`]);
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
/** The MailDomain `old` becomes `new`, and the O365Sync `old` refers to that. */
async function renamed(spec: Partial<MailDomain["spec"]>): Promise<void> {
  await town.remove("domain", "old");
  await town.work();
  await town.addDomain("new", spec);
  await town.work();
  await town.remove("sync", "old");
  await town.addSync("old", "new", OPEN);
  await town.work();
}
const readyOf = (name: string) => town.domain(name)?.status?.conditions?.find(({ type }) => type === "Ready");
const tableOf = (name: string): string => town.configMap(`${name}-recipients`)?.data?.["relay_recipients"] ?? "";
const keyOf = (name: string) => ({ namespace: "mail", name });
const editMap = (name: string, change: (map: ConfigMap) => void): void =>
  town.cluster.edit(CONFIG_MAP as never, keyOf(name), change);

/** Found by a random history: the heir routed the name by the very list that was about to give it up. */
describe("A name that another MailDomain of the same domain asks for", () => {
  const M = [{ name: "m.test", recipients: "Mirror" as const }];
  beforeEach(async () => {
    await publish("old", { domain: "b.test", aliasDomains: M }, OPEN);
    await town.addDomain("heir", { domain: "b.test", aliasDomains: M });
    await town.addSync("heir", "heir", OPEN);
    await town.work();
    await renamed({ domain: "b.test", aliasDomains: M });
    town.gateway.expectAlways(town.gateway.accepted());
    town.editDomain("new", { aliasDomains: [] });
    await syncNow("old");
  });

  it("stays in the list that it is routed by until a list of its own has it", () => {
    expect(town.routed("heir")).toBe("b.test m.test");
    expect(tableOf("old")).toContain("user1@m.test");
  });

  it("leaves that list once it has", async () => {
    await syncNow("heir");
    await syncNow("old");
    expect(tableOf("heir")).toContain("user1@m.test");
    expect(tableOf("old")).not.toContain("@m.test");
    expect(town.routed("heir")).toBe("b.test m.test");
  });
});

/** Found by a random history: a list that could not be read kept whatever was routed, whether its tables had it or not. */
it("takes a name off that the new list gives up, and that the unreadable list of the old name never had", async () => {
  const M = [{ name: "m.test", recipients: "Mirror" as const }];
  await publish("old", { domain: "a.test", aliasDomains: N }, OPEN);
  await town.remove("sync", "old");
  await town.addDomain("new", { domain: "a.test", aliasDomains: N });
  await town.addSync("young", "new", OPEN);
  await town.remove("domain", "old");
  await syncNow("young");
  editMap("old-manifest", (map) => {
    map.data = { "manifest.json": "{" };
  });
  town.editDomain("new", { aliasDomains: [...N, ...M] });
  await syncNow("young");
  expect(town.routed("new")).toBe("a.test m.test n.test");
  town.editDomain("new", { aliasDomains: [] });
  await syncNow("young");
  expect(town.routed("new")).toBe("a.test n.test");
});

/** Found by a stranger: a list that nobody can read counted as one that carries the name. */
it.each<[what: string, damage: () => unknown]>([
  ["deleted", () => town.cluster.client.delete(CONFIG_MAP, keyOf("heir-manifest"))],
  [
    "cut",
    () =>
      editMap("heir-manifest", (map) => {
        map.data = { "manifest.json": "{" };
      }),
  ],
  [
    "beside an empty table of nobody",
    () => {
      const labels = { ...town.configMap("heir-recipients")?.metadata.labels, "o365sync.dev/sync": "zzz" };
      return town.cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata: { ...keyOf("zzz"), labels }, data: {} });
    },
  ],
])("keeps a name whose heir's list never had it, though the manifest of that list is %s", async (_, damage) => {
  await publish("old", { domain: "b.test", aliasDomains: N }, OPEN);
  await publish("heir", { domain: "b.test" }, OPEN);
  town.editDomain("heir", { aliasDomains: N });
  await renamed({ domain: "b.test", aliasDomains: N });
  town.gateway.expectAlways(town.gateway.accepted());
  await damage();
  town.editDomain("new", { aliasDomains: [] });
  await syncNow("old");
  expect(tableOf("old")).toContain("user1@n.test");
});

describe("A name that a plan takes off", () => {
  it("leaves every routing that follows the list, also one whose MailDomain is gone", async () => {
    await publish("old", { domain: "a.test", aliasDomains: N }, OPEN);
    await renamed({ domain: "a.test", aliasDomains: N });
    await syncNow("old");
    expect([town.routed("old"), town.routed("new")]).toEqual(["a.test n.test", "a.test n.test"]);
    town.editDomain("new", { aliasDomains: [] });
    await syncNow("old");
    expect([town.routed("old"), town.routed("new")]).toEqual(["a.test", "a.test"]);
  });

  it("does so at once, whoever writes the routing at the same moment", async () => {
    await publish("a", { domain: "a.test", aliasDomains: N }, OPEN);
    town.editDomain("a", { aliasDomains: [] });
    town.ask("a", "sync", "gone");
    const { client } = town.cluster;
    let writes = 0;
    town.restart({
      ...client,
      replace(type, object, options) {
        if (object.metadata.name === "a-routing" && ++writes === 1)
          editMap("a-routing", ({ metadata }) => {
            metadata.labels = { ...metadata.labels, team: "mail" };
          });
        return client.replace(type, object, options);
      },
    });
    await town.look("sync", "a");
    expect(writes).toBe(2);
    expect(town.sync("a")?.status?.lastSync).toMatchObject({ result: "Published" });
    expect(town.routed("a")).toBe("a.test");
  });

  it("is left in a routing ConfigMap that somebody else made", async () => {
    const data = { relay_domains: "a.test OK\nn.test OK\n", transport: "a.test smtp:[x]:25\nn.test smtp:[x]:25\n" };
    await town.cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata: keyOf("a-routing"), data });
    const before = town.configMap("a-routing");
    await publish("a", { domain: "a.test", aliasDomains: N }, OPEN);
    town.editDomain("a", { aliasDomains: [] });
    await syncNow("a");
    expect(tableOf("a")).not.toContain("@n.test");
    expect(town.configMap("a-routing")).toEqual(before);
  });

  it("waits for no heir that is going itself", async () => {
    await publish("a", { domain: "a.test", aliasDomains: N }, OPEN);
    await town.addDomain("b", { domain: "b.test", aliasDomains: N });
    town.cluster.edit<MailDomain>(MAIL_DOMAIN, keyOf("b"), ({ metadata }) => {
      metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    });
    town.editDomain("a", { aliasDomains: [] });
    await syncNow("a");
    expect(town.routed("a")).toBe("a.test");
  });

  it("waits for its heir, whatever the status of that one says", async () => {
    await publish("a", { domain: "a.test", aliasDomains: N }, OPEN);
    town.gateway.expectAlways(town.gateway.accepted());
    await town.addDomain("b", { domain: "b.test", aliasDomains: N });
    town.cluster.edit<MailDomain>(MAIL_DOMAIN, keyOf("b"), (domain) => {
      domain.status = { routing: { configMap: "b-routing", revision: "x", names: ["b.test", "n.test"] } };
    });
    town.editDomain("a", { aliasDomains: [] });
    town.ask("a", "sync", "moved");
    await town.look("sync", "a");
    expect(town.sync("a")?.status?.lastSync?.token).toBe("moved");
    expect(tableOf("a")).toContain("user1@n.test OK");
  });
});

describe("A name that a table still carries", () => {
  /** It has moved to b, which routes it, and the plan that ends it at a is held. */
  const moved = async (): Promise<void> => {
    await publish("a", { domain: "a.test", aliasDomains: N }, STRICT);
    await publish("b", { domain: "b.test" }, STRICT);
    town.gateway.expectAlways(town.gateway.accepted());
    town.editDomain("a", { aliasDomains: [] });
    town.editDomain("b", { aliasDomains: N });
    await syncNow("b");
    await syncNow("a");
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test n.test", "b.test n.test"]);
  };

  it("waits for the plan, not for its heir, once that one routes it", async () => {
    await moved();
    expect(readyOf("a")?.message).toContain("while the list of the O365Sync a carries it (its plan");
  });

  it("enters no new routing beside that of its holder", async () => {
    await moved();
    await town.cluster.client.delete(CONFIG_MAP, keyOf("a-routing"));
    town.gateway.release();
    town.gateway.forgetRoutes();
    await town.work();
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test", "b.test n.test"]);
  });

  it("stays with both that route it, and the younger one says so", async () => {
    await moved();
    town.editDomain("a", { aliasDomains: N });
    await town.work();
    expect([town.routed("a"), town.routed("b")]).toEqual(["a.test n.test", "b.test n.test"]);
    expect(readyOf("a")).toMatchObject({ status: "True" });
    expect(readyOf("b")).toMatchObject({
      reason: "DomainClaimed",
      message: expect.stringContaining("n.test is routed by the MailDomain a too; take it out of one of the two"),
    });
  });

  it("stays in it when other tables are rendered, as long as no run has ended it", async () => {
    await publish("a", { domain: "a.test", aliasDomains: N }, STRICT);
    town.gateway.expectAlways(town.gateway.accepted());
    town.editDomain("a", { aliasDomains: [] });
    town.editSync("a", { output: { formats: ["postfix", "addresses"], shards: 1, deletionPolicy: "Orphan" } });
    town.now += 61_000;
    await town.work();
    expect(town.configMap("a-recipients")?.data?.["recipients.map"]).toContain("user1@n.test");
  });
});

describe("A name is not routed", () => {
  it("by a list without tables", async () => {
    await publish("a", { domain: "a.test" }, { output: { formats: [], shards: 1, deletionPolicy: "Orphan" } });
    expect(town.sync("a")?.status?.lastSync).toMatchObject({ result: "Published" });
    expect(town.routed("a")).toBe("-");
    expect(readyOf("a")?.reason).toBe("NoRecipientList");
  });

  it("by the list of another domain that was made for a MailDomain of the same name", async () => {
    await publish("a", { domain: "a.test", aliasDomains: N, deletionPolicy: "Delete" }, STRICT);
    await town.remove("domain", "a");
    await town.addDomain("a", { domain: "b.test", aliasDomains: N });
    await town.work();
    expect(town.routed("a")).toBe("-");
  });

  it("in the routing of another domain, which version 0.1.0 wrote", async () => {
    await publish("a", { domain: "a.test" }, STRICT);
    editMap("a-routing", ({ metadata }) => {
      metadata.annotations = {};
    });
    await town.remove("domain", "a");
    const before = town.configMap("a-routing");
    await town.addDomain("a", { domain: "b.test" });
    await town.work();
    expect(readyOf("a")?.reason).toBe("ConfigMapConflict");
    expect(town.configMap("a-routing")).toEqual(before);
  });
});

describe("What was begun for a MailDomain", () => {
  it("is not finished by an O365Sync of the name that refers to another one, which does not exist", async () => {
    await publish("a", { domain: "a.test", aliasDomains: N }, OPEN);
    town.editDomain("a", { aliasDomains: [] });
    town.ask("a", "sync", "gone");
    const mortal = createMortal(town.cluster.client);
    const isBegun = (): boolean => town.configMap("a-manifest")?.data?.["manifest.json"]?.includes('"intent"') === true;
    town.restart(mortal.client);
    town.cluster.onWrite(() => {
      if (isBegun() && !mortal.isDead) mortal.dieAt(1, "before");
    });
    await town.look("sync", "a").catch(() => {});
    expect(isBegun()).toBe(true);
    await town.remove("sync", "a");
    await town.remove("domain", "a");
    const before = tableOf("a");
    town.restart();
    await town.addSync("a", "other", OPEN);
    await town.work();
    expect(isBegun()).toBe(true);
    expect(tableOf("a")).toBe(before);
  });
});

describe("Of several lists that stand", () => {
  it("the last one is what another O365Sync is measured against", async () => {
    await publish("a", { domain: "a.test" }, STRICT);
    await town.remove("sync", "a");
    town.people.set("id-new", ["new@a.test"]);
    await town.addSync("second", "a", STRICT);
    await syncNow("second");
    await town.remove("sync", "second");
    town.people.delete("id-new");
    await town.addSync("third", "a", STRICT);
    await syncNow("third");
    expect(town.sync("third")?.status?.held).toMatchObject({ reason: "DeletionGuard", changes: { total: 1 } });
  });

  it("a copy under a name of somebody's own is swept by nobody", async () => {
    await publish("a", { domain: "a.test" }, OPEN);
    const { metadata, data } = town.configMap("a-recipients") ?? {};
    const copy = { labels: metadata?.labels ?? {}, ...keyOf("a-recipients-of-yesterday") };
    await town.cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata: copy, data: { ...data } });
    town.people.delete("id-1");
    await syncNow("a");
    expect(tableOf("a")).not.toContain("user1@a.test");
    expect(town.configMap("a-recipients-of-yesterday")?.data).toEqual(data);
  });
});

describe("A name that only a list carries, while another MailDomain claims it", () => {
  it("is looked at again: no event tells when that one lets it go", async () => {
    await publish("a", { domain: "a.test", aliasDomains: N }, STRICT);
    town.editDomain("a", { aliasDomains: [] });
    await syncNow("a");
    await town.addDomain("b", { domain: "n.test" });
    await town.cluster.client.delete(CONFIG_MAP, keyOf("a-routing"));
    const { requeueAfterMs } = await town.look("domain", "a");
    expect([town.routed("a"), readyOf("a")?.status, requeueAfterMs]).toEqual(["a.test", "True", 600_000]);
    await town.remove("domain", "b");
    await town.look("domain", "a");
    expect(town.routed("a")).toBe("a.test n.test");
  });
});

/** A look whose own writes come back as changes is not made again; whatever else changes is looked at. */
import { beforeEach, describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { createDomainReconciler } from "../../../src/domain/controller.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createRewind } from "../../../src/runtime/rewind.ts";
import type { Client, ReconcileResult } from "../../../src/runtime/types.ts";
import { createFakeClock } from "../../support/clock.ts";
import { SILENT } from "../../support/memory-operator.ts";
import { createTown, type Town } from "../../support/memory-town.ts";

const CONTEXT = { signal: new AbortController().signal, reconcileId: "x", log: SILENT };

/** A town whose MailDomain `a` another process looks at: how many requests each look takes, and what it answers. */
async function createWorld() {
  const town = await createTown();
  town.people.set("id-1", ["user@a.test", "user@n.test"]);
  await town.addDomain("a", { domain: "a.test", aliasDomains: [{ name: "n.test", recipients: "Directory" }] });
  await town.addSync("a", "a");
  town.ask("a", "sync", "t1");
  await town.work();
  const { client, store } = town.cluster;
  let requests = 0;
  const counting = Object.fromEntries(
    Object.entries(client).map(([verb, call]) => [
      verb,
      (...args: never[]) => {
        requests++;
        return (call as (...args: never[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Client;
  const clock = createFakeClock();
  const rewind = createRewind(SILENT);
  const stores = {
    domains: store<MailDomain>(MAIL_DOMAIN),
    syncs: store<O365Sync>(O365_SYNC),
    configMaps: store<ConfigMap>(CONFIG_MAP),
  };
  const deps = { clock, random: () => 0.5 };
  const reconcile = createDomainReconciler({ client: counting, deps, events: { event: () => {} }, stores, rewind });
  const look = async (): Promise<{ readonly requests: number; readonly result: ReconcileResult }> => {
    requests = 0;
    const result = await reconcile("mail/a", CONTEXT);
    return { requests, result };
  };
  return { town, clock, rewind, look };
}

let world: Awaited<ReturnType<typeof createWorld>>;
beforeEach(async () => {
  world = await createWorld();
});

const configMap = async (town: Town, name: string, change: (map: ConfigMap) => ConfigMap): Promise<void> => {
  const found = await town.cluster.client.get(CONFIG_MAP, { namespace: "mail", name });
  await town.cluster.client.replace(CONFIG_MAP, change(found));
};

describe("A look that follows another at once", () => {
  it("asks for nothing, also where the one before wrote", async () => {
    const { town, look } = world;
    await town.cluster.client.delete(CONFIG_MAP, { namespace: "mail", name: "a-routing" });
    expect((await look()).requests).toBeGreaterThan(3);
    expect(town.routed("a")).toBe("a.test n.test");
    expect(await look()).toEqual({ requests: 0, result: {} });
  });

  it("answers when the one before wanted to be made again", async () => {
    const { town, look } = world;
    town.editDomain("a", { inboundServers: [] });
    const { result } = await look();
    expect(result).toEqual({ requeueAfterMs: 600_000 });
    expect(await look()).toEqual({ requests: 0, result });
  });

  const changes: [string, (town: Town) => Promise<void> | void][] = [
    ["the spec of the MailDomain", (town) => town.editDomain("a", { deliveryPort: 2525 })],
    ["its routing, edited", (town) => configMap(town, "a-routing", (map) => ({ ...map, data: {} }))],
    [
      "its routing, deleted",
      (town) => town.cluster.client.delete(CONFIG_MAP, { namespace: "mail", name: "a-routing" }),
    ],
    ["the manifest", (town) => configMap(town, "a-manifest", (map) => ({ ...map, data: {} }))],
    [
      "a table of its list, deleted",
      (town) => town.cluster.client.delete(CONFIG_MAP, { namespace: "mail", name: "a-recipients" }),
    ],
    ["its O365Sync", (town) => town.editSync("a", { suspend: true })],
    ["its O365Sync, gone", (town) => town.remove("sync", "a")],
    ["another O365Sync that refers to it", (town) => town.addSync("b", "a")],
    ["a MailDomain that wants its name", (town) => town.addDomain("b", { domain: "a.test" })],
    ["a MailDomain that wants its alias domain", (town) => town.addDomain("b", { domain: "n.test" })],
  ];
  it.each(changes)("is made where something else changed in between: %s", async (_, change) => {
    const { town, look } = world;
    await look();
    expect((await look()).requests).toBe(0);
    await change(town);
    expect((await look()).requests).toBeGreaterThan(1);
  });

  it("is made where a name is wanted by somebody else that only the list still carries", async () => {
    const { town, look } = world;
    town.editDomain("a", { aliasDomains: [] });
    await look();
    await look();
    expect((await look()).requests).toBe(0);
    await town.addDomain("b", { domain: "n.test" });
    expect((await look()).requests).toBeGreaterThan(1);
  });

  it("is made after a failure", async () => {
    const { town, look } = world;
    await look();
    town.editDomain("a", { deliveryPort: 2525 });
    town.cluster.fail(1, "before");
    await expect(look()).rejects.toThrow("unavailable");
    expect((await look()).requests).toBeGreaterThan(1);
    expect(town.configMap("a-routing")?.data?.["transport"]).toContain(":2525");
  });

  it("is made where the versions of the API server went back: one of them may name two states", async () => {
    const { rewind, look } = world;
    await look();
    rewind.tell();
    expect((await look()).requests).toBeGreaterThan(1);
  });

  it("is made half a minute later: what no change tells is found", async () => {
    const { clock, look } = world;
    await look();
    await clock.advance(30_001);
    expect((await look()).requests).toBeGreaterThan(1);
  });
});

/** Two writers never interleave: what somebody decided on ground that has gone is refused, for tables, strays and routes. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Client } from "../../../src/runtime/types.ts";
import { createTown, type Town } from "../../support/memory-town.ts";
import { createMortal } from "../../support/mortal.ts";

const OPEN = { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } };
const ALIAS = [{ name: "n.test", recipients: "Directory" as const }];
const DAY_MS = 25 * 3_600_000;

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < 20; index++)
    town.people.set(`id-${index}`, [`user${index}@a.test`, `user${index}@n.test`]);
  await town.addDomain("a", { domain: "a.test", aliasDomains: ALIAS });
  await town.addSync("a", "a", OPEN);
  town.ask("a", "sync", "first");
  await town.work();
});

const isBegun = (): boolean => town.configMap("a-manifest")?.data?.["manifest.json"]?.includes('"intent"') === true;

/** A client that runs `between` once, before the first call that `is` accepts. */
function interrupted(is: (verb: string, name: string) => boolean, between: () => Promise<void>): Client {
  const { client } = town.cluster;
  let done = false;
  const stop = async (verb: string, name: string): Promise<void> => {
    if (done || !is(verb, name)) return;
    done = true;
    await between();
  };
  return {
    ...client,
    async get(type, key, options) {
      await stop("get", key.name);
      return client.get(type, key, options);
    },
    async replace(type, object, options) {
      await stop("replace", object.metadata.name);
      return client.replace(type, object, options);
    },
  };
}

/** Another process finishes what was begun, and puts the alias back. */
async function goOn(): Promise<void> {
  town.restart();
  await town.work();
  town.editDomain("a", { aliasDomains: ALIAS });
  town.ask("a", "sync", "back");
  await town.work();
  expect(town.routed("a")).toBe("a.test n.test");
}

describe("A process that is late", () => {
  it("takes no publication over that another one has finished meanwhile", async () => {
    town.editDomain("a", { aliasDomains: [] });
    town.ask("a", "sync", "gone");
    const mortal = createMortal(town.cluster.client);
    town.restart(mortal.client);
    town.cluster.onWrite(() => {
      if (isBegun() && !mortal.isDead) mortal.dieAt(1, "before");
    });
    await town.work().catch(() => {});
    expect([mortal.isDead, isBegun()]).toEqual([true, true]);
    const late = interrupted((_, name) => name === "a-accounts-0", goOn);
    town.restart(late);
    const { resourceVersion } = town.configMap("a-routing")?.metadata ?? {};
    await town.look("sync", "a").catch(() => {});
    expect(town.configMap("a-routing")?.metadata.resourceVersion).not.toBe(resourceVersion);
    expect(town.routed("a")).toBe("a.test n.test");
    town.restart();
    await town.work();
  });

  it("routes no name again that a publication has withdrawn meanwhile", async () => {
    town.restart(
      interrupted(
        (verb, name) => verb === "replace" && name === "a-routing",
        async () => {
          town.restart();
          town.editDomain("a", { aliasDomains: [], inboundServers: [{ host: "mx.other.test", preference: 1 }] });
          town.ask("a", "sync", "gone");
          for (let round = 0; round < 5; round++) await town.look("sync", "a");
          expect(town.routed("a")).toBe("a.test");
        },
      ),
    );
    town.editDomain("a", { inboundServers: [{ host: "mx.new.test", preference: 1 }] });
    await expect(town.look("domain", "a")).rejects.toMatchObject({ reason: "Conflict" });
    expect(town.routed("a")).toBe("a.test");
  });
});

describe("A ConfigMap that is left over", () => {
  it("goes after the commit, and only as it was seen", async () => {
    const deleted: unknown[] = [];
    const { client } = town.cluster;
    town.restart({
      ...client,
      delete(type, key, options) {
        const { metadata } = town.configMap(key.name) ?? {};
        const seen = { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion };
        const named = town.configMap("a-manifest")?.data?.["manifest.json"]?.includes(`"${key.name}"`);
        deleted.push({
          name: key.name,
          isSeen: JSON.stringify(options?.preconditions) === JSON.stringify(seen),
          named,
          begun: isBegun(),
        });
        return client.delete(type, key, options);
      },
    });
    town.editSync("a", { output: { formats: ["postfix"], shards: 2, deletionPolicy: "Orphan" } });
    await town.work();
    expect(deleted).toEqual([]);
    town.now += DAY_MS;
    await town.work();
    expect(deleted).toEqual([{ name: "a-recipients", isSeen: true, named: false, begun: false }]);
  });
});

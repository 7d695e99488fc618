/** Who may edit ConfigMaps fills a routing with names, where no manifest tells which of them are a list's. */
import { expect, it } from "vitest";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createTown } from "../../support/memory-town.ts";
import { watched } from "../../support/slices.ts";

const keyOf = (name: string) => ({ namespace: "mail", name });
/** Of the whole reconcile, by the thread's clock. A step for each pair of names took minutes. */
const MOST_MS = 1000;
/** Of any turn of the event loop in it: a text of a mebibyte is split, and joined, in one go. */
const LONGEST_MS = 100;

it.each(["first", "last"])(
  "A mebibyte of names costs nobody time, and the domain stays routed that stands there %s",
  async (place) => {
    const town = await createTown();
    town.people.set("id-1", ["ada@a.test"]);
    await town.addDomain("a", { domain: "a.test" });
    await town.addSync("a", "a");
    town.ask("a", "sync", "first");
    await town.work();
    await town.cluster.client.delete(CONFIG_MAP, keyOf("a-manifest"));
    const found = town.configMap("a-routing");
    const own = `${found?.data?.["relay_domains"]}`;
    const names = `${Array.from({ length: 90_000 }, (_, index) => `x${index}.ex`).join("\n")}\n`;
    await town.cluster.client.replace<ConfigMap>(CONFIG_MAP, {
      ...found,
      metadata: found?.metadata ?? { name: "a-routing" },
      data: { ...found?.data, relay_domains: place === "first" ? own + names : names + own },
    });
    const { longestMs, totalMs } = await watched(() => town.look("domain", "a"));
    expect(totalMs).toBeLessThan(MOST_MS);
    expect(longestMs).toBeLessThan(LONGEST_MS);
    expect(town.configMap("a-routing")?.data?.["relay_domains"]).toContain("a.test OK\n");
  },
);

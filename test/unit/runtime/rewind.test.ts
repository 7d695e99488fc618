/** A server whose versions went back: who reads an object of another history than its caches notices before it goes on. */
import { describe, expect, it } from "vitest";
import { CONFIG_MAP, type ConfigMap, type KubeObject } from "../../../src/runtime/kube.ts";
import { createNoticingClient } from "../../../src/runtime/noticing-client.ts";
import { createRewind } from "../../../src/runtime/rewind.ts";
import { createStore } from "../../../src/runtime/store.ts";
import type { Client } from "../../../src/runtime/types.ts";
import { createFakeClock } from "../../support/clock.ts";
import { createMemoryLog } from "./support/logger.ts";

const map = (version: string | undefined, text = "", uid = "u1"): ConfigMap => ({
  metadata: { name: "a", namespace: "mail", uid, ...(version !== undefined && { resourceVersion: version }) },
  data: { text },
});
const KEY = { namespace: "mail", name: "a" };

/** A cache that has seen everything up to version 900, and an API server that answers `live`. */
function setUp(cached: ConfigMap | undefined, live: ConfigMap, namespace: string | undefined = "mail") {
  const store = createStore<ConfigMap>();
  if (cached !== undefined) store.put(cached);
  const cache = { type: CONFIG_MAP, namespace, store, version: "900" as string | undefined, hasSynced: true };
  const clock = createFakeClock();
  const rewind = createRewind(createMemoryLog());
  rewind.onTold(() => {
    cache.hasSynced = false;
    cache.version = undefined;
  });
  const state = { live, reads: 0 };
  const get = (): Promise<ConfigMap> => {
    state.reads += 1;
    return Promise.resolve(state.live);
  };
  const client = createNoticingClient({
    client: { get } as unknown as Client,
    caches: () => [cache, { ...cache, namespace: "other", hasSynced: false }],
    rewind,
    clock,
  });
  return { client, cache, clock, rewind, state };
}

describe("An object that is read", () => {
  it.each<[string, ConfigMap | undefined, ConfigMap]>([
    ["as the cache has it", map("400"), map("400")],
    ["newer than all that the cache has seen", map("400"), map("901")],
    ["that the cache does not hold", undefined, map("400")],
    ["whose version the cache does not keep", map(undefined), map("400")],
    ["with versions that are no numbers", map("x"), map("y")],
  ])("%s tells nothing", async (_, cached, live) => {
    const { client, rewind } = setUp(cached, live);
    expect(await client.get(CONFIG_MAP, KEY)).toBe(live);
    expect(rewind.times).toBe(0);
  });

  it.each<[string, ConfigMap]>([
    ["older than in the cache", map("300")],
    ["changed since, at a version that the cache was past", map("800")],
    ["made anew since, at a version that the cache was past", map("800", "", "u2")],
  ])("%s has the caches of its namespace listed anew, and is read again", async (_, live) => {
    const { client, cache, clock, rewind, state } = setUp(map("400"), live);
    let answer: KubeObject | undefined;
    void client.get(CONFIG_MAP, KEY).then((found) => {
      answer = found;
    });
    await clock.advance(10_000);
    expect([rewind.times, answer, state.reads]).toEqual([1, undefined, 1]);
    state.live = map("850");
    cache.hasSynced = true;
    await clock.advance(100);
    expect([rewind.times, answer, state.reads]).toEqual([1, state.live, 2]);
  });

  it("is told once, however many are read at the same moment", async () => {
    const { client, cache, clock, rewind } = setUp(map("400"), map("300"), undefined);
    const reads = [client.get(CONFIG_MAP, KEY), client.get(CONFIG_MAP, KEY)];
    await clock.advance(10);
    cache.hasSynced = true;
    await clock.advance(100);
    await Promise.all(reads);
    expect(rewind.times).toBe(1);
  });

  it("is not waited for when the work is told to stop", async () => {
    const { client, clock } = setUp(map("400"), map("300"));
    const stop = new AbortController();
    const read = client.get(CONFIG_MAP, KEY, { signal: stop.signal }).catch((error: unknown) => error);
    await clock.advance(100);
    stop.abort(new Error("shutting down"));
    expect(await read).toMatchObject({ message: "shutting down" });
  });
});

/** Whoever may write ConfigMaps can write as much into their metadata as the API server takes; the cache holds what is ours. */
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../../src/runtime/client.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createReflector, type ReflectorOptions } from "../../../src/runtime/reflector.ts";
import type { Reflector } from "../../../src/runtime/types.ts";
import { createMemoryLog } from "./support/logger.ts";
import { events, json, type Script, type ScriptedServer, startScriptedServer } from "./support/scripted-server.ts";
import { createFastDeps, until } from "./support/wait.ts";

let server: ScriptedServer;
const stop = { controller: new AbortController(), running: Promise.resolve() };
afterEach(async () => {
  stop.controller.abort(new Error("test over"));
  await stop.running;
  await server.close();
});

async function setUp(
  scripts: Script[],
  options: Partial<ReflectorOptions<ConfigMap>> = {},
): Promise<{ readonly reflector: Reflector<ConfigMap> }> {
  server = await startScriptedServer(scripts);
  const deps = createFastDeps(30);
  const client = createClient(server.access, deps);
  const reflector = createReflector({ client, type: CONFIG_MAP, deps, log: createMemoryLog(), ...options });
  stop.controller = new AbortController();
  stop.running = reflector.run(stop.controller.signal);
  return { reflector };
}

const object = (name: string, uid: string, version: number): ConfigMap => ({
  metadata: { name, namespace: "mail", uid, resourceVersion: String(version) },
});
const list = (version: number, items: ConfigMap[], next?: string): Script =>
  json({ metadata: { resourceVersion: String(version), continue: next }, items });
/** A watch that stays silent until the test is over. */
const quiet = events([], "stall");

describe("What other people write into objects", () => {
  const isOwnKey = (key: string): boolean => key.startsWith("own/");
  const crowded = (name: string): ConfigMap => ({
    metadata: {
      ...object(name, `u-${name}`, 3).metadata,
      labels: { "own/a": "1", other: "2" },
      annotations: { "own/b": "3", huge: "x".repeat(250_000) },
      finalizers: Array.from({ length: 1000 }, (_, index) => `evil.example/${index}`),
    },
  });

  it("is not kept where it is more than an object of its own would have, and such an object counts as unknown", async () => {
    const { reflector } = await setUp([list(1, [crowded("a"), object("b", "u2", 4)]), quiet], {
      isOwnKey,
      metadataOnly: true,
    });
    await until("it has synced", () => reflector.hasSynced);
    expect(reflector.store.get("mail/a")?.metadata).toEqual({
      name: "a",
      namespace: "mail",
      uid: "u-a",
      labels: { "own/a": "1" },
      annotations: { "own/b": "3" },
      ownerReferences: [],
    });
    expect(reflector.store.get("mail/b")?.metadata.resourceVersion).toBe("4");
  });

  it("takes a hundred ConfigMaps with 250 kB of annotations no more room than a hundred without", async () => {
    const { reflector } = await setUp(
      [
        ...Array.from({ length: 10 }, (_, page) =>
          list(
            1,
            Array.from({ length: 10 }, (__, index) => crowded(`a${page * 10 + index}`)),
            "more",
          ),
        ),
        list(1, []),
        quiet,
      ],
      { isOwnKey, metadataOnly: true },
    );
    await until("it has synced", () => reflector.hasSynced);
    expect(reflector.store.size).toBe(100);
    expect(JSON.stringify(reflector.store.list()).length).toBeLessThan(100 * 400);
  });

  it("is listed in smaller pages where a page would be more than 16 MiB", async () => {
    const large: Script = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"items": ["${"x".repeat(17 * 2 ** 20)}"]}`);
    };
    const { reflector } = await setUp([
      large,
      list(1, [object("a", "u1", 1)], "two"),
      list(1, [object("b", "u2", 2)]),
      quiet,
    ]);
    await until("it has synced", () => reflector.hasSynced);
    expect(server.requests.slice(0, 3).map(({ query }) => query.get("limit"))).toEqual(["500", "63", "63"]);
    expect(reflector.store.size).toBe(2);
  });
});

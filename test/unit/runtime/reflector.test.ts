import { afterEach, describe, expect, it } from "vitest";
import type { Deps } from "../../../src/base/deps.ts";
import { createClient } from "../../../src/runtime/client.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { createReflector, type ReflectorOptions } from "../../../src/runtime/reflector.ts";
import { createRewind } from "../../../src/runtime/rewind.ts";
import type { Reflector } from "../../../src/runtime/types.ts";
import { createFakeClock } from "../../support/clock.ts";
import { createMemoryLog } from "./support/logger.ts";
import {
  events,
  hang,
  json,
  reset,
  type Script,
  type ScriptedServer,
  startScriptedServer,
  status,
} from "./support/scripted-server.ts";
import { createFastDeps, until } from "./support/wait.ts";

let server: ScriptedServer;
const stop = { controller: new AbortController(), running: Promise.resolve() };
afterEach(async () => {
  stop.controller.abort(new Error("test over"));
  await stop.running;
  await server.close();
});

interface World {
  readonly reflector: Reflector<ConfigMap>;
  /** Each change as `added a u1 v1`: kind, name, uid, resourceVersion. */
  readonly changes: string[];
  readonly log: ReturnType<typeof createMemoryLog>;
}

/** Waits take a hundredth of their time: a dead watch is noticed after 250 ms. */
async function setUp(
  scripts: Script[],
  options: Partial<ReflectorOptions<ConfigMap>> = {},
  deps: Deps = createFastDeps(30),
): Promise<World> {
  server = await startScriptedServer(scripts);
  const log = createMemoryLog();
  const client = createClient(server.access, deps);
  const reflector = createReflector({ client, type: CONFIG_MAP, deps, log, ...options });
  const changes: string[] = [];
  reflector.onChange((change) => {
    const { name, uid, resourceVersion } = (change.kind === "deleted" ? change.old : change.object).metadata;
    changes.push(`${change.kind} ${name} ${uid} v${resourceVersion}`);
  });
  stop.controller = new AbortController();
  stop.running = reflector.run(stop.controller.signal);
  return { reflector, changes, log };
}

function object(name: string, uid: string, version: number): ConfigMap {
  const managedFields = [{ manager: "kubectl" }];
  return { metadata: { name, namespace: "mail", uid, resourceVersion: String(version), managedFields } };
}

function list(version: number, items: ConfigMap[], next?: string): Script {
  return json({ metadata: { resourceVersion: String(version), continue: next }, items });
}

const event = (type: string, item: object): object => ({ type, object: item });
const bookmark = (version: number): object => event("BOOKMARK", { metadata: { resourceVersion: String(version) } });
const gone = { kind: "Status", apiVersion: "v1", status: "Failure", code: 410, reason: "Expired" };
/** A watch that stays silent until the test is over. */
const quiet = events([], "stall");

/** What was asked, in short: `list`, `list token`, `watch 7`. */
function asked(): string[] {
  return server.requests.map(({ query }) =>
    query.has("watch") ? `watch ${query.get("resourceVersion")}` : `list ${query.get("continue") ?? ""}`.trim(),
  );
}

/** A watch may last as long as it likes, without a timer. */
function slowDeps() {
  const { clock, random } = createFastDeps(30);
  let passed = 0;
  const endAfter =
    (ms: number): Script =>
    (_, response) => {
      passed += ms;
      response.writeHead(200, { "content-type": "application/json" }).end();
    };
  return { deps: { clock: { ...clock, monotonic: () => clock.monotonic() + passed }, random }, endAfter };
}

describe("a reflector", () => {
  it("lists, then watches from the list's version", async () => {
    const { reflector, changes } = await setUp([
      list(5, [object("a", "u1", 3)]),
      events(
        [
          event("ADDED", object("b", "u2", 6)),
          event("MODIFIED", object("a", "u1", 7)),
          event("DELETED", object("b", "u2", 8)),
        ],
        "stall",
      ),
    ]);
    expect(reflector.hasSynced).toBe(false);
    await until("all events are seen", () => changes.length === 4);
    expect(changes).toEqual(["added a u1 v3", "added b u2 v6", "updated a u1 v7", "deleted b u2 v8"]);
    expect(asked()).toEqual(["list", "watch 5"]);
    expect(reflector.hasSynced).toBe(true);
    expect(reflector.store.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
    expect(reflector.store.get("mail/a")?.metadata.resourceVersion).toBe("7");
  });

  it("keeps kind and apiVersion, which list items lack, and drops managedFields", async () => {
    const { reflector } = await setUp([list(1, [object("a", "u1", 1)]), quiet]);
    await until("it has synced", () => reflector.hasSynced);
    expect(reflector.store.get("mail/a")).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "mail", uid: "u1", resourceVersion: "1" },
    });
  });

  it("asks for the namespace and labels it was made for, in pages of 500, with short watches", async () => {
    const { reflector } = await setUp([list(1, []), quiet], { namespace: "mail", labelSelector: "x=y" });
    await until("the watch is open", () => reflector.hasSynced && server.requests.length === 2);
    expect(server.requests.map(({ path }) => path)).toEqual(Array(2).fill("/api/v1/namespaces/mail/configmaps"));
    const [first, second] = server.requests.map(({ query }) => Object.fromEntries(query));
    expect(first).toEqual({ labelSelector: "x=y", limit: "500" });
    expect(second).toMatchObject({ labelSelector: "x=y", allowWatchBookmarks: "true", timeoutSeconds: "20" });
  });

  it("has synced only when the last page is in", async () => {
    const { reflector, changes } = await setUp([
      list(5, [object("a", "u1", 1)], "two"),
      list(5, [object("b", "u2", 2)], "three"),
      hang,
    ]);
    await until("the third page is asked for", () => server.requests.length === 3);
    expect(reflector.hasSynced).toBe(false);
    expect(changes).toEqual([]);
    expect(asked()).toEqual(["list", "list two", "list three"]);
  });

  it("lists anew when the versions of the server go back, and says so (issue 17, point 9)", async () => {
    const { changes, log } = await setUp([
      list(900, [object("a", "u1", 800), object("b", "u2", 850)]),
      events([bookmark(500)], "stall"),
      list(500, [object("a", "u1", 400)]),
      quiet,
    ]);
    await until("it watches again", () => server.requests.length === 4);
    expect(asked()).toEqual(["list", "watch 900", "list", "watch 500"]);
    expect(changes).toEqual(["added a u1 v800", "added b u2 v850", "deleted b u2 v850", "updated a u1 v400"]);
    expect(log.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      "Listing anew: the API server's versions went back, as after a restore of etcd",
    ]);
  });

  it("lists anew at once when somebody else has noticed, and is out of step until it has", async () => {
    const rewind = createRewind(createMemoryLog());
    const { reflector, changes } = await setUp(
      [list(900, [object("a", "u1", 800)]), quiet, hang, list(500, [object("a", "u1", 400)]), quiet],
      { rewind },
    );
    await until("the watch is open", () => server.requests.length === 2);
    rewind.tell();
    expect([reflector.hasSynced, reflector.version]).toEqual([false, undefined]);
    await until("it lists anew", () => server.requests.length === 3);
    // What is under way may be of before.
    rewind.tell();
    await until("it watches again", () => server.requests.length === 5);
    expect(asked()).toEqual(["list", "watch 900", "list", "list", "watch 500"]);
    expect(changes).toEqual(["added a u1 v800", "updated a u1 v400"]);
    expect([reflector.hasSynced, reflector.version]).toEqual([true, "500"]);
  });

  it("asks for the version when a watch tells none, and does not take a version for the state that it was", async () => {
    const { deps, endAfter } = slowDeps();
    const edited = { ...object("a", "u1", 800), data: { key: "of after the restore" } };
    // Each watch ends after five minutes of silence, which is when the version is asked for.
    const { changes } = await setUp(
      [list(900, [object("a", "u1", 800)]), endAfter(5 * 60_000), list(850, []), list(850, [edited]), quiet],
      {},
      deps,
    );
    await until("it watches again", () => server.requests.length === 5);
    expect(server.requests[2]?.query.get("limit")).toBe("1");
    expect(asked()).toEqual(["list", "watch 900", "list", "list", "watch 850"]);
    expect(changes).toEqual(["added a u1 v800", "updated a u1 v800"]);
  });

  it("lists everything anew within the hour, whatever the watches say (issue 17, point 9)", async () => {
    const { deps, endAfter } = slowDeps();
    await setUp([list(5, []), endAfter(60 * 60_000), list(6, []), quiet], {}, deps);
    await until("it watches again", () => server.requests.length === 4);
    expect(asked()).toEqual(["list", "watch 5", "list", "watch 6"]);
  });

  it("tells the same trouble once, and says which it is as long as it lasts (issue 17, point 7)", async () => {
    const forbidden = status(403, "Forbidden");
    const { reflector, log } = await setUp([forbidden, forbidden, forbidden, hang]);
    await until("it was refused three times", () => server.requests.length === 4);
    expect(reflector.trouble).toBe("403 Forbidden");
    expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("begins the list anew when its continue token has expired", async () => {
    const { reflector, changes } = await setUp([
      list(5, [object("a", "u1", 1)], "two"),
      status(410, "Expired"),
      list(9, [object("b", "u2", 8)]),
      quiet,
    ]);
    await until("it has synced", () => reflector.hasSynced && server.requests.length === 4);
    expect(asked()).toEqual(["list", "list two", "list", "watch 9"]);
    expect(changes).toEqual(["added b u2 v8"]);
  });

  it("lists anew, not watches, when a later page failed", async () => {
    const { reflector } = await setUp([list(5, [], "two"), status(403, "Forbidden"), list(9, []), quiet]);
    await until("it has synced", () => reflector.hasSynced);
    expect(asked().slice(0, 3)).toEqual(["list", "list two", "list"]);
  });

  it("watches on from the last bookmark", async () => {
    await setUp([list(5, []), events([bookmark(70)]), quiet]);
    await until("the watch goes on", () => server.requests.length === 3);
    expect(asked()).toEqual(["list", "watch 5", "watch 70"]);
  });

  const added = event("ADDED", object("a", "u1", 6));
  it.each<[string, Script]>([
    ["a reset", events([added], "reset")],
    ["a half-open connection", events([added], "stall")],
    ["a broken line", events([added, '{"type":"MODIFI'])],
    [
      "an ERROR event that is not 410",
      events([added, event("ERROR", { ...gone, code: 500, reason: "InternalError" })]),
    ],
  ])("goes on from the last event after %s, without listing anew", async (_, watch) => {
    const { changes } = await setUp([list(5, []), watch, events([event("MODIFIED", object("a", "u1", 7))], "stall")]);
    await until("the next event is seen", () => changes.length === 2);
    expect(asked().slice(0, 3)).toEqual(["list", "watch 5", "watch 6"]);
    expect(changes).toEqual(["added a u1 v6", "updated a u1 v7"]);
  });

  it("notices a half-open connection within 30 s and goes on over a new one", async () => {
    const clock = createFakeClock();
    const { log } = await setUp([list(5, []), quiet, quiet], {}, { clock, random: () => 0 });
    await until("the watch is open", () => server.requests.length === 2);
    await clock.advance(24_000);
    expect(log.lines).toEqual([]);
    await clock.advance(1_000);
    await until("the silence is noticed", () => log.lines.length === 1);
    await clock.advance(1_000);
    await until("the next watch is open", () => server.requests.length === 3);
    expect(server.connections).toBe(2);
  });

  it.each<[string, Script]>([
    ["a reset", reset],
    ["401, credentials read anew", status(401, "Unauthorized")],
    ["429 with Retry-After", status(429, "TooManyRequests", "", { "retry-after": "1" })],
    ["500", status(500, "InternalError")],
    ["403", status(403, "Forbidden")],
    ["404: the CRD is not there yet", status(404, "NotFound")],
  ])("outlives %s, on the list as on the watch", async (_, trouble) => {
    const { changes } = await setUp([trouble, list(5, []), trouble, events([added], "stall")]);
    await until("the event is seen", () => changes.length === 1);
    expect(changes).toEqual(["added a u1 v6"]);
  });

  it.each<[string, Script]>([
    ["an answer 410", status(410, "Expired")],
    ["an ERROR event 410", events([event("ERROR", gone)])],
  ])(
    "after %s lists anew and tells what vanished, changed, or is another object of the same name",
    async (_, expired) => {
      const before = [
        object("same", "u1", 1),
        object("changed", "u2", 2),
        object("gone", "u3", 3),
        object("reborn", "u4", 4),
      ];
      const after = [
        object("same", "u1", 1),
        object("changed", "u2", 20),
        object("reborn", "u9", 21),
        object("new", "u5", 22),
      ];
      const { reflector, changes } = await setUp([list(5, before), expired, list(30, after), quiet]);
      await until("the second watch is open", () => server.requests.length === 4);
      expect(changes.slice(4)).toEqual([
        "deleted gone u3 v3",
        "updated changed u2 v20",
        "deleted reborn u4 v4",
        "added reborn u9 v21",
        "added new u5 v22",
      ]);
      expect(reflector.store.size).toBe(4);
      expect(asked().at(-1)).toBe("watch 30");
    },
  );

  it("tells a delete and an add when an event brings another object of the same name", async () => {
    const { changes } = await setUp([
      list(5, [object("a", "u1", 1)]),
      events([event("MODIFIED", object("a", "u2", 9))], "stall"),
    ]);
    await until("it is seen", () => changes.length > 1);
    expect(changes.slice(1)).toEqual(["deleted a u1 v1", "added a u2 v9"]);
  });

  it("says nothing about an object that it knows already", async () => {
    const known = event("MODIFIED", object("a", "u1", 1));
    const { changes } = await setUp([
      list(5, [object("a", "u1", 1)]),
      events([known, event("ADDED", object("b", "u2", 2))], "stall"),
    ]);
    await until("b is seen", () => changes.length > 1);
    expect(changes).toEqual(["added a u1 v1", "added b u2 v2"]);
  });

  it("logs a handler that throws, and goes on with the others", async () => {
    const { reflector, changes, log } = await setUp([
      list(5, [object("a", "u1", 1)]),
      events([added, event("MODIFIED", object("a", "u1", 7))], "stall"),
    ]);
    reflector.onChange(() => {
      throw new Error("bug");
    });
    const seen: unknown[] = [];
    reflector.onChange(({ kind }) => seen.push(kind));
    await until("all is seen", () => changes.length === 3);
    expect(seen).toEqual(["added", "updated", "updated"]);
    expect(log.lines.map(({ message }) => message)).toEqual(Array(3).fill("Change handler failed"));
  });

  it("does not spin when each watch ends at once", async () => {
    const { reflector } = await setUp([list(5, []), events([])]);
    await until("it has synced", () => reflector.hasSynced);
    await new Promise((resolve) => setTimeout(resolve, 150));
    // 15 s here: waits of 0.6, 1.2, 2.4, 4.8, 9.6 s.
    expect(server.requests.length).toBeLessThan(8);
  });

  it("waits as long as a busy server says", async () => {
    const busy = status(429, "TooManyRequests", "", { "retry-after": "40" });
    const { reflector } = await setUp([busy, list(5, []), quiet]);
    const started = Date.now();
    await until("it has synced", () => reflector.hasSynced);
    expect((Date.now() - started) * 100).toBeGreaterThan(39_000);
  });

  it("stops at once, also in the middle of a watch", async () => {
    const { reflector } = await setUp([list(5, []), quiet]);
    await until("the watch is open", () => reflector.hasSynced && server.requests.length === 2);
    stop.controller.abort();
    await stop.running;
    await until("the connection is closed", () => server.openConnections === 0);
    expect(server.requests).toHaveLength(2);
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { type Deps, systemDeps } from "../../../src/base/deps.ts";
import { type ClientOptions, createClient } from "../../../src/runtime/client.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { ApiError, type Client, type WatchEvent } from "../../../src/runtime/types.ts";
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

const KEY = { namespace: "mail", name: "a" };
const OBJECT: ConfigMap = { metadata: { ...KEY, resourceVersion: "1" } };

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function setUp(
  scripts: Script[],
  options?: ClientOptions,
  deps: Deps = createFastDeps(30),
): Promise<{ client: Client; server: ScriptedServer }> {
  server = await startScriptedServer(scripts);
  return { client: createClient(server.access, deps, options), server };
}

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
}

async function collect(client: Client, timeoutSeconds = 20, signal?: AbortSignal): Promise<WatchEvent<ConfigMap>[]> {
  const seen: WatchEvent<ConfigMap>[] = [];
  for await (const event of client.watch(CONFIG_MAP, { resourceVersion: "1", timeoutSeconds, signal }))
    seen.push(event);
  return seen;
}

describe("a request", () => {
  const core = "/api/v1/namespaces/mail/configmaps";
  it.each<[string, (client: Client) => Promise<unknown>, string, string]>([
    ["get", (c) => c.get(CONFIG_MAP, KEY), "GET", `${core}/a`],
    ["list in a namespace", (c) => c.list(CONFIG_MAP, { namespace: "mail", limit: 2 }), "GET", `${core}?limit=2`],
    [
      "list everywhere",
      (c) => c.list(CONFIG_MAP, { labelSelector: "a=b" }),
      "GET",
      "/api/v1/configmaps?labelSelector=a%3Db",
    ],
    ["create", (c) => c.create(CONFIG_MAP, OBJECT), "POST", `${core}?fieldManager=o365-sync-operator`],
    ["replace", (c) => c.replace(CONFIG_MAP, OBJECT), "PUT", `${core}/a?fieldManager=o365-sync-operator`],
    [
      "patch the status",
      (c) => c.patch(CONFIG_MAP, KEY, {}, { subresource: "status" }),
      "PATCH",
      `${core}/a/status?fieldManager=o365-sync-operator`,
    ],
    ["delete", (c) => c.delete(CONFIG_MAP, KEY), "DELETE", `${core}/a`],
  ])("to %s goes where the API server expects it", async (_, call, method, path) => {
    const { client, server } = await setUp([json({ metadata: { name: "a" }, items: [] })]);
    await call(client);
    const [seen] = server.requests;
    const query = seen?.query.toString();
    expect([seen?.method, `${seen?.path}${query && `?${query}`}`]).toEqual([method, path]);
    expect(seen?.headers).toMatchObject({ authorization: "Bearer token-0", "user-agent": "o365-sync-operator" });
  });

  it("deletes only the object that the preconditions name", async () => {
    const { client, server } = await setUp([json({})]);
    await client.delete(CONFIG_MAP, KEY, { preconditions: { uid: "u", resourceVersion: "7" } });
    expect(JSON.parse(server.requests[0]?.body ?? "")).toMatchObject({
      kind: "DeleteOptions",
      preconditions: { uid: "u", resourceVersion: "7" },
    });
  });

  it("asks for metadata only in the form that list and watch need", async () => {
    const { client, server } = await setUp([json({ metadata: {}, items: [] }), events([])]);
    await client.list(CONFIG_MAP, { metadataOnly: true });
    for await (const _ of client.watch(CONFIG_MAP, { resourceVersion: "1", metadataOnly: true }));
    expect(server.requests.map(({ headers }) => headers.accept?.split(",")[0])).toEqual([
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    ]);
  });

  it.each([{ name: "", namespace: "mail" }, { name: "a" }])(
    "never means a whole collection: %o is refused",
    async (key) => {
      const { client, server } = await setUp([json({})]);
      await expect(async () => client.delete(CONFIG_MAP, key)).rejects.toThrow(TypeError);
      expect(server.requests).toHaveLength(0);
    },
  );

  it("goes over the connection of the one before, watches included", async () => {
    const { client, server } = await setUp([json({}), json({}), events([]), status(404, "NotFound"), json({})]);
    await client.get(CONFIG_MAP, KEY);
    await client.create(CONFIG_MAP, OBJECT);
    await collect(client);
    await failureOf(client.get(CONFIG_MAP, KEY));
    await client.get(CONFIG_MAP, KEY);
    expect(server.requests).toHaveLength(5);
    expect(server.connections).toBe(1);
  });

  it("trusts no idle connection after one went dead", async () => {
    const waiting: (() => void)[] = [];
    const together: Script = (request, response) => {
      waiting.push(() => json({})(request, response));
      if (waiting.length === 2) for (const answer of waiting) answer();
    };
    const { client, server } = await setUp([together, together, hang, json({})], { timeoutMs: 10_000 });
    await Promise.all([client.get(CONFIG_MAP, KEY), client.get(CONFIG_MAP, KEY)]);
    await failureOf(client.get(CONFIG_MAP, KEY));
    expect(server.connections).toBe(2);
    await client.get(CONFIG_MAP, KEY);
    expect(server.connections).toBe(3);
  });

  it("is told to the observer, attempt by attempt", async () => {
    const codes: string[] = [];
    const { client } = await setUp([reset, status(500, "InternalError"), json({})], {
      onRequest: ({ verb, code }) => codes.push(`${verb} ${code}`),
    });
    await client.get(CONFIG_MAP, KEY);
    expect(codes).toEqual(["GET <error>", "GET 500", "GET 200"]);
  });
});

describe("a failed request", () => {
  const get = (c: Client): Promise<unknown> => c.get(CONFIG_MAP, KEY);
  const put = (c: Client): Promise<unknown> => c.replace(CONFIG_MAP, OBJECT);
  const throttled = status(429, "TooManyRequests", "slow down", { "retry-after": "1" });
  it.each<[string, (client: Client) => Promise<unknown>, Script, number]>([
    ["a read after a reset is repeated", get, reset, 2],
    ["a read after 500 is repeated", get, status(500, "InternalError"), 2],
    ["a read after 503 is repeated", get, status(503, "ServiceUnavailable"), 2],
    ["a read after 429 is repeated", get, throttled, 2],
    [
      "a read after a cut body is repeated",
      get,
      (_, r) => {
        r.writeHead(200, { "content-length": 99 });
        r.write("{", () => r.destroy());
      },
      2,
    ],
    ["a write after 429 is repeated: the server did nothing", put, throttled, 2],
    ["a write after a reset is not: the server may have written", put, reset, 1],
    ["a write after 500 is not", put, status(500, "InternalError"), 1],
    [
      "a write after 503 with Retry-After is not",
      put,
      status(503, "ServiceUnavailable", "", { "retry-after": "1" }),
      1,
    ],
    ["a read after 501 is not: it will not be implemented a second later", get, status(501, "NotImplemented"), 1],
    ["a read after 404 is not", get, status(404, "NotFound"), 1],
    ["a read after 403 is not", get, status(403, "Forbidden"), 1],
    [
      "a read told to wait over 30 s is not: the caller decides",
      get,
      status(429, "TooManyRequests", "", { "retry-after": "31" }),
      1,
    ],
  ])("%s", async (_, call, script, requests) => {
    const { client, server } = await setUp([script, json({ metadata: { name: "a" } })]);
    await call(client).catch(() => {});
    expect(server.requests).toHaveLength(requests);
  });

  it("waits as long as Retry-After says", async () => {
    const slept: number[] = [];
    const { clock } = systemDeps;
    const deps = {
      random: () => 0,
      clock: {
        ...clock,
        sleep: (ms: number) => {
          slept.push(ms);
          return Promise.resolve();
        },
      },
    };
    const { client } = await setUp([status(429, "TooManyRequests", "", { "retry-after": "7" }), json({})], {}, deps);
    await client.get(CONFIG_MAP, KEY);
    expect(slept).toEqual([7_000]);
  });

  it("is given up after four attempts", async () => {
    const { client, server } = await setUp([status(500, "InternalError")]);
    expect(await failureOf(client.get(CONFIG_MAP, KEY))).toMatchObject({ status: 500, reason: "InternalError" });
    expect(server.requests).toHaveLength(4);
  });

  it("with 401 is repeated once with credentials read anew, whatever the verb", async () => {
    const { client, server } = await setUp([status(401, "Unauthorized"), json({}), status(401, "Unauthorized")]);
    await client.create(CONFIG_MAP, OBJECT);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-0", "Bearer token-1"]);
    expect(await failureOf(client.create(CONFIG_MAP, OBJECT))).toMatchObject({ status: 401 });
    expect(server.freshReads).toBe(2);
  });

  it.each<[string, Script]>([
    ["no head comes", hang],
    ["the body stops halfway", (_, response) => void response.writeHead(200, { "content-length": 100 }).write("{")],
  ])("times out when %s", async (_, script) => {
    const { client } = await setUp([script], { timeoutMs: 100 }, systemDeps);
    expect(await failureOf(client.get(CONFIG_MAP, KEY))).toMatchObject({ status: 0, reason: "Timeout" });
  });

  it("ends with the signal's reason when the caller gives up", async () => {
    const { client, server } = await setUp([hang]);
    const giveUp = new AbortController();
    const call = client.get(CONFIG_MAP, KEY, { signal: giveUp.signal });
    await until("the request has arrived", () => server.requests.length === 1);
    giveUp.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
  });

  it("names a refused connection", async () => {
    const { client, server } = await setUp([hang]);
    await server.close();
    const error = await failureOf(client.create(CONFIG_MAP, OBJECT));
    expect(error).toMatchObject({
      status: 0,
      reason: "ECONNREFUSED",
      message: "POST /api/v1/namespaces/mail/configmaps: no answer: ECONNREFUSED",
    });
    server.close = () => Promise.resolve();
  });

  it("tells once that the server cannot be reached, and once that it answers again (issue 17, point 19)", async () => {
    const told: (string | undefined)[] = [];
    const scripts = [reset, reset, json({}), json({}), reset, json({})];
    const { client } = await setUp(scripts, { onContact: (trouble) => void told.push(trouble) });
    for (let i = 0; i < 6 && told.length < 4; i++) await client.get(CONFIG_MAP, KEY).catch(() => undefined);
    expect(told).toEqual(["ECONNRESET", undefined, "ECONNRESET", undefined]);
  });

  it("does not repeat what a credential plugin printed", async () => {
    const authenticate = (): Promise<never> => Promise.reject(new Error("plugin: my secret"));
    const client = createClient(
      { server: "http://127.0.0.1:1", namespace: undefined, authenticate },
      createFastDeps(100),
    );
    const error = await failureOf(client.get(CONFIG_MAP, KEY));
    expect(error).toMatchObject({ status: 0, reason: "Credentials" });
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain("secret");
  });

  it("says what the server said, without refused values, addresses or the rest of the body", async () => {
    const invalid = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code: 422,
      reason: "Invalid",
      message: 'X is invalid: spec.recipients[0]: Invalid value: "jane@example.com"',
      details: {
        causes: [
          { field: "spec.recipients[0]", reason: "FieldValueInvalid", message: 'Invalid value: "jane@example.com"' },
        ],
      },
    };
    const { client } = await setUp([
      json(invalid, 422),
      status(403, "Forbidden", `jane@example.com ${"x".repeat(5000)}`),
      (_, response) => void response.writeHead(404).end("<html>secret page</html>"),
      (_, response) => void response.writeHead(200).end("secret text"),
    ]);
    const errors = [];
    for (let i = 0; i < 4; i++) errors.push(await failureOf(client.get(CONFIG_MAP, KEY)));
    const path = "GET /api/v1/namespaces/mail/configmaps/a";
    expect(errors[0]?.message).toBe(`${path}: 422 Invalid: spec.recipients[0]: Invalid value`);
    expect(errors[1]?.message.length).toBeLessThan(400);
    expect(errors.slice(2).map(({ message }) => message)).toEqual([
      `${path}: 404 Unknown`,
      `${path}: the answer is not JSON`,
    ]);
    expect(JSON.stringify(errors.map((error) => [error.message, error.body, String(error.cause)]))).not.toMatch(
      /jane|secret/,
    );
  });
});

describe("a watch", () => {
  const event = (rv: string, data = ""): object => ({
    type: "ADDED",
    object: { metadata: { name: "a", resourceVersion: rv }, data: { data } },
  });

  it("asks for bookmarks and an end", async () => {
    const { client, server } = await setUp([events([])]);
    await collect(client, 20);
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      timeoutSeconds: "20",
      resourceVersion: "1",
    });
  });

  it("puts events together whatever pieces they arrive in, also within a character", async () => {
    const bytes = Buffer.from(`${JSON.stringify(event("1", "Zoë 🚀"))}\n${JSON.stringify(event("2", "日本"))}\n`);
    const { client } = await setUp([
      (_, response) => {
        response.writeHead(200);
        let at = 0;
        const next = (): void => {
          if (at >= bytes.length) response.end();
          else response.write(bytes.subarray(at, ++at), () => setImmediate(next));
        };
        next();
      },
    ]);
    expect(await collect(client)).toEqual([event("1", "Zoë 🚀"), event("2", "日本")]);
  });

  it.each<[string, Script, Partial<ApiError>]>([
    ["the connection is reset", events([event("1")], "reset"), { status: 0, reason: "ECONNRESET" }],
    ["the body ends within an event", events([event("1"), '{"type":"MODI']), { status: 0, reason: "BrokenEvent" }],
    ["a line is not JSON", events(["what?\n"]), { status: 0, reason: "BrokenEvent" }],
    ["the server answers 410", status(410, "Expired"), { status: 410, reason: "Expired" }],
    ["the server answers 500", status(500, "InternalError"), { status: 500 }],
    ["nothing comes for 5 s past its end", events([event("1")], "stall"), { status: 0, reason: "Timeout" }],
    ["not even a head comes", hang, { status: 0, reason: "Timeout" }],
  ])("throws when %s", async (_, script, error) => {
    const { client } = await setUp([script]);
    expect(await failureOf(collect(client))).toMatchObject(error);
  });

  it("reads the credentials anew after 401", async () => {
    const { client, server } = await setUp([status(401, "Unauthorized"), events([event("1")])]);
    expect(await collect(client)).toHaveLength(1);
    expect(server.freshReads).toBe(1);
  });

  it("stays open as long as something comes now and then", async () => {
    const { client } = await setUp([
      (_, response) => {
        response.writeHead(200);
        let sent = 0;
        const timer = setInterval(() => {
          response.write(`${JSON.stringify(event(String(++sent)))}\n`);
          if (sent < 6) return;
          clearInterval(timer);
          response.end();
        }, 100);
      },
    ]);
    // 25 s of silence take 250 ms here, the whole watch 600 ms.
    expect(await collect(client)).toHaveLength(6);
  });

  it("ends with the signal's reason, and closes its connection", async () => {
    const { client, server } = await setUp([events([event("1")], "stall")]);
    const stop = new AbortController();
    const watch = collect(client, 20, stop.signal);
    await until("the watch is open", () => server.requests.length === 1);
    stop.abort(new Error("stopped"));
    await expect(watch).rejects.toThrow("stopped");
    await until("the connection is closed", () => server.openConnections === 0);
  });
});

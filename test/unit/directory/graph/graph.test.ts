import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTokenSource } from "../../../../src/directory/entra/token.ts";
import { createGraph, fetchJson, type Graph, type GraphOptions } from "../../../../src/directory/graph/graph.ts";
import { createTestDeps, type TestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";
import {
  entraError,
  graphError,
  inTurn,
  type Reply,
  reset,
  type ScriptedServer,
  silence,
  startServer,
  tokenReply,
  trustingHttp,
} from "../support/server.ts";

const fine: Reply = { json: { value: [] } };

let server: ScriptedServer;
let deps: TestDeps;
beforeEach(async () => {
  server = await startServer();
  deps = createTestDeps();
});
afterEach(() => server.close());

function createClient(more: Partial<GraphOptions> = {}): Graph {
  const http = trustingHttp();
  const credential = { kind: "clientSecret", clientId: "c", clientSecret: "s3cret-of-nobody" } as const;
  const connection = { cloud: "Global", tenantId: "t", credential } as const;
  const tokens = createTokenSource({ connection, endpoints: server.endpoints, http, deps });
  return createGraph({ origin: server.origin, http, tokens, deps, ...more });
}

const listUsers = (graph: Graph, signal = quiet()): Promise<unknown> =>
  fetchJson(graph, { operation: "listing users", path: "/users?$top=5", signal });

describe("a request to Graph", () => {
  it("carries the token and asks to be throttled before what people wait for", async () => {
    server.onGraph(() => fine);
    await expect(listUsers(createClient())).resolves.toEqual({ value: [] });
    expect(server.graph[0]).toMatchObject({
      method: "GET",
      path: "/v1.0/users?$top=5",
      headers: { authorization: expect.stringMatching(/^Bearer e/), "x-ms-throttle-priority": "Low" },
    });
  });

  it("follows a link with every parameter that Graph put into it", async () => {
    server.onGraph(() => fine);
    const path = `${server.origin}/v1.0/users?$skiptoken=RFNwdAIAAQAAAB%3d%3d_a+b&$select=id,mail&$top=999`;
    await createClient().call({ operation: "listing users", path, signal: quiet() });
    const query = new URLSearchParams(new URL(path).search);
    expect(Object.fromEntries(new URL(server.graph[0]?.path ?? "", server.origin).searchParams)).toEqual(
      Object.fromEntries(query),
    );
  });

  it("posts JSON", async () => {
    server.onGraph(() => fine);
    const body = { requests: [{ id: "0" }] };
    await createClient().call({ operation: "confirming removals", path: "/$batch", body, signal: quiet() });
    expect(server.graph[0]).toMatchObject({ method: "POST", path: "/v1.0/$batch", body: JSON.stringify(body) });
    expect(server.graph[0]?.headers["content-type"]).toBe("application/json");
  });

  it.each([429, 500, 502, 503, 504])("is repeated after a %i", async (status) => {
    server.onGraph(inTurn(graphError(status, "UnknownError"), graphError(status, "UnknownError"), fine));
    await listUsers(createClient());
    expect(server.graph).toHaveLength(3);
    expect(deps.pauses).toEqual([1000, 2000]);
  });

  it("waits as long as Graph asks, by seconds or by date", async () => {
    const date = new Date(deps.clock.now() + 45_000).toUTCString();
    server.onGraph(
      inTurn(
        graphError(429, "TooManyRequests", { "Retry-After": "17" }),
        graphError(503, "", { "Retry-After": date }),
        fine,
      ),
    );
    await listUsers(createClient());
    // 17 s of the 45 are over.
    expect(deps.pauses).toEqual([17_000, 28_000]);
  });

  it("ends the run when Graph asks for more than a minute, with the time in the Failure", async () => {
    server.onGraph(() => graphError(429, "TooManyRequests", { "Retry-After": "600" }));
    const failure = await failureOf(listUsers(createClient()));
    expect(server.graph).toHaveLength(1);
    expect(failure).toMatchObject({ kind: "retry", reason: "Throttled", retryAt: deps.clock.now() + 600_000 });
    expect(failure.message).toContain("not before 2026-01-01T00:10:00.000Z");
  });

  it.each([
    { trouble: "a reset", reply: reset, reason: "NetworkError" },
    { trouble: "silence", reply: silence, reason: "Timeout" },
  ])("is given up after four times $trouble", async ({ reply, reason }) => {
    server.onGraph(() => reply);
    const tokens = { get: async () => TOKEN, renew: async () => TOKEN };
    const failure = await failureOf(listUsers(createClient({ http: trustingHttp(300), tokens })));
    expect(failure).toMatchObject({ kind: "retry", reason });
    expect(server.graph).toHaveLength(4);
    expect(deps.pauses).toEqual([1000, 2000, 4000]);
  });
  const TOKEN = { value: "t", expiresAt: Number.POSITIVE_INFINITY, roles: [] };

  it("gets a new token once when the old one is refused", async () => {
    server.onGraph(inTurn(fine, graphError(401, "InvalidAuthenticationToken"), fine));
    const graph = createClient();
    await listUsers(graph);
    await listUsers(graph);
    expect(server.entra).toHaveLength(2);
    const [first, second, third] = server.graph.map(({ headers }) => headers.authorization);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(deps.pauses).toEqual([]);
  });

  it("gives up when the new token is refused too", async () => {
    server.onGraph(() => graphError(401, "InvalidAuthenticationToken"));
    const failure = await failureOf(listUsers(createClient()));
    expect(failure).toMatchObject({ kind: "stalled", reason: "InvalidCredentials" });
    expect([server.graph.length, server.entra.length]).toEqual([2, 2]);
  });

  it("renews the token once for all chains that run side by side", async () => {
    const graph = createClient();
    server.onGraph(() => fine);
    await listUsers(graph);
    const old = server.graph[0]?.headers.authorization;
    server.onGraph(({ headers }) =>
      headers.authorization === old ? graphError(401, "InvalidAuthenticationToken") : fine,
    );
    await Promise.all([listUsers(graph), listUsers(graph), listUsers(graph)]);
    expect(server.entra).toHaveLength(2);
  });

  it("does not multiply the patience of the token request by its own", async () => {
    server.onEntra(() => entraError(503, 90033));
    expect(await failureOf(listUsers(createClient()))).toMatchObject({ kind: "retry", reason: "ServiceUnavailable" });
    expect([server.entra.length, server.graph.length]).toEqual([4, 0]);
  });

  it.each([400, 403, 404, 410])("leaves a %i to the caller, with its codes", async (status) => {
    const reply = { status, json: { error: { code: "BadRequest", innerError: { code: "resyncRequired" } } } };
    server.onGraph(() => reply);
    const answer = await createClient().call({ operation: "listing users", path: "/users", signal: quiet() });
    expect(answer).toMatchObject({ refusal: { status, codes: ["BadRequest", "resyncRequired"] } });
    expect(server.graph).toHaveLength(1);
  });

  it("fails with what is public, and nothing else", async () => {
    server.onGraph(() => graphError(403, "Authorization_RequestDenied"));
    const failure = await failureOf(listUsers(createClient()));
    expect(failure).toMatchObject({ kind: "stalled", reason: "NotAuthorized" });
    expect(failure.message).toContain(
      "listing users was refused (HTTP 403, Authorization_RequestDenied, request-id 0ca1f0b6-1111-2222-3333-444455556666)",
    );
    const token = server.graph[0]?.headers.authorization?.replace("Bearer ", "") ?? "absent";
    for (const hidden of [token, "body@example.com", "nobody may repeat"])
      expect(failure.message).not.toContain(hidden);
  });

  it.each([
    { what: "a code that is no code", error: { code: "alice@example.com is unknown" } },
    { what: "a code that is no text", error: { code: { of: "x" } } },
    { what: "an error that is no object", error: "alice@example.com" },
  ])("does not repeat $what", async ({ error }) => {
    server.onGraph(() => ({ status: 403, headers: { "request-id": "<script>" }, json: { error } }));
    const failure = await failureOf(listUsers(createClient()));
    // Graph says with each refusal which one it is, and of which request: this one is somebody else's.
    expect(failure).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
    expect(failure.message).toContain("HTTP 403");
    expect(failure.message).not.toMatch(/alice|script/);
  });

  it("does not follow a redirect, and takes none for an answer", async () => {
    server.onGraph(() => ({ status: 302, headers: { Location: `${server.origin}/v1.0/x` }, text: "" }));
    expect(await failureOf(listUsers(createClient()))).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
    expect(server.graph).toHaveLength(1);
  });

  it("does not take a page of a proxy for an answer", async () => {
    server.onGraph(() => ({ text: "<html>Welcome to the hotel</html>" }));
    expect(await failureOf(listUsers(createClient()))).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
  });

  it("tells an observer of every request, with its status or 0", async () => {
    const observed: unknown[] = [];
    server.onGraph(inTurn(graphError(503, "x"), reset, fine));
    await listUsers(createClient({ onRequest: (request) => void observed.push(request) }));
    const operation = "listing users";
    expect(observed).toEqual([503, 0, 200].map((status) => ({ operation, status, seconds: 0 })));
  });

  it("ends with the reason of the caller who calls it off", async () => {
    const stop = new AbortController();
    server.onGraph(() => {
      stop.abort(new Error("enough"));
      return silence;
    });
    await expect(listUsers(createClient(), stop.signal)).rejects.toThrow("enough");
    expect(server.graph).toHaveLength(1);
  });

  it("asks for one token for all requests", async () => {
    server.onEntra(inTurn(tokenReply(["User.Read.All"])));
    server.onGraph(() => fine);
    const graph = createClient();
    await Promise.all([listUsers(graph), listUsers(graph)]);
    await listUsers(graph);
    expect(server.entra).toHaveLength(1);
  });
});

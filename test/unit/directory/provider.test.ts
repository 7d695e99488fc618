import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ca } from "../../../dev/tls/index.ts";
import { CLOUDS } from "../../../src/directory/clouds.ts";
import type { Http } from "../../../src/directory/http/http.ts";
import type { Patience } from "../../../src/directory/http/retry.ts";
import { TransportError } from "../../../src/directory/http/transport-error.ts";
import { createDirectoryProvider, type DirectoryProviderOptions } from "../../../src/directory/provider.ts";
import type { Connection, DirectoryProvider } from "../../../src/directory/types.ts";
import { createTestDeps } from "./support/deps.ts";
import { failureOf, quiet } from "./support/failures.ts";
import { graphError, inTurn, type ScriptedServer, startServer, tokenReply } from "./support/server.ts";
import { contact, list, many, person, serve } from "./support/tenant.ts";

const ALL = { users: true, groups: true, contacts: true };
const ROLES = ["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"];

let server: ScriptedServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

function createProvider(more: Partial<DirectoryProviderOptions> = {}): DirectoryProvider {
  return createDirectoryProvider({
    endpoints: { ...CLOUDS, Global: server.endpoints },
    deps: createTestDeps(),
    ca,
    ...more,
  });
}

const connection = (clientSecret = "secret", tenantId = "contoso.example"): Connection => ({
  cloud: "Global",
  tenantId,
  credential: { kind: "clientSecret", clientId: "client", clientSecret },
});

describe("a connection to a tenant", () => {
  it("reads 10,000 users, 500 groups and 200 contacts with 13 requests and one token", async () => {
    server.onGraph(
      serve(() => server.origin, {
        users: many(10_000, person),
        groups: many(500, list),
        contacts: many(200, contact),
      }),
    );
    server.onEntra(() => tokenReply(ROLES));
    const directory = createProvider().connect(connection());
    await directory.authorize({ sources: ALL, fresh: false, signal: quiet() });
    let objects = 0;
    const stats = await directory.read({ sources: ALL, signal: quiet(), onObject: () => objects++ });
    expect(stats).toEqual({ users: 10_000, groups: 500, contacts: 200, requests: 13 });
    expect(objects).toBe(10_700);
    expect([server.graph.length, server.entra.length]).toEqual([13, 1]);
  });

  it("counts the requests of one read alone, retries included", async () => {
    const handler = serve(() => server.origin, { users: [person(1)] });
    let served = 0;
    server.onGraph((request) => (served++ === 0 ? graphError(503, "x") : handler(request)));
    const directory = createProvider().connect(connection());
    const sources = { users: true, groups: false, contacts: false };
    const read = () => directory.read({ sources, signal: quiet(), onObject: () => {} });
    expect([(await read()).requests, (await read()).requests]).toEqual([2, 1]);
  });

  it("says which permissions the token lacks", async () => {
    server.onEntra(() => tokenReply(["User.Read.All"]));
    const authorization = await createProvider()
      .connect(connection())
      .authorize({ sources: ALL, fresh: false, signal: quiet() });
    expect(authorization).toEqual({
      roles: ["User.Read.All"],
      missing: ["GroupMember.Read.All", "OrgContact.Read.All"],
    });
  });

  it("sees a consent with a fresh token, and not before", async () => {
    server.onEntra(inTurn(tokenReply([]), tokenReply(ROLES)));
    const directory = createProvider().connect(connection());
    const missing = async (fresh: boolean) =>
      (await directory.authorize({ sources: ALL, fresh, signal: quiet() })).missing.length;
    expect([await missing(false), await missing(false), await missing(true), await missing(false)]).toEqual([
      3, 3, 0, 0,
    ]);
    expect(server.entra).toHaveLength(2);
  });

  it("offers sample, domains and confirmations", async () => {
    server.onGraph(({ path }) => {
      if (path.startsWith("/v1.0/organization"))
        return { json: { value: [{ verifiedDomains: [{ name: "A.example" }] }] } };
      if (path === "/v1.0/$batch") return { json: { responses: [{ id: "0", status: 404 }] } };
      return { json: { value: [person(1)] } };
    });
    const directory = createProvider().connect(connection());
    expect(await directory.verifiedDomains(quiet())).toEqual(["a.example"]);
    expect(await directory.confirm([{ id: "x", source: "users" }], quiet())).toEqual(new Map([["x", "gone"]]));
    expect(await directory.sample({ users: true, groups: false, contacts: false }, quiet())).toEqual({
      users: 1,
      groups: 0,
      contacts: 0,
    });
  });

  it("tells its observers of every request", async () => {
    server.onGraph(() => graphError(403, "Authorization_RequestDenied"));
    const seen: string[] = [];
    const provider = createProvider({
      onRequest: ({ operation, status }) => seen.push(`${operation} ${status}`),
      onTokenRequest: ({ status }) => seen.push(`token ${status}`),
    });
    expect(await provider.connect(connection()).verifiedDomains(quiet())).toBeUndefined();
    expect(seen).toEqual(["token 200", "reading the organization 403"]);
  });

  it("gives a request no longer than it is told to", async () => {
    server.onEntra(() => () => {});
    const directory = createProvider({ timeoutMs: 40 }).connect(connection());
    const failure = await failureOf(directory.authorize({ sources: ALL, fresh: false, signal: quiet() }));
    expect(failure).toMatchObject({ kind: "retry", reason: "Timeout" });
  });
});

describe("while a person waits (issue 25, seen 1)", () => {
  const dropped: Http = () => Promise.reject(new TransportError("timeout"));
  const pages: Http = async () => ({ status: 200, header: () => undefined, body: '{"value":[]}' });
  const toEntra = (url: string): boolean => url.startsWith(server.endpoints.authority);
  const token: Http = async () => ({
    status: 200,
    header: () => undefined,
    body: JSON.stringify({ token_type: "Bearer", expires_in: 3600, access_token: "e30.e30.x" }),
  });

  /** As a test connection does, over a network that loses what it loses. */
  async function tried(patience: Patience, { entra, graph }: { readonly entra: Http; readonly graph: Http }) {
    const asked: { readonly what: string; readonly timeoutMs: number | undefined }[] = [];
    const http: Http = (request) => {
      const isToken = toEntra(request.url);
      asked.push({ what: isToken ? "token" : "graph", timeoutMs: request.timeoutMs });
      return (isToken ? entra : graph)(request);
    };
    const deps = createTestDeps();
    // Not one origin: what goes to Entra is told from what goes to Graph.
    const endpoints = { ...CLOUDS, Global: { authority: server.endpoints.authority, graph: "https://graph.invalid" } };
    const directory = createProvider({ http, deps, endpoints }).connect(connection(), patience);
    const work = async () => {
      await directory.authorize({ sources: ALL, fresh: true, signal: quiet() });
      return directory.sample({ users: true, groups: false, contacts: false }, quiet());
    };
    return { outcome: await work().catch((error: unknown) => error), asked, pauses: deps.pauses };
  }

  it.each([
    { where: "Entra", network: { entra: dropped, graph: pages }, asked: ["token"] },
    { where: "Graph", network: { entra: token, graph: dropped }, asked: ["token", "graph"] },
  ])("a firewall that drops what goes to $where is told after one attempt of 10 s", async ({ network, asked }) => {
    const short = await tried("short", network);
    expect(short.outcome).toMatchObject({ reason: "Timeout" });
    expect(short.asked).toEqual(asked.map((what) => ({ what, timeoutMs: 10_000 })));
    expect(short.pauses).toEqual([]);
    const long = await tried("long", network);
    expect(long.outcome).toMatchObject({ reason: "Timeout" });
    expect(long.asked).toHaveLength(asked.length + 3);
    expect(long.asked.every(({ timeoutMs }) => timeoutMs === undefined)).toBe(true);
  });

  it("a token that a test obtained is what the next run uses", async () => {
    server.onEntra(inTurn(tokenReply([]), tokenReply(ROLES)));
    const provider = createProvider();
    const missing = async (patience: Patience, fresh: boolean) =>
      (await provider.connect(connection(), patience).authorize({ sources: ALL, fresh, signal: quiet() })).missing
        .length;
    expect([await missing("long", false), await missing("short", true), await missing("long", false)]).toEqual([
      3, 0, 0,
    ]);
    expect(server.entra).toHaveLength(2);
  });
});

describe("connections", () => {
  const authorize = (provider: DirectoryProvider, to: Connection) =>
    provider.connect(to).authorize({ sources: ALL, fresh: false, signal: quiet() });

  it.each([
    { what: "the very same credential", other: connection(), tokens: 1 },
    { what: "another secret", other: connection("other"), tokens: 2 },
    { what: "another tenant", other: connection("secret", "fabrikam.example"), tokens: 2 },
  ])("with $what need $tokens token(s)", async ({ other, tokens }) => {
    const provider = createProvider();
    await authorize(provider, connection());
    await authorize(provider, other);
    expect(server.entra).toHaveLength(tokens);
  });

  it("are forgotten when a thousand others were used since", async () => {
    const provider = createProvider();
    let others = 0;
    const use = (count: number): void => {
      for (let n = 0; n < count; n++) provider.connect(connection(`other-${others++}`));
    };
    const tokens: number[] = [];
    for (const count of [0, 999, 999, 1000]) {
      use(count);
      await authorize(provider, connection());
      tokens.push(server.entra.length);
    }
    expect(tokens).toEqual([1, 1, 1, 2]);
  });
});

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPages } from "../../../../src/directory/graph/pages.ts";
import { createBodyRoom, LARGEST_BODY } from "../../../../src/directory/http/http.ts";
import type { Source } from "../../../../src/recipients/model.ts";
import { createTestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";
import { graphFor } from "../support/graph.ts";
import { graphError, inTurn, type Reply, type ScriptedServer, startServer } from "../support/server.ts";
import { list, many, parameter, person, serve } from "../support/tenant.ts";

let server: ScriptedServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

/** Ids by page; what an abandoned chain gave is forgotten. */
async function read(source: Source): Promise<unknown[][]> {
  let pages: unknown[][] = [];
  for await (const { entries, first } of readPages(graphFor(server, createTestDeps()), source, quiet())) {
    if (first) pages = [];
    pages.push(entries.map((entry) => (entry as { id: unknown }).id));
  }
  return pages;
}

const page = (ids: readonly string[], link?: string): Reply => ({
  json: { value: ids.map((id) => ({ id })), ...(link === undefined ? {} : { "@odata.nextLink": link }) },
});
const own = (token: string): string => `${server.origin}/v1.0/users?$skiptoken=${token}`;

describe("a chain of pages", () => {
  it.each([
    { source: "users", query: "/v1.0/users?$select=id,mail,proxyAddresses&$top=999" },
    {
      source: "groups",
      query: "/v1.0/groups?$select=id,mail,mailEnabled,proxyAddresses&$top=999&$filter=mailEnabled eq true",
    },
    { source: "contacts", query: "/v1.0/contacts?$select=id,mail,proxyAddresses&$top=999" },
  ] as const)("of $source asks for the largest page of what is needed only", async ({ source, query }) => {
    server.onGraph(() => page([]));
    expect(await read(source)).toEqual([[]]);
    expect(server.graph).toHaveLength(1);
    expect(new Set(server.graph[0]?.path.split(/[?&]/))).toEqual(new Set(query.split(/[?&]/)));
    expect(server.graph[0]?.headers["consistencylevel"]).toBeUndefined();
  });

  it("is read to its end, also over pages that are empty", async () => {
    server.onGraph(inTurn(page(["a"], own("1")), page([], own("2")), page(["b", "c"])));
    expect(await read("users")).toEqual([["a"], [], ["b", "c"]]);
    expect(server.graph.map((request) => parameter(request, "$skiptoken"))).toEqual([null, "1", "2"]);
  });

  it("is asked for its next page before the one that came is worked on", async () => {
    let second = (): void => {};
    const asked = new Promise<void>((resolve) => {
      second = resolve;
    });
    const replies = inTurn(page(["a"], own("1")), page(["b"]));
    server.onGraph((request) => {
      if (parameter(request, "$skiptoken") === "1") second();
      return replies(request);
    });
    const pages = readPages(graphFor(server, createTestDeps()), "users", quiet());
    await pages.next();
    // Nobody has asked for a second page yet: this would hang.
    await asked;
    expect((await pages.next()).value).toMatchObject({ entries: [{ id: "b" }] });
    await pages.return(undefined);
  });

  it("gives every object once and in order, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 }), async (sizes) => {
        let made = 0;
        const pages = sizes.map((size) => Array.from({ length: size }, () => `id-${made++}`));
        server.onGraph(inTurn(...pages.map((ids, n) => page(ids, n + 1 < pages.length ? own(String(n)) : undefined))));
        expect(await read("users")).toEqual(pages);
      }),
      { numRuns: 20 },
    );
  });

  it("takes smaller pages where the largest is refused", async () => {
    const entries = many(150, person);
    const served = serve(() => server.origin, { users: entries });
    server.onGraph((request) =>
      parameter(request, "$top") === "999" ? graphError(400, "BadRequest") : served(request),
    );
    expect((await read("users")).flat()).toEqual(entries.map(({ id }) => id));
    expect(server.graph.map((request) => parameter(request, "$top"))).toEqual(["999", "100", "100"]);
  });

  it("fails where smaller pages are refused too", async () => {
    server.onGraph(() => graphError(400, "BadRequest"));
    expect(await failureOf(read("users"))).toMatchObject({ kind: "stalled", reason: "RequestRefused" });
    expect(server.graph).toHaveLength(2);
  });

  it("fails where a later page is refused", async () => {
    server.onGraph(inTurn(page(["a"], own("1")), graphError(400, "BadRequest"), page(["b"])));
    expect(await failureOf(read("users"))).toMatchObject({ reason: "RequestRefused" });
    expect(server.graph).toHaveLength(2);
  });
});

describe("a link that Graph no longer knows", () => {
  it.each([
    { how: "Directory_ExpiredPageToken", reply: graphError(400, "Directory_ExpiredPageToken") },
    { how: "410", reply: graphError(410, "Gone") },
    {
      how: "a code within a code",
      reply: { status: 400, json: { error: { code: "BadRequest", innerError: { code: "syncStateNotFound" } } } },
    },
  ])("($how) makes the chain begin anew", async ({ reply }) => {
    server.onGraph(inTurn(page(["old"], own("1")), reply, page(["a"], own("1")), page(["b"])));
    expect(await read("users")).toEqual([["a"], ["b"]]);
    expect(server.graph.every(({ headers }) => headers["consistencylevel"] === undefined)).toBe(true);
  });

  it("makes a filtered chain begin anew with the query capabilities that keep links alive, on every page", async () => {
    const served = serve(() => server.origin, { groups: many(1500, list) });
    let expired = false;
    server.onGraph((request) => {
      if (parameter(request, "$skiptoken") === null || expired) return served(request);
      expired = true;
      return graphError(400, "Directory_ExpiredPageToken");
    });
    expect((await read("groups")).flat()).toHaveLength(1500);
    const seen = server.graph.map((request) => [request.headers["consistencylevel"], parameter(request, "$count")]);
    expect(seen).toEqual([
      [undefined, null],
      [undefined, null],
      ["eventual", "true"],
      ["eventual", "true"],
    ]);
  });

  it("keeps smaller pages when it begins anew", async () => {
    server.onGraph(
      inTurn(
        graphError(400, "BadRequest"),
        page(["a"], own("1")),
        graphError(410, ""),
        page(["a"], own("1")),
        page(["b"]),
      ),
    );
    expect(await read("users")).toEqual([["a"], ["b"]]);
    expect(server.graph.map((request) => parameter(request, "$top"))).toEqual(["999", "100", null, "100", null]);
  });

  it("ends the run after three new beginnings", async () => {
    server.onGraph((request) =>
      parameter(request, "$skiptoken") === null ? page(["a"], own("1")) : graphError(400, "Directory_ExpiredPageToken"),
    );
    expect(await failureOf(read("users"))).toMatchObject({ kind: "retry", reason: "PageTokenExpired" });
    expect(server.graph).toHaveLength(8);
  });
});

describe("an answer that makes no sense is never an empty list", () => {
  it.each([
    { what: "no value", json: {} },
    { what: "a value that is no list", json: { value: { id: "a" } } },
    { what: "null for a value", json: { value: null } },
    { what: "no object", json: [] },
    { what: "an error in a success", json: { error: { code: "UnknownError" } } },
    { what: "a link that is no text", json: { value: [], "@odata.nextLink": 7 } },
    { what: "an empty link", json: { value: [], "@odata.nextLink": "" } },
  ])("$what", async ({ json }) => {
    server.onGraph(() => ({ json }));
    expect(await failureOf(read("users"))).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
  });

  it.each([
    { what: "another host", link: () => "https://graph.evil.example/v1.0/users?$skiptoken=x" },
    { what: "another port", link: () => "https://localhost:1/v1.0/users?$skiptoken=x" },
    { what: "http", link: () => server.origin.replace("https:", "http:").concat("/v1.0/users") },
    { what: "a host behind credentials", link: () => `${server.origin}:x@evil.example/v1.0/users` },
    { what: "credentials", link: () => server.origin.replace("https://", "https://me:pw@").concat("/v1.0/users") },
    { what: "another version", link: () => `${server.origin}/beta/users` },
    { what: "another version by a detour", link: () => `${server.origin}/v1.0/../beta/users` },
    { what: "a place that takes 20,000 characters to name", link: () => own("x".repeat(20_000)) },
    { what: "nowhere", link: () => "/v1.0/users?$skiptoken=x" },
  ])("a link to $what, which is never asked", async ({ link }) => {
    server.onGraph(() => page(["a"], link()));
    expect(await failureOf(read("users"))).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
    expect([server.graph.length, server.entra.length]).toEqual([1, 0]);
  });

  it("a link to a page that was read already", async () => {
    server.onGraph(inTurn(page(["a"], own("1")), page(["b"], own("2")), page(["c"], own("1"))));
    expect(await failureOf(read("users"))).toMatchObject({ reason: "MalformedAnswer" });
    expect(server.graph).toHaveLength(3);
  });
});

it("A chain that does not end is not read without end", async () => {
  server.onGraph(() => page(["a"], own(`${server.graph.length}`)));
  const graph = graphFor(server, createTestDeps());
  const all = async (): Promise<void> => {
    for await (const _ of readPages(graph, "users", quiet(), 5));
  };
  expect(await failureOf(all())).toMatchObject({ reason: "MalformedAnswer" });
  expect(server.graph.length).toBeLessThan(8);
});

describe("Pages of 8 MiB that several chains read at once", () => {
  const LARGE = "x".repeat(8 * 2 ** 20);
  const large = (link?: string): Reply => ({
    json: { value: [{ id: "1", junk: LARGE }], ...(link === undefined ? {} : { "@odata.nextLink": link }) },
  });

  it("are in memory within the room for bodies, and all chains come to their end", async () => {
    server.onGraph((request) => large(parameter(request, "$skiptoken") === null ? own("1") : undefined));
    const bodies = createBodyRoom();
    const graph = graphFor(server, createTestDeps(), { bodies });
    let most = 0;
    const chain = async (): Promise<number> => {
      let pages = 0;
      for await (const _ of readPages(graph, "users", quiet())) {
        most = Math.max(most, bodies.held);
        pages++;
      }
      return pages;
    };
    expect(await Promise.all(Array.from({ length: 6 }, chain))).toEqual(Array(6).fill(2));
    // And one body more for whoever has waited the longest.
    expect(most).toBeLessThanOrEqual(2 * LARGEST_BODY);
    expect(most).toBeGreaterThan(LARGEST_BODY / 2);
    expect(bodies.held).toBe(0);
  });

  it("are given back where nobody reads on, and where the chain fails", async () => {
    server.onGraph((request) => (parameter(request, "$skiptoken") === null ? large(own("1")) : graphError(403, "x")));
    const bodies = createBodyRoom();
    const graph = graphFor(server, createTestDeps(), { bodies });
    for await (const _ of readPages(graph, "users", quiet())) break;
    expect(bodies.held).toBe(0);
    const failing = (async () => {
      for await (const _ of readPages(graph, "users", quiet()));
    })();
    await failureOf(failing);
    expect(bodies.held).toBe(0);
  });
});

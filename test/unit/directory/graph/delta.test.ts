/** Following a collection: which objects changed, and when the link is lost. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changedSince, followFromNow } from "../../../../src/directory/graph/delta.ts";
import { createTestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";
import { graphFor } from "../support/graph.ts";
import { graphError, inTurn, type Reply, type ScriptedServer, startServer } from "../support/server.ts";

let server: ScriptedServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const graph = () => graphFor(server, createTestDeps());
const link = (token: string): string => `${server.origin}/v1.0/users/delta?$deltatoken=${token}`;
const page = (value: readonly unknown[], links: { readonly next?: string; readonly delta?: string }): Reply => ({
  json: {
    value,
    ...(links.next === undefined ? {} : { "@odata.nextLink": links.next }),
    ...(links.delta === undefined ? {} : { "@odata.deltaLink": links.delta }),
  },
});

describe("From now on", () => {
  it("one request answers a link, without what is there", async () => {
    server.onGraph(() => page([], { delta: link("1") }));
    expect(await followFromNow(graph(), "users", quiet())).toBe(link("1"));
    expect(server.graph.map(({ path }) => path)).toEqual([
      "/v1.0/users/delta?$select=id,mail,proxyAddresses&$deltatoken=latest",
    ]);
  });
});

describe("What changed since", () => {
  it("is every object of every page once, removed ones too, also over empty pages", async () => {
    server.onGraph(
      inTurn(
        page([], { next: link("a") }),
        page([{ id: "1" }, { id: "2", "@removed": { reason: "changed" } }], { next: link("b") }),
        page([{ id: "2" }, { id: "3", mail: "x@example.com" }], { delta: link("2") }),
      ),
    );
    const answer = await changedSince(graph(), "users", link("1"), quiet());
    const named = [
      ["1", new Set()],
      ["2", new Set()],
      ["3", new Set(["x@example.com"])],
    ] as const;
    expect(answer).toEqual({ kind: "changed", objects: new Map(named), link: link("2") });
  });

  it.each([
    ["410 Gone", graphError(410, "resyncRequired")],
    ["410 without a code", graphError(410, "")],
    ["a state that is not found", graphError(400, "syncStateNotFound")],
    ["a page token that has expired", graphError(400, "Directory_ExpiredPageToken")],
  ])("is lost after %s", async (_, reply) => {
    server.onGraph(() => reply);
    expect(await changedSince(graph(), "users", link("1"), quiet())).toEqual({ kind: "lost" });
  });

  it("is lost where a chain has no end", async () => {
    let at = 0;
    server.onGraph(() => page([{ id: `${at}` }], { next: link(`${at++}`) }));
    expect(await changedSince(graph(), "users", link("1"), quiet())).toEqual({ kind: "lost" });
    expect(server.graph).toHaveLength(100);
  });

  it.each([
    ["another host", "https://graph.evil.test/v1.0/users/delta?$deltatoken=1"],
    ["another collection", (origin: string) => `${origin}/v1.0/groups/delta?$deltatoken=1`],
    ["something else of Graph", (origin: string) => `${origin}/v1.0/users/123`],
    ["a path that leads away", (origin: string) => `${origin}/v1.0/users/delta/../../me`],
    ["credentials", (origin: string) => `${origin.replace("https://", "https://a:b@")}/v1.0/users/delta?$deltatoken=1`],
    ["nowhere", "delta"],
    ["without end", (origin: string) => `${origin}/v1.0/users/delta?$deltatoken=${"x".repeat(5000)}`],
  ])("is not asked where a kept link leads to %s: somebody wrote it", async (_, where) => {
    const kept = typeof where === "string" ? where : where(server.origin);
    expect(await changedSince(graph(), "users", kept, quiet())).toEqual({ kind: "lost" });
    expect(server.graph).toEqual([]);
  });

  it.each([
    ["a page without a list", { json: { "@odata.deltaLink": "x" } }],
    ["a page without a link", { json: { value: [] } }],
    ["a link to another host", { json: { value: [], "@odata.nextLink": "https://evil.test/v1.0/users/delta" } }],
    ["an object without an id", { json: { value: [{}], "@odata.deltaLink": "x" } }],
  ])("fails on %s", async (_, reply) => {
    server.onGraph(() => reply);
    const failure = await failureOf(changedSince(graph(), "users", link("1"), quiet()));
    expect(failure).toMatchObject({ reason: "MalformedAnswer" });
  });
});

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askAll, type Question } from "../../../../src/directory/graph/batch.ts";
import { confirmObjects } from "../../../../src/directory/graph/objects-by-id.ts";
import type { AskedObject, Confirmation } from "../../../../src/directory/types.ts";
import { createTestDeps, type TestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";
import { graphFor } from "../support/graph.ts";
import { graphError, inTurn, type ScriptedServer, startServer } from "../support/server.ts";

interface Part {
  readonly status: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

interface BatchRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
}

let server: ScriptedServer;
let deps: TestDeps;
beforeEach(async () => {
  server = await startServer();
  deps = createTestDeps();
});
afterEach(() => server.close());

const confirm = (...objects: readonly AskedObject[]): Promise<Map<string, Confirmation>> =>
  confirmObjects(graphFor(server, deps), objects, deps, quiet());

const users = (...ids: readonly string[]): AskedObject[] => ids.map((id) => ({ id, source: "users" }));
const batch = (n: number): readonly BatchRequest[] => JSON.parse(server.graph[n]?.body ?? "{}").requests;
/** Ids of objects that the n-th batch asked for. */
const asked = (n: number): (string | undefined)[] => batch(n).map(({ url }) => /^\/\w+\/([^?]+)/.exec(url)?.[1]);

const present = (id: string, more: object = {}): Part => ({
  status: 200,
  body: { id, mail: null, proxyAddresses: [`smtp:${id}@example.com`], ...more },
});
const gone: Part = { status: 404, body: { error: { code: "Request_ResourceNotFound" } } };
const busy = (retryAfter?: unknown, status = 429): Part => ({
  status,
  ...(retryAfter === undefined ? {} : { headers: { "Retry-After": retryAfter } }),
  body: { error: { code: "TooManyRequests", message: "a body that nobody may repeat" } },
});

/** Answers every object by what `part` says of it, the parts in reverse. */
function answer(part: (id: string, batch: number) => Part | undefined): void {
  let n = 0;
  server.onGraph(({ body }) => {
    const round = n++;
    const requests = (JSON.parse(body) as { requests: BatchRequest[] }).requests;
    const responses = requests.flatMap(({ id, url }) => {
      const found = part(/^\/\w+\/([^?]+)/.exec(url)?.[1] ?? "", round);
      return found === undefined ? [] : [{ id, ...found }];
    });
    return { json: { responses: responses.toReversed() } };
  });
}

describe("a confirmation", () => {
  it("asks for each object where it belongs, for what decides about mail", async () => {
    answer(() => gone);
    await confirm({ id: "u/1", source: "users" }, { id: "g", source: "groups" }, { id: "c", source: "contacts" });
    expect(server.graph[0]?.path).toBe("/v1.0/$batch");
    expect(batch(0)).toEqual([
      { id: "0", method: "GET", url: "/users/u%2F1?$select=id,mail,proxyAddresses,createdDateTime" },
      { id: "1", method: "GET", url: "/groups/g?$select=id,mail,mailEnabled,proxyAddresses,createdDateTime" },
      { id: "2", method: "GET", url: "/contacts/c?$select=id,mail,proxyAddresses" },
    ]);
  });

  it("tells what is gone from what is there, whatever the order of the parts", async () => {
    answer((id) => (id === "b" ? gone : present(id)));
    expect(await confirm(...users("a", "b", "c"))).toEqual(
      new Map<string, Confirmation>([
        ["a", { id: "a", source: "users", mail: null, proxyAddresses: ["smtp:a@example.com"] }],
        ["b", "gone"],
        ["c", { id: "c", source: "users", mail: null, proxyAddresses: ["smtp:c@example.com"] }],
      ]),
    );
  });

  it("keeps of an answer nothing but the addresses that were asked for, however written", async () => {
    const proxyAddresses = [
      "SMTP: A@Example.com",
      "smtp:b@example.com",
      "SIP:a1@example.com",
      `smtp:${"x".repeat(4000)}`,
    ];
    answer((id) => present(id, { mail: "a2@example.com", proxyAddresses }));
    const addresses = ["a@example.com", "a1@example.com", "a2@example.com"];
    const confirmed = await confirm({ id: "a", source: "users", addresses });
    const kept = ["smtp:a@example.com", "smtp:a2@example.com"];
    expect(confirmed.get("a")).toEqual({ id: "a", source: "users", mail: null, proxyAddresses: kept });
  });

  it("makes the questions of a mass deletion as they are asked", async () => {
    answer(() => gone);
    let [made, most] = [0, 0];
    function* questions(): Generator<Question> {
      for (; made < 400; made++) yield { url: `/users/${made}` };
    }
    let answered = 0;
    const read = (): boolean => {
      answered++;
      most = Math.max(most, made - answered);
      return true;
    };
    await askAll(graphFor(server, deps), questions(), { operation: "confirming removals", read }, deps, quiet());
    expect(answered).toBe(400);
    // Four batches of twenty are on their way.
    expect(most).toBeLessThanOrEqual(80);
  });

  it("takes an object without any address for one that is there", async () => {
    answer((id) => present(id, { proxyAddresses: [] }));
    const confirmed = await confirm(...users("a"));
    expect(confirmed.get("a")).toEqual({ id: "a", source: "users", mail: null, proxyAddresses: [] });
  });

  it("shows a group that receives no mail any more without its addresses", async () => {
    answer((id) => present(id, { mail: "g@example.com", mailEnabled: id === "on" }));
    const confirmed = await confirm({ id: "on", source: "groups" }, { id: "off", source: "groups" });
    expect(confirmed.get("off")).toEqual({ id: "off", source: "groups", mail: null, proxyAddresses: [] });
    expect(confirmed.get("on")).toMatchObject({ mail: "g@example.com", proxyAddresses: ["smtp:on@example.com"] });
  });

  it.each([
    { objects: 0, requests: 0 },
    { objects: 1, requests: 1 },
    { objects: 20, requests: 1 },
    { objects: 21, requests: 2 },
    { objects: 60, requests: 3 },
  ])("of $objects objects takes $requests requests", async ({ objects, requests }) => {
    answer(() => gone);
    const ids = Array.from({ length: objects }, (_, n) => `id-${n}`);
    expect([...(await confirm(...users(...ids))).keys()].toSorted()).toEqual(ids.toSorted());
    expect(server.graph).toHaveLength(requests);
  });

  it("of a mass deletion goes four batches at a time", async () => {
    const waiting: (() => void)[] = [];
    server.onGraph(({ body }) => (response) => {
      const { requests } = JSON.parse(body) as { requests: BatchRequest[] };
      waiting.push(() => response.end(JSON.stringify({ responses: requests.map(({ id }) => ({ id, ...gone })) })));
      // With fewer on their way this would wait for ever.
      if (waiting.length === 4) for (const answer of waiting.splice(0)) answer();
    });
    const ids = Array.from({ length: 8 * 20 }, (_, n) => `id-${n}`);
    expect((await confirm(...users(...ids))).size).toBe(160);
    expect(server.graph).toHaveLength(8);
  });

  it("that fails for good asks for no more", async () => {
    answer(() => ({ status: 403, body: { error: { code: "Authorization_RequestDenied" } } }));
    const ids = Array.from({ length: 100 * 20 }, (_, n) => `id-${n}`);
    expect(await failureOf(confirm(...users(...ids)))).toMatchObject({ kind: "stalled" });
    expect(server.graph.length).toBeLessThan(10);
  });
});

describe("a part that another try may bring", () => {
  it.each([429, 500, 502, 503, 504])("(%i) is asked again alone, and never taken for gone", async (status) => {
    answer((id, round) => (id === "b" && round === 0 ? busy(undefined, status) : present(id)));
    const confirmed = await confirm(...users("a", "b", "c"));
    expect([asked(0), asked(1)]).toEqual([["a", "b", "c"], ["b"]]);
    expect(confirmed.get("b")).toMatchObject({ id: "b" });
    expect(deps.pauses).toEqual([1000]);
  });

  it("is waited for as long as the most patient part asks, be it a text or a number", async () => {
    answer((id, round) => (round > 0 ? gone : busy(id === "a" ? "5" : 12)));
    await confirm(...users("a", "b"));
    expect(deps.pauses).toEqual([12_000]);
  });

  it("ends the run when it asks for more than a minute", async () => {
    answer(() => busy("90"));
    const failure = await failureOf(confirm(...users("a")));
    expect(failure).toMatchObject({ kind: "retry", reason: "Throttled", retryAt: deps.clock.now() + 90_000 });
    expect(failure.message).not.toContain("nobody may repeat");
  });

  it("ends the run after four times", async () => {
    answer(() => busy());
    expect(await failureOf(confirm(...users("a")))).toMatchObject({ kind: "retry", reason: "Throttled" });
    expect(server.graph).toHaveLength(4);
  });

  it("comes in the end for every object, whichever parts fail up to three times", async () => {
    const failing = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 45 });
    await fc.assert(
      fc.asyncProperty(failing, async (failures) => {
        const left = new Map(failures.map((count, n) => [`id-${n}`, count]));
        answer((id) => {
          const count = left.get(id) ?? 0;
          left.set(id, count - 1);
          return count > 0 ? busy() : gone;
        });
        const confirmed = await confirm(...users(...left.keys()));
        expect([...confirmed.values()]).toEqual(failures.map(() => "gone"));
      }),
      { numRuns: 15 },
    );
  });

  it("is the whole batch when Graph refuses that", async () => {
    server.onGraph(inTurn(graphError(503, "x"), { json: { responses: [{ id: "0", ...gone }] } }));
    expect(await confirm(...users("a"))).toEqual(new Map([["a", "gone"]]));
  });
});

describe("an answer that confirms nothing", () => {
  it.each([
    { what: "a permission that is missing", part: { status: 403 }, reason: "NotAuthorized" },
    { what: "a request that is refused", part: { status: 400 }, reason: "RequestRefused" },
    { what: "an object that is another one", part: present("other"), reason: "MalformedAnswer" },
    {
      what: "an object without its addresses",
      part: { status: 200, body: { id: "a", mail: null } },
      reason: "MalformedAnswer",
    },
    {
      what: "an object with hidden addresses",
      part: present("a", { proxyAddresses: null }),
      reason: "MalformedAnswer",
    },
    { what: "no object", part: { status: 200 }, reason: "MalformedAnswer" },
    { what: "a part without a status", part: { status: "404" as unknown as number }, reason: "MalformedAnswer" },
    { what: "a part that is missing", part: undefined, reason: "MalformedAnswer" },
  ])("is $what: the run fails", async ({ part, reason }) => {
    answer((id) => (id === "a" ? part : gone));
    expect(await failureOf(confirm(...users("b", "a")))).toMatchObject({ reason });
    expect(server.graph).toHaveLength(1);
  });

  it.each([{ json: {} }, { json: { responses: {} } }, { json: [] }])("is a batch like $json", async ({ json }) => {
    server.onGraph(() => ({ json }));
    expect(await failureOf(confirm(...users("a")))).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
  });
});

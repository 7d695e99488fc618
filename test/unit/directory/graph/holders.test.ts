/** Who has an address now, asked of the collections themselves: against the simulated tenant, and against odd answers. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCompany } from "../../../../dev/tenant/company.ts";
import { startTenant, type Tenant } from "../../../../dev/tenant/index.ts";
import { CLOUDS } from "../../../../src/directory/clouds.ts";
import { addressFilter, findHolders } from "../../../../src/directory/graph/holders.ts";
import { createDirectoryProvider } from "../../../../src/directory/provider.ts";
import type { Holders } from "../../../../src/directory/types.ts";
import { createTestDeps, type TestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";
import { graphFor } from "../support/graph.ts";
import { type ScriptedServer, startServer } from "../support/server.ts";

const ALL = { users: true, groups: true, contacts: true };

describe("In a tenant", () => {
  let tenant: Tenant;
  const company = createCompany(["example.com"]);
  beforeEach(async () => {
    for (const objects of [company.users, company.groups, company.contacts]) objects.clear();
    tenant = await startTenant({ company });
  });
  afterEach(() => tenant.close());

  const find = (addresses: readonly string[], sources = ALL): Promise<Holders> => {
    const { tenantId, clientId, clientSecret } = tenant;
    const endpoints = { ...CLOUDS, Global: { authority: tenant.authority, graph: tenant.graph } };
    const credential = { kind: "clientSecret", clientId, clientSecret } as const;
    return createDirectoryProvider({ endpoints, deps: createTestDeps(), ca: tenant.ca })
      .connect({ cloud: "Global", tenantId, credential })
      .findHolders(addresses, sources, quiet());
  };
  const heldIn = ({ held }: Holders): string[] => [...held].sort();

  it.each(["o'neil", "a+b", "a&b=c", "a#b", "100%", "{x}|y", "a/b?c", "''", "a$b"])(
    "finds %s@example.com, whatever its characters mean in a query",
    async (local) => {
      const address = `${local}@example.com`;
      company.hire("x@example.com", [address]);
      company.hire("other@example.com");
      expect(heldIn(await find([address, "nobody@example.com"]))).toEqual([address]);
    },
  );

  it("finds a primary address, an alias, and one that stands in mail alone, in each collection", async () => {
    company.hire("a@example.com");
    company.addGroup("list@example.com", ["b@example.com"]);
    const contact = company.addContact("C@Example.com");
    contact.proxyAddresses = [];
    const wanted = ["a@example.com", "b@example.com", "c@example.com"];
    expect(heldIn(await find(wanted))).toEqual(wanted);
    expect(heldIn(await find(wanted, { ...ALL, groups: false }))).toEqual(["a@example.com", "c@example.com"]);
  });

  it("leaves out a group that receives no mail", async () => {
    company.addGroup("list@example.com").mailEnabled = false;
    expect(await find(["list@example.com"])).toEqual({ held: new Set(), unanswered: new Set() });
  });

  it("follows an answer over its pages", async () => {
    await tenant.close();
    tenant = await startTenant({ company, largestPage: 1 });
    const both = ["a@example.com", "b@example.com"];
    for (const address of both) company.addContact(address);
    expect(heldIn(await find(both))).toEqual(both);
  });

  it.each(["plain", "advanced"] as const)("finds exactly who has them, where filters are taken as %s", async (how) => {
    tenant.showing.addressFilters = how;
    const local = fc.constantFrom("a", "b", "c", "d", "e", "f'g", "h");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(local, { maxLength: 3 }), { maxLength: 6 }),
        fc.uniqueArray(local),
        async (people, asked) => {
          company.users.clear();
          for (const [index, aliases] of people.entries())
            company.hire(
              `p${index}@example.com`,
              aliases.map((each) => `${each}@example.com`),
            );
          const had = new Set(people.flat());
          const found = await find(asked.map((each) => `${each}@example.com`));
          expect(heldIn(found)).toEqual(
            asked
              .filter((each) => had.has(each))
              .map((each) => `${each}@example.com`)
              .sort(),
          );
          expect(found.unanswered.size).toBe(0);
        },
      ),
      { numRuns: 10 },
    );
  });

  it("says which addresses it was refused to ask for, after the second form", async () => {
    tenant.showing.addressFilters = "refused";
    company.hire("a@example.com");
    expect(await find(["a@example.com", "b@example.com"])).toEqual({
      held: new Set(),
      unanswered: new Set(["a@example.com", "b@example.com"]),
    });
    const forms = tenant.requests.filter(({ kind }) => kind === "batch");
    expect(forms).toHaveLength(2);
  });
});

describe("A question", () => {
  let server: ScriptedServer;
  let deps: TestDeps;
  beforeEach(async () => {
    server = await startServer();
    deps = createTestDeps();
  });
  afterEach(() => server.close());

  interface Part {
    readonly id: string;
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
  }
  const find = (addresses: readonly string[]) =>
    findHolders(graphFor(server, deps), addresses, { ...ALL, groups: false, contacts: false }, deps, quiet());
  const parts = (n: number): readonly Part[] => JSON.parse(server.graph[n]?.body ?? "{}").requests;
  const answer = (part: (url: string, round: number) => object): void => {
    let round = 0;
    server.onGraph(({ body }) => {
      const { requests } = JSON.parse(body) as { requests: Part[] };
      const responses = requests.map(({ id, url }) => ({ id, ...part(url, round) }));
      round++;
      return { json: { responses } };
    });
  };
  const nobody = { status: 200, body: { value: [] } };
  const address = (index: number): string => `u${index}@example.com`;

  it("asks for both spellings of the prefix and for mail, with apostrophes doubled", () => {
    expect(addressFilter(["o'n@example.com", "b@example.com"])).toBe(
      "proxyAddresses/any(p:p eq 'smtp:o''n@example.com') or proxyAddresses/any(p:p eq 'SMTP:o''n@example.com') or mail eq 'o''n@example.com' or " +
        "proxyAddresses/any(p:p eq 'smtp:b@example.com') or proxyAddresses/any(p:p eq 'SMTP:b@example.com') or mail eq 'b@example.com'",
    );
  });

  it.each([
    { addresses: 0, requests: 0 },
    { addresses: 4, requests: 1 },
    { addresses: 80, requests: 1 },
    { addresses: 81, requests: 2 },
  ])("for $addresses addresses of one source takes $requests requests", async ({ addresses, requests }) => {
    answer(() => nobody);
    await find(Array.from({ length: addresses }, (_, index) => address(index)));
    expect(server.graph).toHaveLength(requests);
  });

  it("stays short, however long the addresses are", async () => {
    answer(() => nobody);
    await find(Array.from({ length: 8 }, (_, index) => `${index}${"%".repeat(63)}@${"x".repeat(180)}.com`));
    for (const { url } of parts(0)) expect(url.length).toBeLessThan(3_000);
  });

  it("that is refused is asked once more as an advanced query, alone", async () => {
    answer((url, round) => (round === 0 && url.includes("u0%40") ? { status: 400 } : nobody));
    expect(await find(Array.from({ length: 8 }, (_, index) => address(index)))).toEqual({
      held: new Set(),
      unanswered: new Set(),
    });
    expect(parts(1)).toHaveLength(1);
    expect(parts(1)[0]?.url).toContain("&$count=true");
    expect(parts(1)[0]?.headers).toEqual({ ConsistencyLevel: "eventual" });
  });

  it.each<[what: string, part: object, reason: string]>([
    ["a permission that is missing", { status: 403 }, "NotAuthorized"],
    ["no list", { status: 200, body: {} }, "MalformedAnswer"],
    ["nothing", { status: 200 }, "MalformedAnswer"],
    ["an object without its addresses", { status: 200, body: { value: [{ id: "a", mail: null }] } }, "MalformedAnswer"],
    [
      "a link that leads elsewhere",
      { status: 200, body: { value: [], "@odata.nextLink": "https://evil.example/v1.0/users" } },
      "MalformedAnswer",
    ],
  ])("that is answered with %s confirms nothing", async (_, part, reason) => {
    answer(() => part);
    expect(await failureOf(find([address(0)]))).toMatchObject({ reason });
  });

  it("does not follow pages without end", async () => {
    const { origin } = server;
    server.onGraph(({ body, path }) => {
      const page = { value: [], "@odata.nextLink": `${origin}/v1.0/users?$skiptoken=${server.graph.length}` };
      if (!path.endsWith("$batch")) return { json: page };
      return {
        json: {
          responses: (JSON.parse(body) as { requests: Part[] }).requests.map(({ id }) => ({
            id,
            status: 200,
            body: page,
          })),
        },
      };
    });
    expect(await failureOf(find([address(0)]))).toMatchObject({ reason: "MalformedAnswer" });
    expect(server.graph.length).toBeLessThan(20);
  });
});

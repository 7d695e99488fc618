import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Failure } from "../../../../src/base/failure.ts";
import { readRecipients, readSample, readVerifiedDomains } from "../../../../src/directory/graph/read.ts";
import type { EnabledSources } from "../../../../src/directory/types.ts";
import type { DirectoryObject } from "../../../../src/recipients/model.ts";
import { createTestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";
import { graphFor } from "../support/graph.ts";
import { graphError, type Handler, type Reply, type ScriptedServer, silence, startServer } from "../support/server.ts";
import {
  type Collections,
  contact,
  type Entry,
  list,
  many,
  parameter,
  person,
  serve,
  sourceOf,
} from "../support/tenant.ts";

const ALL = { users: true, groups: true, contacts: true };

let server: ScriptedServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const served = (collections: Collections): Handler => serve(() => server.origin, collections);

async function read(sources: EnabledSources = ALL, signal = quiet(), roles: readonly string[] = []) {
  const objects: DirectoryObject[] = [];
  const onObject = (object: DirectoryObject): void => void objects.push(object);
  const wanted = { sources, signal, onObject };
  const counts = await readRecipients(graphFor(server, createTestDeps()), wanted, async () => roles);
  return { objects, counts };
}

describe("a read", () => {
  it("gives every object of every source, as the directory has it", async () => {
    server.onGraph(served({ users: [person(1)], groups: [list(2)], contacts: [contact(3)] }));
    const { objects, counts } = await read();
    expect(counts).toEqual({ users: 1, groups: 1, contacts: 1 });
    expect(objects.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: "contact-3", source: "contacts", mail: "c3@example.net", proxyAddresses: [] },
      { id: "group-2", source: "groups", mail: "g2@example.com", proxyAddresses: ["SMTP:g2@example.com"] },
      {
        id: "user-1",
        source: "users",
        mail: "u1@example.com",
        proxyAddresses: ["SMTP:u1@example.com", "smtp:alias1@example.com"],
      },
    ]);
  });

  it("does not ask for a source that is switched off", async () => {
    server.onGraph(served({ users: [person(1)] }));
    const { counts } = await read({ users: true, groups: false, contacts: false });
    expect(counts).toEqual({ users: 1, groups: 0, contacts: 0 });
    expect(server.graph).toHaveLength(1);
  });

  it("reads the sources side by side", async () => {
    const waiting: (() => void)[] = [];
    const handler = served({});
    server.onGraph((request) => (response) => {
      waiting.push(() => response.end(JSON.stringify((handler(request) as { json: unknown }).json)));
      // Nobody is answered before all have asked.
      if (waiting.length === 3) for (const answer of waiting) answer();
    });
    expect((await read()).counts).toEqual({ users: 0, groups: 0, contacts: 0 });
  });

  it("counts a chain that began anew once, and what it had given stays given", async () => {
    const handler = served({ users: many(1200, person) });
    let expired = false;
    server.onGraph((request) => {
      if (expired || parameter(request, "$skiptoken") === null) return handler(request);
      expired = true;
      return graphError(410, "Gone");
    });
    const { objects, counts } = await read();
    expect(counts.users).toBe(1200);
    expect(new Set(objects.map(({ id }) => id)).size).toBe(1200);
  });

  it("leaves out groups that are not mail-enabled, should the filter be ignored", async () => {
    server.onGraph(served({ groups: [list(1), { ...list(2), mailEnabled: false }] }));
    const { objects, counts } = await read();
    expect(counts.groups).toBe(1);
    expect(objects.map(({ id }) => id)).toEqual(["group-1"]);
  });

  it.each([
    { what: "mail that is null", entry: { id: "a", mail: null, proxyAddresses: [] } },
    { what: "no mail at all", entry: { id: "a", proxyAddresses: [] } },
    { what: "no addresses at all", entry: { id: "a", mail: null, proxyAddresses: null } },
  ])("takes a user with $what", async ({ entry }) => {
    server.onGraph(served({ users: [entry] }));
    expect((await read()).objects).toEqual([{ id: "a", source: "users", mail: null, proxyAddresses: [] }]);
  });

  it.each([
    { what: "an entry that is no object", entry: "alice@example.com" as unknown as Entry },
    { what: "no id", entry: { mail: null, proxyAddresses: [] } },
    { what: "an empty id", entry: { id: "", mail: null, proxyAddresses: [] } },
    { what: "an id that is a number", entry: { id: 7, mail: null, proxyAddresses: [] } },
    { what: "mail that is a list", entry: { id: "a", mail: ["alice@example.com"], proxyAddresses: [] } },
    {
      what: "proxyAddresses that are a text",
      entry: { id: "a", mail: null, proxyAddresses: "SMTP:alice@example.com" },
    },
    { what: "a proxy address that is null", entry: { id: "a", mail: null, proxyAddresses: [null] } },
    { what: "mailEnabled that is a text", entry: { id: "a", mailEnabled: "false", proxyAddresses: [] } },
  ])("fails for $what, without repeating an address", async ({ entry }) => {
    server.onGraph(served({ users: [person(1), entry] }));
    const failure = await failureOf(read());
    expect(failure).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
    expect(failure.message).not.toContain("example.com");
  });

  const nameless = (n: number): Entry => ({ id: `bare-${n}`, mail: null, mailEnabled: true, proxyAddresses: [] });
  it.each<{ without: number; all: number; roles: string[]; outcome: string }>([
    { without: 0, all: 0, roles: [], outcome: "is whole" },
    { without: 1, all: 10, roles: [], outcome: "is whole" },
    // Exchange provisions a group minutes to hours after it was made: no share of few says anything.
    { without: 1, all: 3, roles: ["GroupMember.Read.All"], outcome: "is whole" },
    { without: 18, all: 19, roles: ["GroupMember.Read.All"], outcome: "is whole" },
    { without: 1, all: 1, roles: ["GroupMember.Read.All"], outcome: "stalled, NotAuthorized" },
    { without: 30, all: 30, roles: ["GroupMember.Read.All"], outcome: "stalled, NotAuthorized" },
    { without: 1, all: 1, roles: ["GroupMember.Read.All", "Group.Read.All"], outcome: "is whole" },
    { without: 3, all: 3, roles: ["Directory.Read.All"], outcome: "is whole" },
  ])(
    "with $without of $all groups without any address and $roles $outcome",
    async ({ without, all, roles, outcome }) => {
      server.onGraph(served({ groups: [...many(all - without, list), ...many(without, nameless)] }));
      const told = await read(ALL, quiet(), roles).then(
        () => "is whole",
        ({ kind, reason }: Failure) => `${kind}, ${reason}`,
      );
      expect(told).toBe(outcome);
    },
  );

  it("does not mind users and contacts without any address", async () => {
    server.onGraph(served({ users: many(5, nameless), contacts: many(5, nameless) }));
    expect((await read()).counts).toEqual({ users: 5, groups: 0, contacts: 5 });
  });

  it("fails with the first trouble, and stops the other chains", async () => {
    server.onGraph(
      (request): Reply => (sourceOf(request) === "groups" ? graphError(403, "Authorization_RequestDenied") : silence),
    );
    const failure = await failureOf(read());
    expect(failure).toMatchObject({ reason: "NotAuthorized" });
    expect(failure.message).toContain("listing groups");
  });

  it("ends with the reason of the caller who calls it off", async () => {
    const stop = new AbortController();
    server.onGraph(() => {
      stop.abort(new Error("enough"));
      return silence;
    });
    await expect(read(ALL, stop.signal)).rejects.toThrow("enough");
  });
});

describe("a sample", () => {
  it("takes one short page of each enabled source", async () => {
    server.onGraph(served({ users: many(2000, person), groups: [list(1)] }));
    const sources = { users: true, groups: true, contacts: false };
    const counts = await readSample(graphFor(server, createTestDeps()), sources, quiet());
    expect(counts).toEqual({ users: 5, groups: 1, contacts: 0 });
    expect(server.graph.map((request) => parameter(request, "$top"))).toEqual(["5", "5"]);
  });

  it("fails where a source is refused", async () => {
    server.onGraph(() => graphError(403, "Authorization_RequestDenied"));
    const sample = readSample(graphFor(server, createTestDeps()), { ...ALL, users: false, groups: false }, quiet());
    expect((await failureOf(sample)).message).toContain("OrgContact.Read.All");
  });
});

describe("the domains of a tenant", () => {
  const domains = () => readVerifiedDomains(graphFor(server, createTestDeps()), quiet());

  it("are told in lower case", async () => {
    server.onGraph(() => ({
      json: { value: [{ id: "t", verifiedDomains: [{ name: "Contoso.Example" }, { name: "b.example" }] }] },
    }));
    expect(await domains()).toEqual(["contoso.example", "b.example"]);
    expect(server.graph[0]?.path).toBe("/v1.0/organization?$select=id,verifiedDomains");
  });

  it("are left out where they are text for people, and no names", async () => {
    const names = [
      "b.example",
      "please confirm at https://evil.example",
      "\u202eelpmaxe.b",
      "a\nb.example",
      "x".repeat(300),
    ];
    server.onGraph(() => ({ json: { value: [{ id: "t", verifiedDomains: names.map((name) => ({ name })) }] } }));
    expect(await domains()).toEqual(["b.example"]);
  });

  it("are unknown where no permission allows to ask", async () => {
    server.onGraph(() => graphError(403, "Authorization_RequestDenied"));
    expect(await domains()).toBeUndefined();
  });

  it.each([
    { what: "no organization", json: { value: [] } },
    { what: "an organization without a list", json: { value: [{ id: "t" }] } },
    { what: "a domain without a name", json: { value: [{ verifiedDomains: [{ isDefault: true }] }] } },
  ])("fail for $what", async ({ json }) => {
    server.onGraph(() => ({ json }));
    expect(await failureOf(domains())).toMatchObject({ reason: "MalformedAnswer" });
  });

  it("fail for another refusal", async () => {
    server.onGraph(() => graphError(404, "Request_ResourceNotFound"));
    expect(await failureOf(domains())).toMatchObject({ reason: "RequestRefused" });
  });
});

/** The simulated tenant refuses what the real one refuses, in its words. */
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateCompany, harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { startTenant, type Tenant } from "../../../dev/tenant/index.ts";

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

function send(
  tenant: Tenant,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = "",
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const url = path.startsWith("https:") ? path : `${tenant.graph}${path}`;
    const outgoing = request(url, { method, headers, ca: tenant.ca }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function askToken(tenant: Tenant, changes: Record<string, string> = {}, tenantId = tenant.tenantId): Promise<Reply> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: tenant.clientId,
    client_secret: tenant.clientSecret,
    scope: `${tenant.graph}/.default`,
    ...changes,
  });
  return send(tenant, "POST", `/${tenantId}/oauth2/v2.0/token`, {}, form.toString());
}

describe("A simulated tenant", () => {
  let tenant: Tenant;
  let headers: Record<string, string>;
  beforeAll(async () => {
    tenant = await startTenant({ company: harbourAndPine() });
    headers = { authorization: `Bearer ${String((await askToken(tenant)).body["access_token"])}` };
  });
  afterAll(() => tenant.close());

  it.each<[name: string, changes: Record<string, string>, number: number]>([
    ["a wrong secret", { client_secret: "wrong" }, 7000215],
    ["an unknown app", { client_id: "99999999-0000-4000-8000-000000000000" }, 700016],
    ["another resource", { scope: "https://vault.example/.default" }, 500011],
    ["another grant", { grant_type: "password" }, 70003],
  ])("gives no token for %s", async (_, changes, number) => {
    const { status, body } = await askToken(tenant, changes);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body["error_codes"]).toEqual([number]);
    expect(body["error_description"]).toContain(`AADSTS${number}`);
  });

  it("gives no token for an unknown tenant, nor for an expired secret", async () => {
    expect((await askToken(tenant, {}, "99999999-0000-4000-8000-000000000000")).body["error_codes"]).toEqual([90002]);
    tenant.app.secrets.set("old", "expired");
    expect((await askToken(tenant, { client_secret: "old" })).body["error_codes"]).toEqual([7000222]);
  });

  it.each<[name: string, path: string, status: number, code: string]>([
    ["a page of 1000", "/v1.0/users?$top=1000", 400, "Request_UnsupportedQuery"],
    ["a page of none", "/v1.0/users?$top=0", 400, "Request_UnsupportedQuery"],
    ["a property that no cloud knows", "/v1.0/users?$select=id,shoeSize", 400, "BadRequest"],
    ["a property that lists do not have", "/v1.0/users?$select=mailboxSettings", 501, "NotImplemented"],
    ["$skip", "/v1.0/users?$skip=5", 400, "Request_UnsupportedQuery"],
    ["$orderby", "/v1.0/users?$orderby=mail", 400, "Request_UnsupportedQuery"],
    ["a filter that groups cannot have", "/v1.0/groups?$filter=mailEnabled ne true", 400, "Request_UnsupportedQuery"],
    [
      "a filter on addresses without any",
      "/v1.0/users?$filter=proxyAddresses eq 'smtp:a@b.c'",
      400,
      "Request_UnsupportedQuery",
    ],
    ["an apostrophe that is not doubled", "/v1.0/users?$filter=mail eq 'o'neil@b.c'", 400, "Request_UnsupportedQuery"],
    ["a filter that does not end", "/v1.0/users?$filter=mail eq 'a@b.c' or", 400, "Request_UnsupportedQuery"],
    ["a filter on another property", "/v1.0/users?$filter=city eq 'Kiel'", 400, "Request_UnsupportedQuery"],
    [
      "more than 15 clauses",
      `/v1.0/users?$filter=${Array.from({ length: 16 }, (_, n) => `mail eq 'u${n}@b.c'`).join(" or ")}`,
      400,
      "Request_UnsupportedQuery",
    ],
    ["$count without eventual consistency", "/v1.0/groups?$count=true", 400, "Request_BadRequest"],
    ["a page token that is none of its own", "/v1.0/users?$skiptoken=abc", 400, "Directory_ExpiredPageToken"],
    ["another version", "/beta/users", 400, "BadRequest"],
    ["another collection", "/v1.0/devices", 400, "BadRequest"],
    [
      "an object that is not there",
      "/v1.0/users/99999999-0000-4000-8000-000000000000",
      404,
      "Request_ResourceNotFound",
    ],
  ])("refuses %s", async (_, path, status, code) => {
    const answer = await send(tenant, "GET", path.replaceAll(" ", "%20"), headers);
    expect({ status: answer.status, code: (answer.body["error"] as { code: string }).code }).toEqual({ status, code });
  });

  it("refuses who has no token, and who lacks the role", async () => {
    expect((await send(tenant, "GET", "/v1.0/users")).status).toBe(401);
    tenant.app.roles.delete("OrgContact.Read.All");
    const bare = { authorization: `Bearer ${String((await askToken(tenant)).body["access_token"])}` };
    tenant.app.roles.add("OrgContact.Read.All");
    expect((await send(tenant, "GET", "/v1.0/contacts", bare)).status).toBe(403);
    expect((await send(tenant, "GET", "/v1.0/users", bare)).status).toBe(200);
  });

  it("gives pages of the asked size, with links that lead on to the end", async () => {
    const seen = new Set<string>();
    let path: string | undefined = "/v1.0/users?$select=id&$top=100";
    const sizes: number[] = [];
    while (path !== undefined) {
      const { body } = await send(tenant, "GET", path, headers);
      const value = body["value"] as { id: string }[];
      sizes.push(value.length);
      for (const { id } of value) seen.add(id);
      path = body["@odata.nextLink"] as string | undefined;
    }
    expect(sizes).toEqual([100, 100, 52]);
    expect(seen.size).toBe(252);
  });

  it("lists mail-enabled groups only, where that is asked", async () => {
    const { body } = await send(
      tenant,
      "GET",
      "/v1.0/groups?$filter=mailEnabled%20eq%20true&$select=id,mailEnabled",
      headers,
    );
    const value = body["value"] as { mailEnabled: boolean }[];
    expect(value).toHaveLength(15);
    expect(value.every(({ mailEnabled }) => mailEnabled)).toBe(true);
  });

  it("answers a $batch part by part, and refuses more than 20", async () => {
    const [known = ""] = [...tenant.company.users.keys()];
    const parts = (count: number) =>
      Array.from({ length: count }, (_, id) => ({
        id: String(id),
        method: "GET",
        url: `/users/${id === 0 ? known : "gone"}`,
      }));
    const { body } = await send(tenant, "POST", "/v1.0/$batch", headers, JSON.stringify({ requests: parts(2) }));
    const statuses = (body["responses"] as { id: string; status: number }[])
      .map(({ id, status }) => `${id}: ${status}`)
      .sort();
    expect(statuses).toEqual(["0: 200", "1: 404"]);
    expect((await send(tenant, "POST", "/v1.0/$batch", headers, JSON.stringify({ requests: parts(21) }))).status).toBe(
      400,
    );
  });

  it("shows a change to the very next request, and a fault as often as it was ordered", async () => {
    const { id } = tenant.company.hire("new.hire@example.com");
    expect((await send(tenant, "GET", `/v1.0/users/${id}?$select=id,mail`, headers)).body["mail"]).toBe(
      "new.hire@example.com",
    );
    tenant.fault({ on: "users", from: 2, times: 1, effect: { kind: "status", status: 503 } });
    const statuses = [];
    for (let ask = 0; ask < 3; ask++) statuses.push((await send(tenant, "GET", "/v1.0/users?$top=1", headers)).status);
    expect(statuses).toEqual([200, 503, 200]);
    tenant.expireTokens();
    expect((await send(tenant, "GET", "/v1.0/users", headers)).status).toBe(401);
  });
});

describe("A generated company", () => {
  it("is the same every time, and as large as was asked", () => {
    const size = { users: 50, groups: 5, contacts: 2 };
    const [one, two] = [generateCompany(size), generateCompany(size)];
    expect([one.users.size, one.groups.size, one.contacts.size]).toEqual([50, 5, 2]);
    expect([...one.users.keys()]).toEqual([...two.users.keys()]);
  });
});

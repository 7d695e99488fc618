/** Delta queries in all four clouds: each at its own Graph, with a token of its own authority, and a feed that no other cloud shares. */
import { describe, expect, it } from "vitest";
import contract from "../../../dev/tenant/contract.json" with { type: "json" };
import { systemClock } from "../../../src/base/deps.ts";
import { CLOUDS } from "../../../src/directory/clouds.ts";
import type { Http } from "../../../src/directory/http/http.ts";
import { createDirectoryProvider } from "../../../src/directory/provider.ts";
import { SELECT_BY_ID } from "../../../src/directory/sources.ts";
import type { Cloud } from "../../../src/directory/types.ts";
import { SOURCES } from "../../../src/recipients/model.ts";

const ALL = { users: true, groups: true, contacts: true };
const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const signal = new AbortController().signal;

/** docs: learn.microsoft.com/graph/deployments. */
const EXPECTED = {
  Global: ["login.microsoftonline.com", "https://graph.microsoft.com"],
  USGovernmentGCCHigh: ["login.microsoftonline.us", "https://graph.microsoft.us"],
  USGovernmentDoD: ["login.microsoftonline.us", "https://dod-graph.microsoft.us"],
  China: ["login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"],
} as const satisfies Record<Cloud, readonly [string, string]>;
/** Both clouds of the government have one. */
const METADATA = {
  Global: "Global",
  USGovernmentGCCHigh: "USGovernment",
  USGovernmentDoD: "USGovernment",
  China: "China",
} as const satisfies Record<Cloud, string>;
const NAMES = Object.keys(EXPECTED) as Cloud[];

/** Answers for every cloud; a token of one is worth nothing at another. */
function createClouds() {
  const asked: string[] = [];
  const scopes: string[] = [];
  const answer = (status: number, body: object) => ({
    status,
    header: (name: string) => (name === "request-id" ? "6f1c0f2e-0000-4c55-9b39-6d1f7f7b2a10" : undefined),
    body: JSON.stringify(body),
  });
  const http: Http = async ({ url, headers, body }) => {
    const { host, origin, pathname, searchParams } = new URL(url);
    if (pathname.endsWith("/oauth2/v2.0/token")) {
      const scope = new URLSearchParams(body).get("scope") ?? "";
      scopes.push(`${host} ${scope}`);
      const payload = Buffer.from(JSON.stringify({ tid: TENANT, roles: ["User.Read.All"], aud: scope })).toString(
        "base64url",
      );
      return answer(200, { token_type: "Bearer", expires_in: 3600, access_token: `e30.${payload}.x` });
    }
    const audience = Buffer.from((headers?.["Authorization"] ?? "").split(".")[1] ?? "", "base64url").toString();
    if (!audience.includes(`"${origin}/.default`))
      return answer(401, { error: { code: "InvalidAuthenticationToken" } });
    asked.push(`${origin}${pathname}`);
    const link = `${origin}${pathname}?$deltatoken=${searchParams.get("$deltatoken") === "latest" ? "first" : "next"}`;
    return answer(200, { value: [], "@odata.deltaLink": link });
  };
  return { http, asked, scopes };
}

const connectionOf = (cloud: Cloud) => ({
  cloud,
  tenantId: TENANT,
  credential: { kind: "clientSecret", clientId: "11111111-2222-4333-8444-555555555555", clientSecret: "s" } as const,
});

describe.each(NAMES)("In %s", (cloud) => {
  it("what changes is asked of its own Graph, with a token for that, and links of other clouds are not followed", async () => {
    const { http, asked, scopes } = createClouds();
    const provider = createDirectoryProvider({
      endpoints: CLOUDS,
      deps: { clock: systemClock, random: () => 0.5 },
      http,
    });
    const { feed } = provider.connect(connectionOf(cloud));
    const place = await feed.begin(ALL, signal);
    expect(await feed.since(place, ALL, 0, signal)).toMatchObject({ kind: "told", objects: [] });
    const [authority, graph] = EXPECTED[cloud];
    const each = SOURCES.map((source) => `${graph}/v1.0/${source}/delta`);
    expect(asked).toEqual([...each, ...each]);
    expect(scopes).toEqual([`${authority} ${graph}/.default`]);
    const [other = "Global"] = NAMES.filter((name) => name !== cloud);
    const foreign = await provider.connect(connectionOf(other)).feed.begin(ALL, signal);
    expect(await feed.since(foreign, ALL, 0, signal)).toEqual({ kind: "lost" });
  });

  it("there is all that is asked of an object", () => {
    const properties = contract.properties[METADATA[cloud]];
    for (const source of SOURCES)
      expect(SELECT_BY_ID[source].split(",").filter((name) => !properties[source].includes(name))).toEqual([]);
  });
});

describe("The very same tenant and credential", () => {
  it("in four clouds has four feeds", () => {
    const { http } = createClouds();
    const provider = createDirectoryProvider({
      endpoints: CLOUDS,
      deps: { clock: systemClock, random: () => 0.5 },
      http,
    });
    const feeds = NAMES.flatMap((cloud) => [
      provider.connect(connectionOf(cloud)).feed,
      provider.connect(connectionOf(cloud)).feed,
    ]);
    expect(new Set(feeds).size).toBe(4);
    expect(feeds[0]).toBe(feeds[1]);
  });
});

/** The recipes of docs/access.md register what the link of the operator names, so that Entra shows its page (issue 25, seen 2). */
import { describe, expect, it } from "vitest";
import { adminConsent } from "../../../dev/tenant/consent.ts";
import type { App } from "../../../dev/tenant/entra.ts";
import { CLOUDS, consentUrl, PORTALS } from "../../../src/directory/clouds.ts";
import { readPages } from "../../support/pages.ts";

const { text: access = "" } = readPages().find(({ path }) => path === "docs/access.md") ?? {};
const CLIENT = "11111111-2222-4333-8444-555555555555";
const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const URI = 'https://[^\\s`"]+';

const RECIPES = {
  portal: new RegExp(`platform \\*\\*Web\\*\\*, \`(${URI})\``),
  "az, for a new app": new RegExp(`az ad app create [\\s\\S]*?--web-redirect-uris (${URI})`),
  "az, for an app that is there": new RegExp(`az ad app update [^\\n]*--web-redirect-uris (${URI})`),
  Terraform: new RegExp(`redirect_uris = \\["(${URI})"\\]`),
};

function open(link: string, registered: readonly string[]) {
  const app: App = {
    clientId: CLIENT,
    secrets: new Map(),
    certificates: [],
    federated: [],
    redirectUris: new Set(registered),
    requested: ["User.Read.All"],
    roles: new Set(),
  };
  const scope = `${CLOUDS.Global.graph}/.default`;
  const options = {
    tenantId: TENANT,
    isTenant: (name: string) => name === TENANT,
    apps: new Map([[CLIENT, app]]),
    scope,
  };
  return { ...adminConsent(TENANT, new URL(link), "grants", options), app };
}

describe("The consent link", () => {
  const link = consentUrl(CLOUDS.Global, TENANT, CLIENT, { url: PORTALS.Global });

  it.each(Object.entries(RECIPES))("works for an app that was registered as for %s", (_, recipe) => {
    const [, registered = ""] = recipe.exec(access) ?? [];
    const { status, headers, app } = open(link, [registered]);
    expect(status).toBe(302);
    expect(new URL(headers["Location"] ?? "").origin).toBe(new URL(PORTALS.Global).origin);
    expect([...app.roles]).toEqual(["User.Read.All"]);
  });

  const without = (): string => {
    const url = new URL(link);
    url.searchParams.delete("redirect_uri");
    return url.href;
  };
  it.each([
    { mistake: "no redirect URI is registered", number: "AADSTS500113", link, registered: [] },
    { mistake: "another is registered", number: "AADSTS50011", link, registered: ["https://gw.example/consent"] },
    { mistake: "the link names none", number: "AADSTS900971", link: without(), registered: [PORTALS.Global] },
  ])("$number, which the page explains, when $mistake", (wrong) => {
    const { status, body, app } = open(wrong.link, wrong.registered);
    expect({ status, roles: app.roles.size }).toEqual({ status: 400, roles: 0 });
    expect(body).toContain(`${wrong.number}:`);
    expect(access).toMatch(new RegExp(`\\| ${wrong.number} \\|`));
  });

  it("is the last of the ways that the page names", () => {
    const section = access.slice(access.indexOf("## Consent"));
    const order = ["**Grant admin consent**", "az ad app permission admin-consent", "status.consentUrl"];
    const places = order.map((way) => section.indexOf(way));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });
});

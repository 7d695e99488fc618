/** The simulated Entra verifies what the real one verifies, and refuses the rest by its numbers. */
import { createHash, createPrivateKey, generateKeyPairSync, randomUUID, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "../../../dev/tenant/authority.ts";
import type { App } from "../../../dev/tenant/entra.ts";
import { appCertificate, appKey, issuedChain, issuedKey } from "../../../dev/tls/index.ts";
import { createFederation, SUBJECT, signJwt } from "../../support/federation.ts";

const ORIGIN = "https://entra.example";
const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const CLIENT = "11111111-2222-4333-8444-555555555555";
const REDIRECT = "https://sync.example.com/consent";
/** After appCertificate began, and after the issued one ended. */
const NOW = Date.UTC(2027, 0, 1);
const SECONDS = NOW / 1000;
const AUDIENCE = "api://AzureADTokenExchange";
const federation = createFederation(AUDIENCE);

function createEntra(): { authority: Authority; app: App } {
  const app: App = {
    clientId: CLIENT,
    secrets: new Map([
      ["right", "valid"],
      ["old", "expired"],
    ]),
    certificates: [appCertificate, issuedChain],
    federated: [{ issuer: federation.issuer, subject: SUBJECT, audience: AUDIENCE }],
    redirectUris: new Set([REDIRECT]),
    requested: ["User.Read.All"],
    roles: new Set(),
  };
  const options = { tenantId: TENANT, domains: ["example.com"], app, lifetimeSeconds: 3600 };
  const authority = createAuthority({ ...options, origin: () => ORIGIN, now: () => NOW });
  authority.issuers.set(federation.issuer, federation.publicKey);
  authority.elsewhere.set("army.example", { instance: "microsoftonline.us", subScope: "DOD" });
  return { authority, app };
}

/** The error number of a token request, or "token". */
function ask(form: Record<string, string>, authority = createEntra().authority, tenant = TENANT): unknown {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: CLIENT,
    scope: `${ORIGIN}/.default`,
    ...form,
  });
  const route = authority.route(new URL(`${ORIGIN}/${tenant}/oauth2/v2.0/token`));
  const { body: answer } = route?.answer(body.toString()) ?? {};
  const { error_codes: codes, access_token: token } = answer as Record<string, unknown>;
  return typeof token === "string" ? "token" : (codes as number[])[0];
}

const assertion = (text: string): Record<string, string> => ({
  client_assertion: text,
  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
});

const key = createPrivateKey(appKey);
const thumbprintOf = (pem: string): string =>
  createHash("sha256").update(new X509Certificate(pem).raw).digest("base64url");

function ownAssertion(claims: object = {}, header: object = {}, by = key): Record<string, string> {
  return assertion(
    signJwt(
      { alg: "PS256", "x5t#S256": thumbprintOf(appCertificate), ...header },
      {
        iss: CLIENT,
        sub: CLIENT,
        aud: `${ORIGIN}/${TENANT}/oauth2/v2.0/token`,
        nbf: SECONDS,
        exp: SECONDS + 600,
        jti: randomUUID(),
        ...claims,
      },
      by,
    ),
  );
}

const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const strangers = createFederation(AUDIENCE, federation.issuer);

describe("a token request", () => {
  it.each<[name: string, form: Record<string, string>, outcome: unknown]>([
    ["the right secret", { client_secret: "right" }, "token"],
    ["a wrong secret", { client_secret: "wrong" }, 7000215],
    ["an expired secret", { client_secret: "old" }, 7000222],
    ["no proof at all", {}, 7000218],
    ["another app", { client_id: randomUUID(), client_secret: "right" }, 700016],
    ["another resource", { scope: "https://elsewhere/.default", client_secret: "right" }, 500011],
    ["a signed assertion", ownAssertion(), "token"],
    ["an assertion without its type", { ...ownAssertion(), client_assertion_type: "x" }, 7000218],
    ["an assertion that is none", assertion("a.b.c"), 50013],
    ["an assertion that a stranger signed", ownAssertion({}, {}, stranger), 700027],
    ["an assertion that names no certificate", ownAssertion({}, { "x5t#S256": "x" }), 700027],
    ["an assertion by SHA-1 and RS256", ownAssertion({}, { alg: "RS256", x5t: "x" }), 700027],
    ["an assertion with another certificate's chain", ownAssertion({}, { x5c: ["x"] }), 700027],
    ["an assertion of another app", ownAssertion({ sub: randomUUID() }), 700021],
    ["an assertion for another endpoint", ownAssertion({ aud: "https://evil.example/token" }), 700023],
    ["an assertion for another tenant", ownAssertion({ aud: `${ORIGIN}/other/oauth2/v2.0/token` }), 700023],
    ["an assertion that is over", ownAssertion({ exp: SECONDS - 301 }), 700024],
    ["an assertion of the future", ownAssertion({ nbf: SECONDS + 301 }), 700024],
    ["an assertion without an id", ownAssertion({ jti: undefined }), 50013],
    [
      "an assertion by a certificate that has ended",
      ownAssertion({}, { "x5t#S256": thumbprintOf(issuedChain) }, createPrivateKey(issuedKey)),
      1000502,
    ],
    ["a cluster's token", assertion(federation.token(NOW)), "token"],
    ["a token of another cluster", assertion(federation.token(NOW, { iss: "https://evil.example" })), 700211],
    ["a token that another cluster signed", assertion(strangers.token(NOW)), 50013],
    [
      "a token of another service account",
      assertion(federation.token(NOW, { sub: "system:serviceaccount:a:b" })),
      700213,
    ],
    [
      "a token for another audience",
      assertion(federation.token(NOW, { aud: "api://AzureADTokenExchangeChina" })),
      700212,
    ],
    ["a cluster's token that is over", assertion(federation.token(NOW, { exp: SECONDS - 301 })), 700024],
  ])("with %s", (_, form, outcome) => {
    expect(ask(form)).toBe(outcome);
  });

  it("uses an assertion once", () => {
    const { authority } = createEntra();
    const form = ownAssertion();
    expect([ask(form, authority), ask(form, authority)]).toEqual(["token", 50013]);
  });

  it("names the cloud of a tenant that is elsewhere, and knows no others", () => {
    const { authority } = createEntra();
    expect(ask({ client_secret: "right" }, authority, "army.example")).toBe(90038);
    expect(ask({ client_secret: "right" }, authority, "nobody.example")).toBe(90002);
    const metadata = (tenant: string): unknown =>
      authority.route(new URL(`${ORIGIN}/${tenant}/v2.0/.well-known/openid-configuration`))?.answer("").body;
    expect(metadata("army.example")).toEqual({
      cloud_instance_name: "microsoftonline.us",
      tenant_region_sub_scope: "DOD",
    });
    expect(metadata("nobody.example")).toMatchObject({ error_codes: [90002] });
  });
});

describe("admin consent", () => {
  const link = (changes: Record<string, string> = {}, tenant = TENANT): URL => {
    const url = new URL(`${ORIGIN}/${tenant}/v2.0/adminconsent`);
    const query = { client_id: CLIENT, scope: `${ORIGIN}/.default`, redirect_uri: REDIRECT, state: "a&b", ...changes };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  };
  const open = (authority: Authority, url: URL) =>
    authority.route(url)?.answer("") as { status: number; headers: Record<string, string>; body: string };

  it("asks, grants what the registration asks for, and sends back with the state", () => {
    const { authority, app } = createEntra();
    expect(open(authority, link()).body).toMatch(/Accept.*Cancel/);
    expect(app.roles.size).toBe(0);
    authority.administrator = "grants";
    const { status, headers } = open(authority, link());
    expect(status).toBe(302);
    const back = new URL(headers["Location"] ?? "");
    expect(`${back.origin}${back.pathname}`).toBe(REDIRECT);
    expect(Object.fromEntries(back.searchParams)).toEqual({
      admin_consent: "True",
      tenant: TENANT,
      state: "a&b",
      scope: `${ORIGIN}/.default`,
    });
    expect([...app.roles]).toEqual(["User.Read.All"]);
  });

  it("says admin_consent=True beside the error too when it is declined, as the real one does", () => {
    const { authority, app } = createEntra();
    authority.administrator = "declines";
    const back = new URL(open(authority, link()).headers["Location"] ?? "");
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ admin_consent: "True", error: "consent_required" });
    expect(app.roles.size).toBe(0);
  });

  const without = (url: URL, name: string): URL => {
    url.searchParams.delete(name);
    return url;
  };

  it("sends nobody anywhere for an app without any redirect (issue 25, seen 2)", () => {
    const { authority, app } = createEntra();
    app.redirectUris.clear();
    authority.administrator = "grants";
    expect(open(authority, link())).toMatchObject({ status: 400, body: expect.stringContaining("AADSTS500113") });
    expect(app.roles.size).toBe(0);
  });

  it.each([
    { what: "an unregistered redirect", url: link({ redirect_uri: `${REDIRECT}/more` }), number: "AADSTS50011" },
    { what: "a link without a redirect", url: without(link(), "redirect_uri"), number: "AADSTS900971" },
    { what: "an unknown app", url: link({ client_id: randomUUID() }), number: "AADSTS700016" },
    { what: "an unknown tenant", url: link({}, "nobody.example"), number: "AADSTS90002" },
    { what: "another scope", url: link({ scope: "User.Read" }), number: "AADSTS500011" },
  ])("sends nobody anywhere for $what", ({ url, number }) => {
    const { authority } = createEntra();
    authority.administrator = "grants";
    const { status, headers, body } = open(authority, url);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers).not.toHaveProperty("Location");
    expect(body).toContain(number);
  });
});

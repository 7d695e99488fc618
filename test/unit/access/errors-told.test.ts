/** Every row of the table of errors, from the answer of Entra, Graph or the network to what `kubectl describe` shows. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderErrors } from "../../../scripts/generate/errors.ts";
import {
  AADSTS,
  GRAPH,
  GRAPH_STATUSES,
  STATUSES,
  SYSTEM,
  TRANSPORT,
} from "../../../src/directory/errors/error-table.ts";
import { TransportError } from "../../../src/directory/http/transport-error.ts";
import { brief } from "../../support/world.ts";
import { busy, consent, type Expected, NUMBERS, tenant, throttled } from "./entra-numbers.ts";
import { healthy, isToken, type Seen, type Service, syncAgainst } from "./support.ts";

/** Entra answers with this number. */
const withNumber =
  (number: number, description = `AADSTS${number}: hush`): Service =>
  (call) =>
    isToken(call)
      ? { status: 401, json: { error: "invalid_client", error_codes: [number], error_description: description } }
      : { status: 404, json: {} };
/** Graph refuses the list of users. */
const withAnswer =
  (status: number, code?: string): Service =>
  (call) =>
    call.url.pathname === "/v1.0/users"
      ? { status, headers: { "request-id": "of-graph" }, json: code === undefined ? {} : { error: { code } } }
      : healthy(call);
const withTrouble =
  (trouble: TransportError): Service =>
  (call) => {
    if (!isToken(call)) throw trouble;
    return healthy(call);
  };

const told = ({ status }: Seen): string => status.requests?.sync?.message ?? "";

function expectTold(seen: Seen, code: string, { reason, says }: Expected): void {
  const { requests, conditions, lastSync } = seen.status;
  expect(requests?.sync).toMatchObject({ state: reason === "NotAuthorized" ? "Rejected" : "Failed", reason });
  expect(told(seen)).toContain(code);
  expect(told(seen)).toMatch(says);
  expect(told(seen)).not.toMatch(/hush|\{|undefined/);
  expect(lastSync).toMatchObject({ result: "Failed", reason });
  const stalled = brief(conditions).filter((line) => line.startsWith("Stalled"));
  // Asked by hand, and automatic sync is off: nothing will try again by itself.
  expect(stalled).toEqual([`Stalled=True/${reason}`]);
  expect(brief(conditions)).toContain(`Ready=False/${reason}`);
}

const permission = { reason: "NotAuthorized", says: /application permission User\.Read\.All .* status\.consentUrl/ };
const token = { reason: "InvalidCredentials", says: /spec\.cloud .* DoD/ };
const expired = { reason: "PageTokenExpired", says: /longer than Graph keeps/ };

const CODES: Readonly<Record<string, Expected & { readonly status: number }>> = {
  Authorization_IdentityNotFound: { status: 401, ...consent },
  Authorization_RequestDenied: { status: 403, ...permission },
  accessDenied: { status: 403, ...permission },
  InvalidAuthenticationToken: { status: 401, ...token },
  OrganizationFromTenantGuidNotFound: { status: 404, ...tenant },
  Directory_ExpiredPageToken: { status: 400, ...expired },
  syncStateNotFound: { status: 400, ...expired },
  syncStateInvalid: { status: 400, ...expired },
  resyncRequired: { status: 410, ...expired },
  Request_UnsupportedQuery: { status: 400, reason: "RequestRefused", says: /request-id/ },
  activityLimitReached: { status: 429, ...throttled },
};

const STATUS: Readonly<Record<number, Expected>> = {
  400: { reason: "RequestRefused", says: /report it/ },
  401: token,
  403: permission,
  408: { reason: "Timeout", says: /took too long/ },
  409: { reason: "ServiceUnavailable", says: /trouble of its own/ },
  410: expired,
  429: throttled,
  500: busy,
};

const network = { reason: "NetworkError" };
const dns = { ...network, says: /DNS/ };
const ca = { ...network, says: /NODE_EXTRA_CA_CERTS/ };
const SYSTEM_CODES: Readonly<Record<string, Expected>> = {
  ENOTFOUND: dns,
  EAI_AGAIN: dns,
  SELF_SIGNED_CERT_IN_CHAIN: ca,
  DEPTH_ZERO_SELF_SIGNED_CERT: ca,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ca,
  UNABLE_TO_GET_ISSUER_CERT: ca,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ca,
  CERT_HAS_EXPIRED: { ...network, says: /expired/ },
  ERR_TLS_CERT_ALTNAME_INVALID: { ...network, says: /another name/ },
};
const TRANSPORTS: Readonly<Record<keyof typeof TRANSPORT, Expected>> = {
  network: { ...network, says: /egress/ },
  proxy: { ...network, says: /HTTPS_PROXY/ },
  timeout: { reason: "Timeout", says: /no answer in time/ },
  incomplete: { ...network, says: /broke off/ },
  tooLarge: { ...network, says: /larger/ },
};

describe("an error of Entra", () => {
  it.each(Object.entries(NUMBERS))("AADSTS%s is told with reason and cure", async (number, expected) => {
    expectTold(await syncAgainst(withNumber(Number(number))), `AADSTS${number}`, expected);
  });

  it("that nobody knows is shown as it is, and nothing is said of the credential (issue 18, point 5)", async () => {
    const seen = await syncAgainst(withNumber(424242));
    expectTold(seen, "AADSTS424242", { reason: "TokenRefused", says: /not known here; .*explains the number/ });
    expect(told(seen)).not.toMatch(/secret|certificate|credentials/);
  });

  it.each([
    {
      what: "a number in its words only",
      json: { error_description: "AADSTS7000222: hush" },
      code: "AADSTS7000222",
      reason: "InvalidCredentials",
    },
    {
      what: "no number, but OAuth's word",
      json: { error: "invalid_grant" },
      code: "invalid_grant",
      reason: "TokenRefused",
    },
  ])("with $what is shown as far as it is public", async ({ json, code, reason }) => {
    const seen = await syncAgainst((call) => (isToken(call) ? { status: 400, json } : healthy(call)));
    expectTold(seen, code, { reason, says: /./ });
  });

  it.each([
    { what: "a word that is none", status: 400, json: { error: "<b>hush</b>" } },
    { what: "a proxy's own JSON", status: 403, json: { message: "hush", policy: "default" } },
    { what: "a redirect with JSON", status: 302, json: { error: "invalid_client", error_codes: [7000215] } },
    { what: "a permanent redirect", status: 308, json: {} },
    { what: "a part of an answer", status: 206, json: { access_token: "hush" } },
    { what: "a proxy that wants a password", status: 407, json: { error: "invalid_client" } },
  ])("that is none of Entra's is no fault of the credential: $what (issue 18, point 9)", async ({ status, json }) => {
    const seen = await syncAgainst((call) => (isToken(call) ? { status, json } : healthy(call)));
    expectTold(seen, `HTTP ${status}`, { reason: "MalformedAnswer", says: /a proxy in between/ });
    expect(told(seen)).not.toMatch(/secret|certificate|credentials/);
  });
});

describe("an error of Graph", () => {
  it.each(Object.entries(CODES))("%s is told with reason and cure", async (code, { status, ...expected }) => {
    expectTold(await syncAgainst(withAnswer(status, code)), code, expected);
  });

  it.each(Object.entries(STATUS))(
    "with status %s and no code is told with reason and cure",
    async (status, expected) => {
      expectTold(await syncAgainst(withAnswer(Number(status))), `HTTP ${status}`, expected);
    },
  );

  it.each([
    { what: "a proxy's own JSON", status: 403, json: { message: "hush" } },
    { what: "an unauthorized of somebody else", status: 401, json: { message: "hush" } },
    { what: "a redirect with JSON", status: 301, json: { value: [] } },
    { what: "a temporary redirect", status: 307, json: {} },
    { what: "a part of a page", status: 206, json: { value: [] } },
    { what: "an empty success", status: 204, json: {} },
    {
      what: "the answer to another request",
      status: 200,
      json: { "@odata.context": "https://x/$metadata#groups", value: [] },
    },
  ])("that is none of Graph's is no fault of a permission: $what (issue 18, point 9)", async ({ status, json }) => {
    const answer: Service = (call) => (call.url.pathname === "/v1.0/users" ? { status, json } : healthy(call));
    const seen = await syncAgainst(answer);
    expectTold(seen, "listing users", { reason: "MalformedAnswer", says: /a proxy in between/ });
    expect(told(seen)).not.toMatch(/permission|token|credentials/);
  });

  it("with a code that nobody knows is shown as it is", async () => {
    expectTold(await syncAgainst(withAnswer(418, "TeaPot")), "HTTP 418, TeaPot", {
      reason: "RequestRefused",
      says: /report it/,
    });
  });
});

describe("trouble of the network", () => {
  it.each(Object.entries(SYSTEM_CODES))("%s is told with cause and cure", async (code, expected) => {
    expectTold(await syncAgainst(withTrouble(new TransportError("network", code))), code, expected);
  });

  it.each(Object.entries(TRANSPORTS))("of the kind %s is told with cause and cure", async (kind, expected) => {
    const trouble = new TransportError(kind as keyof typeof TRANSPORT, "ESOMETHING");
    expectTold(await syncAgainst(withTrouble(trouble)), "ESOMETHING", expected);
  });
});

describe("a tenant in another cloud", () => {
  const knows =
    (number: number, configuration: object, description?: string): Service =>
    (call) =>
      call.url.pathname.endsWith("/.well-known/openid-configuration")
        ? { json: configuration }
        : withNumber(number, description)(call);

  it.each([
    { instance: "microsoftonline.us", scope: "DODCON", asked: "Global", cloud: "USGovernmentGCCHigh" },
    { instance: "microsoftonline.us", scope: "DOD", asked: "Global", cloud: "USGovernmentDoD" },
    { instance: "partner.microsoftonline.cn", scope: undefined, asked: "Global", cloud: "China" },
    { instance: "microsoftonline.com", scope: "GCC", asked: "USGovernmentGCCHigh", cloud: "Global" },
  ] as const)("$cloud is named when Entra of $asked knows it there", async ({ instance, scope, asked, cloud }) => {
    const configuration = { cloud_instance_name: instance, tenant_region_sub_scope: scope };
    for (const number of [90002, 700016]) {
      const seen = await syncAgainst(knows(number, configuration), asked);
      expectTold(seen, `AADSTS${number}`, {
        reason: "TenantNotFound",
        says: new RegExp(`the tenant is in another cloud; set spec\\.cloud to ${cloud}$`),
      });
    }
  });

  it.each([
    [
      "AADSTS90038: Tenant 'x' belongs to the National Cloud 'MicrosoftOnline.US'.",
      "USGovernmentGCCHigh or USGovernmentDoD",
    ],
    ["AADSTS90038: Tenant 'x' belongs to the National Cloud 'partner.microsoftonline.cn'.", "China"],
    ["AADSTS90038: Tenant 'x' belongs to another cloud.", "USGovernmentGCCHigh or USGovernmentDoD or China"],
  ])("is guessed from Entra's own words: %s", async (description, clouds) => {
    const seen = await syncAgainst(withNumber(90038, description));
    expect(told(seen)).toMatch(new RegExp(`set spec\\.cloud to ${clouds}$`));
  });

  it("is asked for at the authority of spec.cloud and nowhere else", async () => {
    const { calls } = await syncAgainst(withNumber(90002), "USGovernmentDoD");
    expect(new Set(calls.map(({ url }) => url.host))).toEqual(new Set(["login.microsoftonline.us"]));
  });

  it("is no question where the app is not known in a tenant of this cloud", async () => {
    const seen = await syncAgainst(knows(700016, { cloud_instance_name: "microsoftonline.com" }));
    expectTold(seen, "AADSTS700016", { reason: "NotAuthorized", says: /clientId/ });
  });
});

describe("the table", () => {
  it("has a scenario for every row", () => {
    expect(Object.keys(NUMBERS)).toEqual(Object.keys(AADSTS));
    expect(Object.keys(CODES)).toEqual(Object.keys(GRAPH));
    expect(Object.keys(SYSTEM_CODES)).toEqual(Object.keys(SYSTEM));
    expect(Object.keys(TRANSPORTS)).toEqual(Object.keys(TRANSPORT));
    expect(Object.keys(STATUS)).toEqual(expect.arrayContaining(Object.keys({ ...STATUSES, ...GRAPH_STATUSES })));
  });

  it("is what the page says", () => {
    expect(readFileSync("docs/errors.md", "utf8")).toBe(renderErrors());
  });
});

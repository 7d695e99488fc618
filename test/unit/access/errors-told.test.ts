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

interface Expected {
  readonly reason: string;
  readonly says: string | RegExp;
}

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

const consent = { reason: "NotAuthorized", says: /no consent .* status\.consentUrl/ };
const wrongSecret = { reason: "InvalidCredentials", says: /value \(not its id\)/ };
const certificate = { reason: "InvalidCredentials", says: /upload tls\.crt/ };
const assertion = { reason: "InvalidCredentials", says: /signed proof/ };
const federation = { reason: "InvalidCredentials", says: /Federated credentials/ };
const tenant = {
  reason: "TenantNotFound",
  says: /spec\.tenantId, or set spec\.cloud to USGovernmentGCCHigh or USGovernmentDoD or China/,
};
const resource = { reason: "TenantNotFound", says: /Graph is not known .* spec\.cloud/ };
const disabled = { reason: "AppDisabled", says: /Enterprise applications/ };
const issuer = {
  reason: "IssuerUnavailable",
  says: /openid-configuration .* reachable from the internet/,
};
const blocked = { reason: "TenantBlocked", says: /Microsoft has blocked the tenant/ };
const restricted = { reason: "BlockedByPolicy", says: /tenant restrictions/ };
const request = { reason: "RequestRefused", says: /characters that do not belong there/ };
const redirect = { reason: "RedirectNotRegistered", says: /consent redirect URL/ };
const busy = { reason: "ServiceUnavailable", says: /trouble of its own/ };
const throttled = { reason: "Throttled", says: /asks for a pause|too many requests/ };

const NUMBERS: Readonly<Record<number, Expected>> = {
  700016: { reason: "NotAuthorized", says: /spec\.credentials\.clientId/ },
  700011: { reason: "NotAuthorized", says: /spec\.credentials\.clientId/ },
  65001: consent,
  65005: consent,
  90008: consent,
  90093: consent,
  90095: consent,
  650057: consent,
  65004: consent,
  90094: consent,
  90099: consent,
  650056: consent,
  7000229: consent,
  70002: wrongSecret,
  7000215: wrongSecret,
  7000216: wrongSecret,
  7000218: wrongSecret,
  7000222: { reason: "InvalidCredentials", says: /secret has expired/ },
  50003: certificate,
  50012: certificate,
  50017: certificate,
  50032: { reason: "InvalidCredentials", says: /too weak/ },
  7000213: { reason: "InvalidCredentials", says: /chain/ },
  700027: certificate,
  700030: certificate,
  1000502: { reason: "InvalidCredentials", says: /certificate has expired or is not valid yet/ },
  7000274: { reason: "InvalidCredentials", says: /certificate has expired or is not valid yet/ },
  7000214: { reason: "InvalidCredentials", says: /certificate was revoked/ },
  7000277: { reason: "InvalidCredentials", says: /certificate was revoked/ },
  50006: assertion,
  50027: assertion,
  50048: assertion,
  900384: assertion,
  7000110: assertion,
  50013: assertion,
  700021: assertion,
  700023: assertion,
  700024: { reason: "InvalidCredentials", says: /node's clock/ },
  70021: federation,
  700211: federation,
  700212: federation,
  700213: federation,
  700222: { reason: "InvalidCredentials", says: /made by Entra itself/ },
  90061: issuer,
  50166: issuer,
  501661: issuer,
  7000272: issuer,
  700025: { reason: "InvalidCredentials", says: /public client/ },
  5000224: blocked,
  5000225: blocked,
  50002: restricted,
  500021: restricted,
  500022: restricted,
  50011: redirect,
  500113: redirect,
  900971: redirect,
  70004: redirect,
  90004: request,
  90013: request,
  90014: request,
  900144: request,
  90023: request,
  9002313: request,
  50029: tenant,
  50049: tenant,
  50059: tenant,
  50128: tenant,
  90019: tenant,
  90002: tenant,
  900023: tenant,
  90038: tenant,
  900382: tenant,
  900432: tenant,
  50194: { reason: "TenantNotFound", says: /multitenant/ },
  500011: resource,
  50001: resource,
  500014: { reason: "AppDisabled", says: /Microsoft Graph is disabled/ },
  650052: { reason: "AppDisabled", says: /subscription/ },
  70001: disabled,
  7000112: disabled,
  530035: { reason: "BlockedByPolicy", says: /security defaults/ },
  53011: { reason: "BlockedByPolicy", says: /risk/ },
  53003: { reason: "BlockedByPolicy", says: /Conditional Access/ },
  50196: throttled,
  90055: throttled,
  50000: busy,
  50033: busy,
  90012: busy,
  90036: busy,
  90006: busy,
  90024: busy,
  90033: busy,
  90090: busy,
};

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

import { describe, expect, it } from "vitest";
import {
  addressesHidden,
  isExpired,
  malformed,
  refused,
  unreachable,
} from "../../../../src/directory/errors/to-failure.ts";
import { TransportError } from "../../../../src/directory/http/transport-error.ts";
import type { Operation } from "../../../../src/directory/sources.ts";

const TOKEN: Operation = "obtaining a token";

describe("a refusal by Entra", () => {
  it.each([
    { aadsts: 700016, kind: "stalled", reason: "NotAuthorized", cure: "spec.credentials.clientId" },
    { aadsts: 7000229, kind: "stalled", reason: "NotAuthorized", cure: "status.consentUrl" },
    { aadsts: 65001, kind: "stalled", reason: "NotAuthorized", cure: "status.consentUrl" },
    { aadsts: 90094, kind: "stalled", reason: "NotAuthorized", cure: "o365sync.dev/test-connection" },
    { aadsts: 650056, kind: "stalled", reason: "NotAuthorized", cure: "status.consentUrl" },
    { aadsts: 7000215, kind: "stalled", reason: "InvalidCredentials", cure: "Certificates & secrets" },
    { aadsts: 7000222, kind: "stalled", reason: "InvalidCredentials", cure: "expired" },
    { aadsts: 700027, kind: "stalled", reason: "InvalidCredentials", cure: "tls.crt" },
    { aadsts: 700024, kind: "stalled", reason: "InvalidCredentials", cure: "clock" },
    { aadsts: 70021, kind: "stalled", reason: "InvalidCredentials", cure: "Federated credentials" },
    { aadsts: 700213, kind: "stalled", reason: "InvalidCredentials", cure: "Federated credentials" },
    { aadsts: 90002, kind: "stalled", reason: "TenantNotFound", cure: "spec.tenantId" },
    { aadsts: 900432, kind: "stalled", reason: "TenantNotFound", cure: "spec.cloud" },
    { aadsts: 50194, kind: "stalled", reason: "TenantNotFound", cure: "multitenant" },
    { aadsts: 500011, kind: "stalled", reason: "TenantNotFound", cure: "spec.cloud" },
    { aadsts: 7000112, kind: "stalled", reason: "AppDisabled", cure: "Enterprise applications" },
    { aadsts: 53003, kind: "stalled", reason: "BlockedByPolicy", cure: "Conditional Access" },
    { aadsts: 50196, kind: "retry", reason: "Throttled", cure: "too many requests" },
    { aadsts: 90033, kind: "retry", reason: "ServiceUnavailable", cure: "trouble of its own" },
    { aadsts: 1, kind: "stalled", reason: "TokenRefused", cure: "explains the number" },
  ] as const)("with AADSTS$aadsts is $kind/$reason", ({ aadsts, kind, reason, cure }) => {
    const failure = refused({ operation: TOKEN, status: 400, aadsts });
    expect(failure).toMatchObject({ kind, reason });
    expect(failure.message).toContain(cure);
    expect(failure.message).toContain(`AADSTS${aadsts}`);
  });

  it.each([
    { status: 400, kind: "stalled", reason: "TokenRefused" },
    { status: 401, kind: "stalled", reason: "TokenRefused" },
    { status: 404, kind: "stalled", reason: "TokenRefused" },
    { status: 429, kind: "retry", reason: "Throttled" },
    { status: 500, kind: "retry", reason: "ServiceUnavailable" },
    { status: 503, kind: "retry", reason: "ServiceUnavailable" },
  ] as const)("without a number and with status $status is $kind/$reason", ({ status, kind, reason }) => {
    expect(refused({ operation: TOKEN, status })).toMatchObject({ kind, reason });
  });
});

it("of a federated token that Entra cannot check names the issuer (issue 18, point 5)", () => {
  const issuer = "https://oidc.example.com/cluster";
  const { message } = refused({ operation: TOKEN, status: 400, aadsts: 7000272, issuer });
  expect(message).toContain("https://oidc.example.com/cluster/.well-known/openid-configuration");
  expect(refused({ operation: TOKEN, status: 400, aadsts: 7000272 }).message).toContain("https://ISSUER/.well-known");
});

describe("a refusal by Graph", () => {
  it.each([
    { status: 401, codes: ["InvalidAuthenticationToken"], kind: "stalled", reason: "InvalidCredentials" },
    { status: 401, codes: ["Authorization_IdentityNotFound"], kind: "stalled", reason: "NotAuthorized" },
    { status: 403, codes: ["Authorization_RequestDenied"], kind: "stalled", reason: "NotAuthorized" },
    { status: 403, codes: [], kind: "stalled", reason: "NotAuthorized" },
    { status: 401, codes: ["OrganizationFromTenantGuidNotFound"], kind: "stalled", reason: "TenantNotFound" },
    { status: 400, codes: ["Request_UnsupportedQuery"], kind: "stalled", reason: "RequestRefused" },
    { status: 404, codes: ["Request_ResourceNotFound"], kind: "stalled", reason: "RequestRefused" },
    { status: 501, codes: [], kind: "retry", reason: "ServiceUnavailable" },
    { status: 400, codes: ["Directory_ExpiredPageToken"], kind: "retry", reason: "PageTokenExpired" },
    { status: 400, codes: ["BadRequest", "syncStateNotFound"], kind: "retry", reason: "PageTokenExpired" },
    { status: 410, codes: [], kind: "retry", reason: "PageTokenExpired" },
    { status: 408, codes: [], kind: "retry", reason: "Timeout" },
    { status: 409, codes: [], kind: "retry", reason: "ServiceUnavailable" },
    { status: 429, codes: ["TooManyRequests"], kind: "retry", reason: "Throttled" },
    { status: 500, codes: ["UnknownError"], kind: "retry", reason: "ServiceUnavailable" },
    { status: 503, codes: [], kind: "retry", reason: "ServiceUnavailable" },
    { status: 504, codes: [], kind: "retry", reason: "ServiceUnavailable" },
    { status: 302, codes: [], kind: "stalled", reason: "RequestRefused" },
  ] as const)("with $status $codes is $kind/$reason", ({ status, codes, kind, reason }) => {
    expect(refused({ operation: "listing users", status, codes })).toMatchObject({ kind, reason });
  });

  it.each([
    { operation: "listing users", permission: "User.Read.All" },
    { operation: "listing groups", permission: "GroupMember.Read.All" },
    { operation: "listing contacts", permission: "OrgContact.Read.All" },
  ] as const)("of $operation for want of a permission names $permission", ({ operation, permission }) => {
    expect(refused({ operation, status: 403 }).message).toContain(`application permission ${permission} under`);
  });

  it("says everything that is public, and when to try again", () => {
    const retryAt = Date.UTC(2026, 0, 1, 12, 30);
    const failure = refused({
      operation: "listing groups",
      status: 429,
      codes: ["TooManyRequests"],
      requestId: "0ca1f0b6",
      retryAt,
    });
    expect(failure.retryAt).toBe(retryAt);
    expect(failure.message).toBe(
      "listing groups was refused (HTTP 429, TooManyRequests, request-id 0ca1f0b6): Microsoft 365 asks for a pause, not before 2026-01-01T12:30:00.000Z",
    );
    // What is repeated joins one series of events only where nothing in it differs.
    expect(failure.note).toBe("listing groups was refused (HTTP 429, TooManyRequests): Microsoft 365 asks for a pause");
  });

  it.each([
    { status: 400, codes: ["directory_expiredpagetoken"], expired: true },
    { status: 404, codes: ["resyncRequired"], expired: true },
    { status: 410, codes: [], expired: true },
    { status: 400, codes: ["BadRequest"], expired: false },
    { status: 404, codes: [], expired: false },
  ])("with $status $codes calls the page link expired: $expired", ({ status, codes, expired }) => {
    expect(isExpired({ operation: "listing users", status, codes })).toBe(expired);
  });
});

describe("trouble with the network", () => {
  it.each([
    { kind: "network", code: "ENOTFOUND", reason: "NetworkError", cure: "DNS" },
    { kind: "network", code: "ECONNREFUSED", reason: "NetworkError", cure: "egress" },
    { kind: "network", code: "SELF_SIGNED_CERT_IN_CHAIN", reason: "NetworkError", cure: "NODE_EXTRA_CA_CERTS" },
    { kind: "network", code: "ERR_TLS_CERT_ALTNAME_INVALID", reason: "NetworkError", cure: "another name" },
    { kind: "network", code: undefined, reason: "NetworkError", cure: "egress" },
    { kind: "timeout", code: undefined, reason: "Timeout", cure: "no answer in time" },
    { kind: "incomplete", code: "ECONNRESET", reason: "NetworkError", cure: "broke off" },
    { kind: "tooLarge", code: undefined, reason: "NetworkError", cure: "larger" },
  ] as const)("$kind $code is tried again and says: $cure", ({ kind, code, reason, cure }) => {
    const failure = unreachable("listing users", new TransportError(kind, code));
    expect(failure).toMatchObject({ kind: "retry", reason });
    expect(failure.message).toContain(cure);
    expect(failure.message).toContain(code ?? "listing users");
  });
});

it("an answer of the wrong shape is tried again and says what is wrong", () => {
  const failure = malformed("listing users", "a page has no list of entries");
  expect(failure).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
  expect(failure.message).toContain("a page has no list of entries");
});

it("groups without their addresses need a larger permission", () => {
  const failure = addressesHidden(20);
  expect(failure).toMatchObject({ kind: "stalled", reason: "NotAuthorized" });
  expect(failure.message).toMatch(/none of 20 .* Group\.Read\.All/);
});

/** Faults of Graph that concern a whole answer: what it is refused with, and how it breaks on its way. */
import { gzipSync } from "node:zlib";
import { all, always, edit, entra, PAGE, status, type TenantFault } from "./tenant-fault.ts";

const failed = (reason: string) => ({ failed: reason }) as const;
const stalled = (reason: string) => ({ failed: reason, stalled: true }) as const;

const withoutRole =
  (role: string): TenantFault["arrange"] =>
  ({ app }) => {
    app.roles.delete(role);
    return () => void app.roles.add(role);
  };

const answer = (headers: Readonly<Record<string, string>>, body: string | Uint8Array, code = 200) =>
  ({ kind: "answer", status: code, headers, body }) as const;
const JSON_TYPE = { "Content-Type": "application/json" };

export const GRAPH_FAULTS: readonly TenantFault[] = [
  {
    name: "graph: 401 in the middle of a chain",
    arrange: (tenant) => {
      const expire = edit((body) => {
        tenant.expireTokens();
        return body;
      });
      return tenant.fault({ on: "users", times: 1, effect: expire });
    },
    outcome: "done",
    says: [],
  },
  {
    name: "graph: 401 whatever the token",
    arrange: always("users", status(401, undefined, "InvalidAuthenticationToken")),
    outcome: stalled("InvalidCredentials"),
    says: ["HTTP 401, InvalidAuthenticationToken", "check spec.cloud", "that the app is still enabled"],
  },
  {
    name: "graph: 403 for one source",
    arrange: always("contacts", status(403, undefined, "Authorization_RequestDenied")),
    outcome: stalled("NotAuthorized"),
    says: ["listing contacts", "OrgContact.Read.All", "adminconsent"],
  },
  {
    name: "graph: a permission was taken away",
    arrange: withoutRole("GroupMember.Read.All"),
    outcome: stalled("NotAuthorized"),
    says: ["the token lacks GroupMember.Read.All", "grants admin consent"],
  },
  {
    name: "graph: 403 with a page of HTML",
    arrange: always("users", { ...PAGE, status: 403 }),
    outcome: failed("MalformedAnswer"),
    says: ["HTTP 403", "a proxy in between may answer for Microsoft"],
  },
  {
    name: "graph: a redirect to a page of HTML",
    arrange: always("users", { ...PAGE, status: 302, headers: { Location: "https://portal.example.org/" } }),
    outcome: failed("MalformedAnswer"),
    says: ["HTTP 302", "a proxy in between may answer for Microsoft"],
  },
  {
    name: "graph: 429 without Retry-After",
    arrange: always("users", status(429, undefined, "TooManyRequests")),
    outcome: failed("Throttled"),
    says: ["HTTP 429, TooManyRequests", "asks for a pause"],
  },
  {
    name: "graph: 429 once, for five seconds",
    arrange: always("users", status(429, "5", "TooManyRequests"), { times: 1 }),
    outcome: "done",
    says: [],
  },
  {
    name: "graph: 429 with a date",
    arrange: (tenant, clock) =>
      tenant.fault({
        on: "groups",
        effect: status(429, new Date(clock.now() + 7 * 3_600_000).toUTCString(), "TooManyRequests"),
      }),
    outcome: failed("Throttled"),
    says: ["HTTP 429, TooManyRequests", "not before"],
  },
  {
    name: "graph: 429 with an hour",
    arrange: always("users", status(429, "3600", "TooManyRequests")),
    outcome: failed("Throttled"),
    says: ["HTTP 429, TooManyRequests", "not before"],
  },
  ...[500, 502, 503, 504].map((code) => ({
    name: `graph: ${code}`,
    arrange: always("groups", status(code)),
    outcome: failed("ServiceUnavailable"),
    says: [`HTTP ${code}`, "Microsoft 365 has trouble of its own"],
  })),
  {
    name: "graph: 503 three times",
    arrange: always("groups", status(503), { times: 3 }),
    outcome: "done",
    says: [],
  },
  {
    name: "graph: reset",
    arrange: always("users", { kind: "reset" }),
    outcome: failed("NetworkError"),
    says: ["ECONNRESET", "egress"],
  },
  {
    name: "graph: reset within a body",
    arrange: always("users", { kind: "resetWithin" }, { from: 2 }),
    outcome: failed("NetworkError"),
    says: ["listing users failed", "the answer broke off"],
  },
  {
    name: "graph: the connection ends within a body, once",
    arrange: always("users", { kind: "truncate" }, { from: 2, times: 1 }),
    outcome: "done",
    says: [],
  },
  {
    name: "graph: truncated JSON",
    arrange: always("users", { kind: "halve" }, { from: 2 }),
    outcome: failed("MalformedAnswer"),
    says: ["it is no JSON", "nothing of it is used"],
  },
  {
    name: "graph: broken gzip",
    arrange: always(
      "users",
      answer({ ...JSON_TYPE, "Content-Encoding": "gzip" }, gzipSync(JSON.stringify({ value: [] })).fill(0, 12, 18)),
    ),
    outcome: failed("NetworkError"),
    says: ["listing users failed", "the answer broke off", "check the proxy in between"],
  },
  {
    name: "graph: bytes that are no text",
    arrange: always("contacts", answer(JSON_TYPE, new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))),
    outcome: failed("NetworkError"),
    says: ["listing contacts failed", "the answer broke off"],
  },
  {
    name: "graph: an HTML page with 200",
    arrange: always("users", PAGE),
    outcome: failed("MalformedAnswer"),
    says: ["it is no JSON", "a proxy in between may answer for Microsoft"],
  },
  {
    name: "graph: 200 with the body of an error",
    arrange: always(
      "users",
      edit(() => ({ error: { code: "generalException", message: "Something went wrong." } })),
    ),
    outcome: failed("MalformedAnswer"),
    says: ["a page has no list of entries", "nothing of it is used"],
  },
  {
    name: "graph: Entra refuses within the chain",
    arrange: (tenant) => {
      const undo = [
        tenant.fault({
          on: "users",
          times: 1,
          effect: edit((body) => {
            tenant.expireTokens();
            return body;
          }),
        }),
        tenant.fault({
          on: "token",
          from: 2,
          effect: entra(7000222, "invalid_client", "The provided client secret keys for the app are expired.", 401),
        }),
      ];
      return all(undo);
    },
    outcome: stalled("InvalidCredentials"),
    says: ["AADSTS7000222", "the client secret has expired"],
  },
];

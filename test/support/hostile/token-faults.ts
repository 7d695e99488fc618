/** Faults on the way to a token. */
import { always, entra, PAGE, status, type TenantFault } from "./tenant-fault.ts";

const stalled = (failed: string) => ({ failed, stalled: true }) as const;

const withSecret =
  (state: "expired" | "gone"): TenantFault["arrange"] =>
  ({ app, clientSecret }) => {
    if (state === "gone") app.secrets.delete(clientSecret);
    else app.secrets.set(clientSecret, state);
    return () => void app.secrets.set(clientSecret, "valid");
  };

export const TOKEN_FAULTS: readonly TenantFault[] = [
  {
    name: "token: wrong secret",
    arrange: withSecret("gone"),
    outcome: stalled("InvalidCredentials"),
    says: ["AADSTS7000215", "the client secret is wrong", "put its value (not its id) into the Secret"],
  },
  {
    name: "token: expired secret",
    arrange: withSecret("expired"),
    outcome: stalled("InvalidCredentials"),
    says: ["AADSTS7000222", "the client secret has expired", "make a new one"],
  },
  {
    name: "token: app not in the tenant",
    arrange: always("token", entra(700016, "unauthorized_client", "Application was not found in the directory.")),
    outcome: stalled("NotAuthorized"),
    says: ["AADSTS700016", "spec.credentials.clientId", "adminconsent"],
  },
  {
    name: "token: tenant not found",
    arrange: always("token", entra(90002, "invalid_request", "Tenant not found.")),
    outcome: stalled("TenantNotFound"),
    says: ["AADSTS90002", "spec.tenantId"],
  },
  {
    name: "token: app disabled",
    arrange: always("token", entra(7000112, "unauthorized_client", "Application is disabled.")),
    outcome: stalled("AppDisabled"),
    says: ["AADSTS7000112", "Enterprise applications"],
  },
  {
    name: "token: blocked by Conditional Access",
    arrange: always("token", entra(53003, "invalid_grant", "Access has been blocked by Conditional Access policies.")),
    outcome: stalled("BlockedByPolicy"),
    says: ["AADSTS53003", "Conditional Access policy", "exempt it there"],
  },
  {
    name: "token: clock skew",
    arrange: always("token", entra(700024, "invalid_client", "Client assertion is not within its valid time range.")),
    outcome: stalled("InvalidCredentials"),
    says: ["AADSTS700024", "check the node's clock"],
  },
  {
    name: "token: a number that nobody knows",
    arrange: always("token", entra(999999, "invalid_request", "Something new.")),
    outcome: stalled("TokenRefused"),
    says: ["AADSTS999999", "explains the number"],
  },
  {
    name: "token: 429 without Retry-After",
    arrange: always("token", status(429)),
    outcome: { failed: "Throttled" },
    says: ["HTTP 429", "asks for a pause"],
  },
  {
    name: "token: 429 with an hour",
    arrange: always("token", status(429, "3600")),
    outcome: { failed: "Throttled" },
    says: ["HTTP 429", "not before"],
  },
  {
    name: "token: 429 once, for two seconds",
    arrange: always("token", status(429, "2"), { times: 1 }),
    outcome: "done",
    says: [],
  },
  {
    name: "token: 503",
    arrange: always("token", status(503)),
    outcome: { failed: "ServiceUnavailable" },
    says: ["HTTP 503", "trouble of its own"],
  },
  {
    name: "token: 500 three times",
    arrange: always("token", status(500), { times: 3 }),
    outcome: "done",
    says: [],
  },
  {
    name: "token: an HTML page",
    arrange: always("token", PAGE),
    outcome: { failed: "MalformedAnswer" },
    says: ["obtaining a token", "no token in it", "a proxy in between may answer for Microsoft"],
  },
  {
    name: "token: an HTML page with 403",
    arrange: always("token", { ...PAGE, status: 403 }),
    outcome: { failed: "MalformedAnswer" },
    says: ["HTTP 403", "a proxy in between may answer for Microsoft"],
  },
  {
    name: "token: reset",
    arrange: always("token", { kind: "reset" }),
    outcome: { failed: "NetworkError" },
    says: ["ECONNRESET", "check egress, firewall and the NetworkPolicy"],
  },
  {
    name: "token: reset within the answer",
    arrange: always("token", { kind: "resetWithin" }),
    outcome: { failed: "NetworkError" },
    says: ["ECONNRESET", "the answer broke off"],
  },
  {
    name: "token: expired on arrival",
    arrange: always("token", {
      kind: "edit",
      edit: (body) => ({ ...body, expires_in: 0 }),
    }),
    outcome: { failed: "MalformedAnswer" },
    says: ["no token in it"],
  },
];

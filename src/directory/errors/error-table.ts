/**
 * What Entra, Graph and the network say when something fails: reason, what a person does, and whether it is tried again.
 * docs/errors.md is made of this table. Sources: Entra error code reference; the lists of certificate errors in
 * AzureAD/microsoft-identity-web; Graph errors and throttling; azure-workload-identity's troubleshooting.
 */
import type { FailureKind } from "../../base/failure.ts";

export interface Rule {
  readonly kind: FailureKind;
  /** Becomes the reason of conditions. */
  readonly reason: string;
  /** Cause and cure. `{clouds}`: values of spec.cloud to try; `{permission}`: what the operation needs; `{audience}`: of the cloud's federated tokens. */
  readonly cure: string;
}

const stalled = (reason: string, cure: string): Rule => ({ kind: "stalled", reason, cure });
const retry = (reason: string, cure: string): Rule => ({ kind: "retry", reason, cure });

export const REGISTRATION = "Entra admin center, App registrations";
const SECRETS = `${REGISTRATION}, Certificates & secrets`;

const CONSENT = stalled(
  "NotAuthorized",
  "the app has no consent in this tenant; a Privileged Role Administrator opens the link in status.consentUrl, then annotate o365sync.dev/test-connection",
);
const SECRET = stalled(
  "InvalidCredentials",
  `the client secret is wrong; make one under ${SECRETS}, and put its value (not its id) into the Secret`,
);
const CERTIFICATE = stalled(
  "InvalidCredentials",
  `the certificate is not accepted; upload tls.crt of the Secret under ${SECRETS}, and check that it has not expired`,
);
const CERTIFICATE_OVER = stalled(
  "InvalidCredentials",
  `the certificate has expired or is not valid yet; renew it, put the new pair into the Secret and upload its tls.crt under ${SECRETS}`,
);
const CERTIFICATE_REVOKED = stalled(
  "InvalidCredentials",
  `the certificate was revoked; make a new pair, put it into the Secret and upload its tls.crt under ${SECRETS}`,
);
const ASSERTION = stalled(
  "InvalidCredentials",
  "Entra does not accept the signed proof of identity; check spec.credentials.clientId, and that no proxy in between changes requests",
);
const FEDERATION = stalled(
  "InvalidCredentials",
  `no federated credential matches; under ${SECRETS}, Federated credentials, one must name the cluster's issuer, the operator's service account and the audience {audience}`,
);
const TENANT = stalled(
  "TenantNotFound",
  "this cloud does not know the tenant; correct spec.tenantId, or set spec.cloud to {clouds}",
);
export const ELSEWHERE = stalled("TenantNotFound", "the tenant is in another cloud; set spec.cloud to {clouds}");
const RESOURCE = stalled("TenantNotFound", "Microsoft Graph is not known in this cloud; set spec.cloud to {clouds}");
const DISABLED = stalled("AppDisabled", "enable the app under Entra admin center, Enterprise applications, Properties");
const THROTTLED = retry("Throttled", "Microsoft 365 asks for a pause; it is tried again");
const UNAVAILABLE = retry("ServiceUnavailable", "Microsoft 365 has trouble of its own; it is tried again");
const TENANT_BUSY = retry("Throttled", "the tenant makes too many requests; it is tried again");
const ENTRA_BUSY = retry("ServiceUnavailable", "Entra has trouble of its own; it is tried again");

/** Entra's errors, by AADSTS number. */
export const AADSTS: Readonly<Record<number, Rule>> = {
  700016: stalled(
    "NotAuthorized",
    "the app is not known in this tenant; correct spec.credentials.clientId, spec.tenantId or spec.cloud, or grant admin consent with the link in status.consentUrl",
  ),
  65001: CONSENT,
  65004: CONSENT,
  90094: CONSENT,
  90099: CONSENT,
  650056: CONSENT,
  7000229: CONSENT,
  7000215: SECRET,
  7000216: SECRET,
  7000218: SECRET,
  7000222: stalled(
    "InvalidCredentials",
    `the client secret has expired; make a new one under ${SECRETS}, and put its value into the Secret`,
  ),
  700027: CERTIFICATE,
  700030: CERTIFICATE,
  1000502: CERTIFICATE_OVER,
  7000274: CERTIFICATE_OVER,
  7000214: CERTIFICATE_REVOKED,
  7000277: CERTIFICATE_REVOKED,
  50013: ASSERTION,
  700021: ASSERTION,
  700023: ASSERTION,
  700024: stalled(
    "InvalidCredentials",
    "the proof of identity is outside its time of validity; check the node's clock, and that the projected service account token is renewed",
  ),
  70021: FEDERATION,
  700211: FEDERATION,
  700212: FEDERATION,
  700213: FEDERATION,
  90002: TENANT,
  900023: TENANT,
  90038: TENANT,
  900382: TENANT,
  900432: TENANT,
  50194: stalled(
    "TenantNotFound",
    `the app belongs to another tenant alone; correct spec.tenantId, or make it multitenant under ${REGISTRATION}, Authentication`,
  ),
  500011: RESOURCE,
  50001: RESOURCE,
  70001: DISABLED,
  7000112: DISABLED,
  53003: stalled("BlockedByPolicy", "a Conditional Access policy of the tenant blocks the app; exempt it there"),
  50196: TENANT_BUSY,
  90055: TENANT_BUSY,
  90006: ENTRA_BUSY,
  90024: ENTRA_BUSY,
  90033: ENTRA_BUSY,
  90090: ENTRA_BUSY,
};

/** Entra's numbers behind which the tenant may be in another cloud. */
export const MAYBE_ELSEWHERE: readonly number[] = [700016, 90002, 900023, 90038, 900382, 900432, 500011, 50001];

export const EXPIRED = retry("PageTokenExpired", "the read took longer than Graph keeps its place; it is tried again");
const PERMISSION = stalled(
  "NotAuthorized",
  `add {permission} under ${REGISTRATION}, API permissions, and grant admin consent with the link in status.consentUrl, then annotate o365sync.dev/test-connection`,
);
const TOKEN = stalled(
  "InvalidCredentials",
  "Graph does not accept the token; check spec.cloud (GCC High and DoD get their tokens at one place, but have a Graph each) and that the app is still enabled",
);
const QUERY = stalled("RequestRefused", "this version does not suit that cloud; report it with the request-id");

/** Graph's errors, by `error.code`, in whatever case it comes. */
export const GRAPH: Readonly<Record<string, Rule>> = {
  Authorization_IdentityNotFound: CONSENT,
  Authorization_RequestDenied: PERMISSION,
  accessDenied: PERMISSION,
  InvalidAuthenticationToken: TOKEN,
  OrganizationFromTenantGuidNotFound: TENANT,
  Directory_ExpiredPageToken: EXPIRED,
  syncStateNotFound: EXPIRED,
  syncStateInvalid: EXPIRED,
  resyncRequired: EXPIRED,
  Request_UnsupportedQuery: QUERY,
  activityLimitReached: THROTTLED,
};

/** For answers of both without a code that is known above. */
export const STATUSES: Readonly<Record<number, Rule>> = { 429: THROTTLED, 500: UNAVAILABLE };

/** For answers of Graph; 500 stands for all above. */
export const GRAPH_STATUSES: Readonly<Record<number, Rule>> = {
  401: TOKEN,
  403: PERMISSION,
  408: retry("Timeout", "it is tried again"),
  409: UNAVAILABLE,
  410: EXPIRED,
};

export const ENTRA_OTHER = stalled(
  "InvalidCredentials",
  "check spec.credentials and spec.tenantId; the Entra error code reference explains the number",
);
export const GRAPH_OTHER = QUERY;

const DNS = retry("NetworkError", "the name was not found; check DNS and the NetworkPolicy of the operator");
const CA = retry(
  "NetworkError",
  "the certificate is not trusted; give the CA of your proxy to the operator with NODE_EXTRA_CA_CERTS",
);

/** By the system's error code. */
export const SYSTEM: Readonly<Record<string, Rule>> = {
  ENOTFOUND: DNS,
  EAI_AGAIN: DNS,
  SELF_SIGNED_CERT_IN_CHAIN: CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CA,
  UNABLE_TO_GET_ISSUER_CERT: CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CA,
  CERT_HAS_EXPIRED: retry(
    "NetworkError",
    "the certificate of the service or of your proxy has expired; check the node's clock and the proxy",
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: retry("NetworkError", "the certificate is for another name; check DNS and the proxy"),
};

/** By what happened to the connection, where no code above tells more. */
export const TRANSPORT = {
  network: retry(
    "NetworkError",
    "the service could not be reached; check egress, firewall and the NetworkPolicy of the operator",
  ),
  proxy: retry(
    "NetworkError",
    "the proxy of HTTPS_PROXY did not let it through; check the proxy's address, user and password and what it allows, or name the host in NO_PROXY",
  ),
  timeout: retry("Timeout", "no answer in time; check egress, firewall and the NetworkPolicy of the operator"),
  incomplete: retry("NetworkError", "the answer broke off; check the proxy in between"),
  tooLarge: retry("NetworkError", "the answer is larger than any page should be; check the proxy in between"),
} as const satisfies Record<string, Rule>;

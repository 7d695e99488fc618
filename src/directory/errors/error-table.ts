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
  /** Cause and cure. `{clouds}`: values of spec.cloud to try; `{permission}`: what the operation needs; `{audience}`: of the cloud's federated tokens; `{issuer}`: who signed the one that was shown. */
  readonly cure: string;
}

const stalled = (reason: string, cure: string): Rule => ({ kind: "stalled", reason, cure });
const retry = (reason: string, cure: string): Rule => ({ kind: "retry", reason, cure });

export const REGISTRATION = "Entra admin center, App registrations";
const SECRETS = `${REGISTRATION}, Certificates & secrets`;

const CONSENT = stalled(
  "NotAuthorized",
  "the app has no consent in this tenant; a Privileged Role Administrator presses Grant admin consent under Entra admin center, App registrations, API permissions, or opens the link in status.consentUrl, then annotate o365sync.dev/test-connection",
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
const FEDERATED_BY_ENTRA = stalled(
  "InvalidCredentials",
  "the federated token was made by Entra itself, which Entra does not take; spec.credentials.workloadIdentity needs the service account token of the cluster",
);
const FEDERATION_POLICY = stalled(
  "BlockedByPolicy",
  "a policy of the tenant takes no federated tokens of {issuer}; its administrator allows this issuer there, or use a certificate or a client secret",
);
const OUT_OF_TIME = stalled(
  "InvalidCredentials",
  "the proof of identity is outside its time of validity; check the node's clock, and that the projected service account token is renewed",
);
const ISSUER = retry(
  "IssuerUnavailable",
  "Entra could not fetch the signing keys of the cluster that made the federated token, or they lack the key that signed it; {issuer}/.well-known/openid-configuration and the keys that it names must be reachable from the internet and be current",
);
const TENANT = stalled(
  "TenantNotFound",
  "this cloud does not know the tenant; correct spec.tenantId, or set spec.cloud to {clouds}",
);
export const ELSEWHERE = stalled("TenantNotFound", "the tenant is in another cloud; set spec.cloud to {clouds}");
const RESOURCE = stalled("TenantNotFound", "Microsoft Graph is not known in this cloud; set spec.cloud to {clouds}");
const TENANT_BLOCKED = stalled(
  "TenantBlocked",
  "Microsoft has blocked the tenant, for want of use or for its subscription; its administrator asks Microsoft's support, or correct spec.tenantId",
);
const CONDITIONAL_ACCESS = stalled(
  "BlockedByPolicy",
  "a Conditional Access policy of the tenant blocks the app; exempt it there",
);
const RESTRICTED = stalled(
  "BlockedByPolicy",
  "a proxy of this network lets only some tenants through (tenant restrictions); add this tenant to them",
);
const REQUEST = stalled(
  "RequestRefused",
  "Entra does not understand the request; check spec.credentials.clientId and spec.tenantId for characters that do not belong there, and that no proxy in between changes requests",
);
const REDIRECT = stalled(
  "RedirectNotRegistered",
  `the address to come back to after consent is not registered; add the installation's consent redirect URL under ${REGISTRATION}, Authentication, platform Web`,
);
const DISABLED = stalled("AppDisabled", "enable the app under Entra admin center, Enterprise applications, Properties");
const THROTTLED = retry("Throttled", "Microsoft 365 asks for a pause");
const UNAVAILABLE = retry("ServiceUnavailable", "Microsoft 365 has trouble of its own");
const TENANT_BUSY = retry("Throttled", "the tenant makes too many requests");
const ENTRA_BUSY = retry("ServiceUnavailable", "Entra has trouble of its own");

/** Entra's errors, by AADSTS number. */
export const AADSTS: Readonly<Record<number, Rule>> = {
  700016: stalled(
    "NotAuthorized",
    "the app is not known in this tenant; correct spec.credentials.clientId, spec.tenantId or spec.cloud, or grant admin consent with the link in status.consentUrl",
  ),
  700011: stalled(
    "NotAuthorized",
    "the app is not known in this tenant; correct spec.credentials.clientId, spec.tenantId or spec.cloud, or grant admin consent with the link in status.consentUrl",
  ),
  65001: CONSENT,
  65004: CONSENT,
  90094: CONSENT,
  90099: CONSENT,
  90008: CONSENT,
  90093: CONSENT,
  90095: CONSENT,
  65005: CONSENT,
  650056: CONSENT,
  650057: CONSENT,
  7000229: CONSENT,
  501051: CONSENT,
  65002: stalled(
    "NotAuthorized",
    "spec.credentials.clientId names an app of Microsoft's own, which nobody else may use; register an app, and give its client id",
  ),
  70002: SECRET,
  7000215: SECRET,
  7000216: SECRET,
  7000218: SECRET,
  7000222: stalled(
    "InvalidCredentials",
    `the client secret has expired; make a new one under ${SECRETS}, and put its value into the Secret`,
  ),
  50003: CERTIFICATE,
  50012: CERTIFICATE,
  50017: CERTIFICATE,
  700027: CERTIFICATE,
  7000213: stalled(
    "InvalidCredentials",
    "the chain of the certificate is not valid; put every certificate up to the CA that the app trusts into tls.crt of the Secret, or upload the certificate itself to the app",
  ),
  50032: stalled(
    "InvalidCredentials",
    "the RSA key of the certificate is too weak; make a pair with at least 2048 bits",
  ),
  700030: CERTIFICATE,
  1000502: CERTIFICATE_OVER,
  7000274: CERTIFICATE_OVER,
  7000214: CERTIFICATE_REVOKED,
  7000277: CERTIFICATE_REVOKED,
  50006: ASSERTION,
  50013: ASSERTION,
  50027: ASSERTION,
  50048: ASSERTION,
  900384: ASSERTION,
  7000110: ASSERTION,
  700021: ASSERTION,
  700023: ASSERTION,
  700024: OUT_OF_TIME,
  500133: OUT_OF_TIME,
  70021: FEDERATION,
  700211: FEDERATION,
  700212: FEDERATION,
  700213: FEDERATION,
  7002138: stalled(
    "InvalidCredentials",
    `no federated credential matches letter for letter; under ${SECRETS}, Federated credentials, write the cluster's issuer and the operator's service account in their own case`,
  ),
  700222: FEDERATED_BY_ENTRA,
  700229: FEDERATED_BY_ENTRA,
  700231: FEDERATED_BY_ENTRA,
  700236: FEDERATED_BY_ENTRA,
  700223: FEDERATION_POLICY,
  700238: FEDERATION_POLICY,
  7002381: FEDERATION_POLICY,
  90061: ISSUER,
  50166: ISSUER,
  501661: ISSUER,
  7000272: ISSUER,
  700025: stalled(
    "InvalidCredentials",
    `the app is registered as a public client, which may not prove itself; set "Allow public client flows" to No under ${REGISTRATION}, Authentication`,
  ),
  5000224: TENANT_BLOCKED,
  5000225: TENANT_BLOCKED,
  50002: RESTRICTED,
  500021: RESTRICTED,
  500022: RESTRICTED,
  50011: REDIRECT,
  500113: REDIRECT,
  900971: REDIRECT,
  70004: REDIRECT,
  90004: REQUEST,
  90013: REQUEST,
  90014: REQUEST,
  900144: REQUEST,
  90023: REQUEST,
  9002313: REQUEST,
  900561: REQUEST,
  90100: REQUEST,
  90117: REQUEST,
  90121: REQUEST,
  50029: TENANT,
  50049: TENANT,
  50059: TENANT,
  50128: TENANT,
  90019: TENANT,
  90002: TENANT,
  900021: TENANT,
  900023: TENANT,
  1000104: TENANT,
  90038: TENANT,
  900382: TENANT,
  900432: TENANT,
  50194: stalled(
    "TenantNotFound",
    `the app belongs to another tenant alone; correct spec.tenantId, or make it multitenant under ${REGISTRATION}, Authentication`,
  ),
  500011: RESOURCE,
  50001: RESOURCE,
  70011: RESOURCE,
  28002: RESOURCE,
  650054: RESOURCE,
  500014: stalled(
    "AppDisabled",
    "Microsoft Graph is disabled in this tenant, or the tenant has no subscription any more; enable it under Entra admin center, Enterprise applications, Microsoft Graph, Properties",
  ),
  650052: stalled(
    "AppDisabled",
    "the tenant has no subscription to what Microsoft Graph would read, or it is disabled; its administrator checks the subscriptions",
  ),
  70001: DISABLED,
  7000112: DISABLED,
  1000031: DISABLED,
  53003: CONDITIONAL_ACCESS,
  50131: CONDITIONAL_ACCESS,
  530032: CONDITIONAL_ACCESS,
  530035: stalled(
    "BlockedByPolicy",
    "the security defaults of the tenant block the request; its administrator looks at the sign-in log of the app (service principal sign-ins)",
  ),
  53011: stalled(
    "BlockedByPolicy",
    "the tenant considers the app a risk; its administrator dismisses it under Identity Protection",
  ),
  50196: TENANT_BUSY,
  90055: TENANT_BUSY,
  90006: ENTRA_BUSY,
  90024: ENTRA_BUSY,
  90033: ENTRA_BUSY,
  90090: ENTRA_BUSY,
  50000: ENTRA_BUSY,
  50033: ENTRA_BUSY,
  90012: ENTRA_BUSY,
  90036: ENTRA_BUSY,
  90091: ENTRA_BUSY,
  90092: ENTRA_BUSY,
  230109: ENTRA_BUSY,
};

/** Entra's numbers behind which the tenant may be in another cloud. */
export const MAYBE_ELSEWHERE: readonly number[] = [700016, 90002, 900023, 90038, 900382, 900432, 500011, 50001];

export const EXPIRED = retry("PageTokenExpired", "the read took longer than Graph keeps its place");
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
  408: retry("Timeout", "the request took too long"),
  409: UNAVAILABLE,
  410: EXPIRED,
};

/** For a number that is not known here: nothing is said of the credential, which may well be right. */
export const ENTRA_OTHER = stalled(
  "TokenRefused",
  "Entra gives no token for a cause that is not known here; https://login.microsoftonline.com/error explains the number, and the tenant's sign-in log (service principal sign-ins) has more",
);
/** Whether what was wrong is the value of the client secret: then its shape is worth a look. */
export const isSecretRefused = (aadsts: number | undefined): boolean =>
  aadsts !== undefined && AADSTS[aadsts] === SECRET;
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

/** What Entra, Graph and the network say when something fails, as Failures that name the cure. Sources: Entra error code reference, Graph errors. */
import { Failure, type FailureKind } from "../api/failure.ts";
import { leastRole } from "./permissions.ts";
import { LISTING, type Operation, SOURCES } from "./sources.ts";
import type { TransportError } from "./transport-error.ts";

/** What is public of an answer that was no success. */
export interface Refusal {
  readonly operation: Operation;
  readonly status: number;
  /** Graph's `error.code`, outermost first. */
  readonly codes?: readonly string[] | undefined;
  /** Entra's error number. */
  readonly aadsts?: number | undefined;
  readonly requestId?: string | undefined;
  /** Milliseconds since the epoch: when the server will hear us again. */
  readonly retryAt?: number | undefined;
}

interface Rule {
  readonly kind: FailureKind;
  readonly reason: string;
  readonly cure: string;
}

const stalled = (reason: string, cure: string): Rule => ({ kind: "stalled", reason, cure });
const retry = (reason: string, cure: string): Rule => ({ kind: "retry", reason, cure });

const REGISTRATION = "Entra admin center, App registrations";
const CONSENT = stalled(
  "NotAuthorized",
  "the app has no consent in this tenant; a Privileged Role Administrator opens the link in status.consentUrl, then annotate o365sync.dev/test-connection",
);
const SECRET = stalled(
  "InvalidCredentials",
  `the client secret is wrong; make one under ${REGISTRATION}, Certificates & secrets, and put its value (not its id) into the Secret`,
);
const CERTIFICATE = stalled(
  "InvalidCredentials",
  `the certificate is not accepted; upload tls.crt of the Secret under ${REGISTRATION}, Certificates & secrets, and check that it has not expired`,
);
const FEDERATION = stalled(
  "InvalidCredentials",
  `no federated credential matches; under ${REGISTRATION}, Certificates & secrets, Federated credentials, one must name the cluster's issuer, the operator's service account and the audience of this cloud`,
);
const TENANT = stalled("TenantNotFound", "correct spec.tenantId, or spec.cloud if the tenant is in another cloud");
const CLOUD = stalled("TenantNotFound", "Microsoft Graph is not known in this cloud; correct spec.cloud");
const DISABLED = stalled("AppDisabled", "enable the app under Entra admin center, Enterprise applications, Properties");
const TENANT_BUSY = retry("Throttled", "the tenant makes too many requests; it is tried again");
const ENTRA_BUSY = retry("ServiceUnavailable", "Entra has trouble of its own; it is tried again");

/** By AADSTS number. */
const AADSTS: Readonly<Record<number, Rule>> = {
  700016: stalled(
    "NotAuthorized",
    "the app is not known in this tenant; correct spec.credentials.clientId, spec.tenantId or spec.cloud, or grant admin consent with the link in status.consentUrl",
  ),
  7000229: CONSENT,
  65001: CONSENT,
  65004: CONSENT,
  90094: CONSENT,
  650056: CONSENT,
  7000215: SECRET,
  7000216: SECRET,
  7000218: SECRET,
  7000222: stalled(
    "InvalidCredentials",
    `the client secret has expired; make a new one under ${REGISTRATION}, Certificates & secrets, and put its value into the Secret`,
  ),
  700027: CERTIFICATE,
  700030: CERTIFICATE,
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
  500011: CLOUD,
  50001: CLOUD,
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

const EXPIRED = retry("PageTokenExpired", "the read took longer than Graph keeps its place; it is tried again");

/** By Graph's error.code in lower case. */
const CODES: Readonly<Record<string, Rule>> = {
  authorization_identitynotfound: CONSENT,
  organizationfromtenantguidnotfound: TENANT,
  directory_expiredpagetoken: EXPIRED,
  syncstatenotfound: EXPIRED,
  syncstateinvalid: EXPIRED,
  resyncrequired: EXPIRED,
};

/** By HTTP status, for answers of Graph. */
const STATUSES: Readonly<Record<number, Rule>> = {
  401: stalled(
    "InvalidCredentials",
    "Graph does not accept the token; check spec.cloud and that the app is still enabled",
  ),
  408: retry("Timeout", "it is tried again"),
  409: retry("ServiceUnavailable", "it is tried again"),
  410: EXPIRED,
};

const ENTRA_OTHER = stalled(
  "InvalidCredentials",
  "check spec.credentials and spec.tenantId; the Entra error code reference explains the number",
);
const GRAPH_OTHER = stalled("RequestRefused", "this version does not suit that cloud; report it with the request-id");

/** The Failure of an answer that was no success. */
export function refused(refusal: Refusal): Failure {
  const { operation, status, codes = [], aadsts, requestId, retryAt } = refusal;
  const { kind, reason, cure } = ruleOf(refusal);
  const details = [
    `HTTP ${status}`,
    ...(aadsts === undefined ? [] : [`AADSTS${aadsts}`]),
    ...codes,
    ...(requestId === undefined ? [] : [`request-id ${requestId}`]),
  ].join(", ");
  const until = retryAt === undefined ? "" : `, not before ${new Date(retryAt).toISOString()}`;
  return new Failure(kind, reason, `${operation} was refused (${details}): ${cure}${until}`, { retryAt });
}

/** Whether a page's link is one that Graph no longer knows: the chain has to begin anew. */
export function isExpired(refusal: Refusal): boolean {
  return ruleOf(refusal) === EXPIRED;
}

function ruleOf({ operation, status, codes = [], aadsts }: Refusal): Rule {
  const known = [aadsts === undefined ? undefined : AADSTS[aadsts], ...codes.map((code) => CODES[code.toLowerCase()])];
  const rule = known.find((candidate) => candidate !== undefined);
  if (rule !== undefined) return rule;
  if (status === 429) return retry("Throttled", "Microsoft 365 asks for a pause; it is tried again");
  if (status >= 500) return retry("ServiceUnavailable", "Microsoft 365 has trouble of its own; it is tried again");
  if (operation === "obtaining a token") return ENTRA_OTHER;
  return status === 403 ? permissionMissing(operation) : (STATUSES[status] ?? GRAPH_OTHER);
}

function permissionMissing(operation: Operation): Rule {
  const source = SOURCES.find((candidate) => LISTING[candidate] === operation);
  const permission =
    source === undefined ? "the application permissions" : `the application permission ${leastRole(source)}`;
  return stalled(
    "NotAuthorized",
    `add ${permission} under ${REGISTRATION}, API permissions, and grant admin consent with the link in status.consentUrl, then annotate o365sync.dev/test-connection`,
  );
}

/** Groups were listed, but without their addresses. */
export function addressesHidden(groups: number, withoutAddress: number): Failure {
  return new Failure(
    "stalled",
    "NotAuthorized",
    `listing groups: ${withoutAddress} of ${groups} mail-enabled groups came without any address, so a permission is too small; add the application permission Group.Read.All under ${REGISTRATION}, API permissions, and grant admin consent with the link in status.consentUrl`,
  );
}

const DNS = "the name was not found; check DNS and the NetworkPolicy of the operator";
const EGRESS = "the service could not be reached; check egress, firewall and the NetworkPolicy of the operator";
const CA = "the certificate is not trusted; give the CA of your proxy to the operator with NODE_EXTRA_CA_CERTS";

const PROXY =
  "the proxy of HTTPS_PROXY did not let it through; check the proxy's address, user and password and what it allows, or name the host in NO_PROXY";

/** By the system's error code. */
const TRANSPORT: Readonly<Record<string, string>> = {
  ENOTFOUND: DNS,
  EAI_AGAIN: DNS,
  SELF_SIGNED_CERT_IN_CHAIN: CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CA,
  UNABLE_TO_GET_ISSUER_CERT: CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CA,
  CERT_HAS_EXPIRED: "the certificate of the service or of your proxy has expired; check the node's clock and the proxy",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name; check DNS and the proxy",
};

/** A connection that failed, timed out, or broke off within an answer. */
export function unreachable(operation: Operation, { kind, code }: TransportError): Failure {
  const causes: Readonly<Record<TransportError["kind"], string>> = {
    network: EGRESS,
    proxy: PROXY,
    timeout: "no answer in time; check egress, firewall and the NetworkPolicy of the operator",
    incomplete: "the answer broke off; check the proxy in between",
    tooLarge: "the answer is larger than any page should be; check the proxy in between",
  };
  const cause = (code === undefined || kind === "proxy" ? undefined : TRANSPORT[code]) ?? causes[kind];
  const detail = code === undefined ? "" : ` (${code})`;
  return new Failure(
    "retry",
    kind === "timeout" ? "Timeout" : "NetworkError",
    `${operation} failed${detail}: ${cause}; it is tried again`,
  );
}

/** A success of the wrong shape: never "no users". */
export function malformed(operation: Operation, what: string): Failure {
  const message = `${operation} gave an answer that makes no sense: ${what}; nothing of it is used, it is tried again (a proxy in between may answer for Microsoft)`;
  return new Failure("retry", "MalformedAnswer", message);
}

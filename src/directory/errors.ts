/** What Entra and Graph say when they refuse, as Failures that name the cure. Sources: Entra error code reference, Graph errors. */
import { Failure, type FailureKind } from "../api/failure.ts";
import { readable } from "./readable-time.ts";
import type { TransportError } from "./http.ts";

/** What was being done, in words that a person reads. */
export type Operation =
  | "obtaining a token"
  | "listing users"
  | "listing groups"
  | "listing contacts"
  | "reading the organization"
  | "confirming removals";

interface Rule {
  readonly kind: FailureKind;
  readonly reason: string;
  readonly cure: string;
}

const stalled = (reason: string, cure: string): Rule => ({ kind: "stalled", reason, cure });

const CONSENT = stalled("NotAuthorized", "an administrator of the tenant must grant admin consent: open status.consentUrl");
const SECRET = stalled("InvalidCredentials", "make a new client secret in the app registration (its value, not its id) and put it into the Secret");
const CERTIFICATE = stalled("InvalidCredentials", "upload the certificate of the Secret to the app registration, or put the right one into the Secret");
const FEDERATION = stalled("InvalidCredentials", "the federated credential of the app registration must name this issuer, subject and audience");
const TENANT = stalled("TenantNotFound", "correct spec.tenantId, or spec.cloud where the tenant is in another cloud");
const TRANSIENT: Rule = { kind: "retry", reason: "TokenUnavailable", cure: "it is tried again" };

/** By AADSTS number. */
const AADSTS: Readonly<Record<number, Rule>> = {
  700016: stalled("NotAuthorized", "the app registration is not known in this tenant: correct credentials.clientId, spec.tenantId or spec.cloud, or grant admin consent at status.consentUrl"),
  7000229: CONSENT,
  65001: CONSENT,
  65004: CONSENT,
  90094: CONSENT,
  650056: CONSENT,
  650057: CONSENT,
  7000215: SECRET,
  7000222: stalled("InvalidCredentials", "the client secret has expired: make a new one in the app registration and put it into the Secret"),
  7000216: SECRET,
  700027: CERTIFICATE,
  700030: CERTIFICATE,
  700024: stalled("InvalidCredentials", "the assertion is outside its validity: check the clock of the node and the age of the projected token"),
  70021: FEDERATION,
  700211: FEDERATION,
  700212: FEDERATION,
  700213: FEDERATION,
  90002: TENANT,
  90038: TENANT,
  900023: TENANT,
  900382: TENANT,
  900432: TENANT,
  50194: TENANT,
  500011: stalled("TenantNotFound", "Microsoft Graph is not known there: correct spec.cloud"),
  50001: stalled("TenantNotFound", "Microsoft Graph is not known there: correct spec.cloud"),
  70001: stalled("AppDisabled", "enable the app registration in the tenant"),
  7000112: stalled("AppDisabled", "enable the app registration in the tenant"),
  53003: stalled("BlockedByPolicy", "a Conditional Access policy of the tenant blocks the app: exempt it"),
  50196: { kind: "retry", reason: "Throttled", cure: "too many equal requests were made; it is tried again" },
  90033: TRANSIENT,
  90006: TRANSIENT,
  90024: TRANSIENT,
  90090: TRANSIENT,
};

/** What is public of an answer. */
export interface Refusal {
  readonly operation: Operation;
  readonly status: number;
  /** Graph's `error.code`. */
  readonly code?: string | undefined;
  readonly aadsts?: number | undefined;
  readonly requestId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly retryAt?: number | undefined;
}

export function refused(refusal: Refusal): Failure {
  const { operation, status, code, aadsts, requestId, retryAt } = refusal;
  const { kind, reason, cure } = ruleOf(refusal);
  const details = [
    `HTTP ${status}`,
    aadsts === undefined ? undefined : `AADSTS${aadsts}`,
    code,
    requestId === undefined ? undefined : `request-id ${requestId}`,
  ].filter((detail) => detail !== undefined);
  const until = retryAt === undefined ? "" : `, not before ${readable(retryAt)}`;
  return new Failure(kind, reason, `${operation} was refused (${details.join(", ")}): ${cure}${until}`, { retryAt });
}

function ruleOf({ operation, status, code, aadsts }: Refusal): Rule {
  const known = aadsts === undefined ? undefined : AADSTS[aadsts];
  if (known !== undefined) return known;
  if (status === 429) return { kind: "retry", reason: "Throttled", cure: "Microsoft throttles; it is tried again" };
  if (status >= 500) return { kind: "retry", reason: "ServiceUnavailable", cure: "the service has trouble; it is tried again" };
  if (status === 408 || status === 409) return { kind: "retry", reason: "ServiceUnavailable", cure: "it is tried again" };
  if (operation === "obtaining a token")
    return stalled("InvalidCredentials", "check credentials and tenant; the Entra error code reference explains the number");
  if (status === 401) return stalled("InvalidCredentials", "the token is not accepted by Graph: check spec.cloud and the app registration");
  if (status === 403) return stalled("NotAuthorized", `grant the application permission for ${operation} at status.consentUrl, then annotate test-connection`);
  if (code === "Request_UnsupportedQuery") return stalled("RequestRefused", "the cloud does not support this request; report it to this project");
  return stalled("RequestRefused", "the request is not accepted; report it to this project with the request-id");
}

/** A connection that failed, timed out, or broke off within an answer. */
export function unreachable(operation: Operation, { kind, code }: TransportError): Failure {
  const causes = {
    network: "could not be reached",
    timeout: "did not answer in time",
    incomplete: "broke off within its answer",
    tooLarge: "answered more than is sane",
  };
  const detail = code === undefined ? "" : ` (${code})`;
  const message = `${operation}: the service ${causes[kind]}${detail}; check egress, DNS and the trusted CAs, it is tried again`;
  return new Failure("retry", kind === "timeout" ? "Timeout" : "NetworkError", message);
}

/** An answer of the wrong shape: never "no users". */
export function malformed(operation: Operation, what: string): Failure {
  return new Failure("retry", "MalformedAnswer", `${operation}: ${what}; nothing of this read is used, it is tried again`);
}

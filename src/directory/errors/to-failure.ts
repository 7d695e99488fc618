/** Makes Failures of what Entra, Graph and the network say: public facts, and the table's cause and cure. */
import { Failure } from "../../base/failure.ts";
import { SOURCES } from "../../recipients/model.ts";
import { FEDERATED_AUDIENCES, otherClouds } from "../clouds.ts";
import { isPage } from "../http/json.ts";
import { LONGEST_PAUSE_HOURS } from "../http/retry.ts";
import type { TransportError } from "../http/transport-error.ts";
import { leastRole } from "../permissions.ts";
import { LISTING, type Operation } from "../sources.ts";
import type { Cloud } from "../types.ts";
import {
  AADSTS,
  ELSEWHERE,
  ENTRA_OTHER,
  EXPIRED,
  GRAPH,
  GRAPH_OTHER,
  GRAPH_STATUSES,
  REGISTRATION,
  type Rule,
  STATUSES,
  SYSTEM,
  TRANSPORT,
} from "./error-table.ts";

/** What is public of an answer that was no success. */
export interface Refusal {
  readonly operation: Operation;
  readonly status: number;
  /** Graph's `error.code`, outermost first. */
  readonly codes?: readonly string[] | undefined;
  /** Entra's error number. */
  readonly aadsts?: number | undefined;
  readonly requestId?: string | undefined;
  /** That was asked. */
  readonly cloud?: Cloud | undefined;
  /** Where the tenant may be instead, by Entra's own words. */
  readonly namedIn?: readonly Cloud[] | undefined;
  /** Where the tenant is for certain, in another cloud than the one that was asked. */
  readonly foundIn?: Cloud | undefined;
  /** Milliseconds since the epoch: when the server will hear us again. */
  readonly retryAt?: number | undefined;
  /** It asked for a longer pause than is waited for. */
  readonly askedTooLong?: boolean | undefined;
  /** Who signed the federated token that was shown: an https URL. */
  readonly issuer?: string | undefined;
  /** What the credential looks like, without any of it. */
  readonly hint?: string | undefined;
}

/** The Failure of an answer that was no success. */
export function refused(refusal: Refusal): Failure {
  const { operation, status, codes = [], aadsts, requestId, retryAt } = refusal;
  const rule = ruleOf(refusal);
  const facts = [`HTTP ${status}`, ...(aadsts === undefined ? [] : [`AADSTS${aadsts}`]), ...codes];
  const hint = refusal.hint === undefined ? "" : `; ${refusal.hint}`;
  const capped = refusal.askedTooLong === true ? `; it asked for a longer pause than ${LONGEST_PAUSE_HOURS} hours` : "";
  const sentence = (details: readonly string[]): string =>
    `${operation} was refused (${details.join(", ")}): ${spelledOut(rule, refusal)}${hint}${capped}`;
  const details = requestId === undefined ? facts : [...facts, `request-id ${requestId}`];
  const until = retryAt === undefined ? "" : `, not before ${new Date(retryAt).toISOString()}`;
  return new Failure(rule.kind, rule.reason, `${sentence(details)}${until}`, { retryAt, note: sentence(facts) });
}

/** Whether a page's link is one that Graph no longer knows: the chain has to begin anew. */
export function isExpired(refusal: Refusal): boolean {
  return ruleOf(refusal) === EXPIRED;
}

const BY_CODE = new Map(Object.entries(GRAPH).map(([code, rule]) => [code.toLowerCase(), rule]));

function ruleOf({ operation, status, codes = [], aadsts, foundIn }: Refusal): Rule {
  const told = [
    foundIn === undefined ? undefined : ELSEWHERE,
    aadsts === undefined ? undefined : AADSTS[aadsts],
    ...codes.map((code) => BY_CODE.get(code.toLowerCase())),
    STATUSES[Math.min(status, 500)],
  ].find((rule) => rule !== undefined);
  if (told !== undefined) return told;
  return operation === "obtaining a token" ? ENTRA_OTHER : (GRAPH_STATUSES[status] ?? GRAPH_OTHER);
}

function spelledOut({ cure }: Rule, { operation, cloud, namedIn = [], foundIn, issuer }: Refusal): string {
  const clouds = foundIn === undefined ? namedIn : [foundIn];
  const others = clouds.length > 0 ? clouds : otherClouds(cloud);
  const source = SOURCES.find((candidate) => LISTING[candidate] === operation);
  const permission =
    source === undefined ? "the application permissions" : `the application permission ${leastRole(source)}`;
  return cure
    .replace("{permission}", permission)
    .replace("{audience}", cloud === undefined ? "of this cloud" : FEDERATED_AUDIENCES[cloud])
    .replace("{issuer}", issuer ?? "https://ISSUER")
    .replace("{clouds}", others.join(" or "));
}

/** Groups were listed, none with an address, by a token that may not be allowed to see them. */
export function addressesHidden(groups: number): Failure {
  return new Failure(
    "stalled",
    "NotAuthorized",
    `listing groups: none of ${groups} mail-enabled groups came with an address, and no role of the token is known to show them; add the application permission Group.Read.All under ${REGISTRATION}, API permissions, and grant admin consent with the link in status.consentUrl`,
  );
}

/** A connection that failed, timed out, or broke off within an answer. */
export function unreachable(operation: Operation, { kind, code }: TransportError): Failure {
  const { kind: severity, reason, cure } = (kind === "proxy" ? undefined : SYSTEM[code ?? ""]) ?? TRANSPORT[kind];
  const detail = code === undefined ? "" : ` (${code})`;
  return new Failure(severity, reason, `${operation} failed${detail}: ${cure}`);
}

/** An answer that Microsoft did not write: it must not send people to look for a wrong secret or a missing permission. */
export function answeredByOther(operation: Operation, status: number, body: string): Failure {
  return malformed(
    operation,
    `HTTP ${status} with ${isPage(body) ? "a page of HTML" : "what no service of Microsoft says"}`,
  );
}

/** Of HTTP, what Entra and Graph answer to our requests: no part of a body, no redirect, no word of a proxy's own. */
export const isOfMicrosoft = (status: number): boolean => status === 200 || (status >= 400 && status !== 407);

/** A success of the wrong shape: never "no users". */
export function malformed(operation: Operation, what: string): Failure {
  const message = `${operation} gave an answer that makes no sense: ${what}; nothing of it is used (a proxy in between may answer for Microsoft)`;
  return new Failure("retry", "MalformedAnswer", message);
}

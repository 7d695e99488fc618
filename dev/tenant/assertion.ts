/** What Entra checks of a signed proof of identity: an app's own assertion, or a token of a cluster that it federates with. */
import { createHash, createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";

/** An error in Entra's own numbers. */
export interface Refused {
  readonly number: number;
  /** OAuth's word. */
  readonly error: string;
  readonly text: string;
}

export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

export interface AssertionRules {
  readonly clientId: string;
  /** PEM. */
  readonly certificates: readonly string[];
  readonly federated: readonly FederatedCredential[];
  /** PEM of the public keys of token issuers, by issuer. */
  readonly issuers: ReadonlyMap<string, string>;
  /** The endpoint that was asked, which an assertion must be made for. */
  readonly audience: string;
  readonly now: number;
  /** Ids of assertions that were used before. */
  readonly used: Set<string>;
}

type Claims = Readonly<Record<string, unknown>>;

interface Jwt {
  readonly header: Claims;
  readonly claims: Claims;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Clocks may differ by as much. */
const SKEW_SECONDS = 300;

const refused = (number: number, text: string, error = "invalid_client"): Refused => ({ number, error, text });

export function assertionTrouble(assertion: string, rules: AssertionRules): Refused | undefined {
  const jwt = decode(assertion);
  if (jwt === undefined) return refused(50013, "Assertion is malformed.");
  const { iss, exp, nbf = 0 } = jwt.claims;
  const trouble = iss === rules.clientId ? certificateTrouble(jwt, rules) : federationTrouble(jwt, rules);
  if (trouble !== undefined) return trouble;
  const now = rules.now / 1000;
  const inTime =
    typeof exp === "number" && exp + SKEW_SECONDS > now && typeof nbf === "number" && nbf - SKEW_SECONDS < now;
  return inTime ? undefined : refused(700024, "Client assertion is not within its valid time range.");
}

function certificateTrouble(jwt: Jwt, rules: AssertionRules): Refused | undefined {
  const { clientId, certificates, audience, used } = rules;
  const { alg, "x5t#S256": thumbprint, x5c } = jwt.header;
  const known = certificates
    .map((pem) => new X509Certificate(pem))
    .find(({ raw }) => createHash("sha256").update(raw).digest("base64url") === thumbprint);
  const text = "The certificate with identifier used to sign the client assertion is not registered on application.";
  if (known === undefined || alg !== "PS256") return refused(700027, text);
  const pss = { key: known.publicKey, padding: 6, saltLength: 32 };
  if (!verify("sha256", jwt.signed, pss, jwt.signature))
    return refused(700027, "Client assertion failed signature validation.");
  if (Array.isArray(x5c) && x5c[0] !== known.raw.toString("base64")) return refused(700027, text);
  if (Date.parse(known.validTo) <= rules.now || Date.parse(known.validFrom) > rules.now)
    return refused(1000502, "The provided certificate is not within its specified validity window.");
  const { sub, aud, jti } = jwt.claims;
  if (sub !== clientId)
    return refused(700021, "Client assertion application identifier doesn't match 'client_id' parameter.");
  if (aud !== audience) return refused(700023, "Client assertion audience claim does not match Realm issuer.");
  if (typeof jti !== "string" || used.has(jti))
    return refused(50013, "Assertion carries no id of its own, or was used before.");
  used.add(jti);
  return undefined;
}

function federationTrouble(jwt: Jwt, { federated, issuers }: AssertionRules): Refused | undefined {
  const { iss, sub, aud } = jwt.claims;
  const audiences = [aud].flat();
  const ofIssuer = federated.filter(({ issuer }) => issuer === iss);
  const key = typeof iss === "string" ? issuers.get(iss) : undefined;
  if (ofIssuer.length === 0 || key === undefined)
    return refused(700211, "No matching federated identity record found for presented assertion issuer.");
  if (jwt.header["alg"] !== "RS256" || !verify("sha256", jwt.signed, publicKey(key), jwt.signature))
    return refused(50013, "Assertion failed signature validation.");
  const ofSubject = ofIssuer.filter(({ subject }) => subject === sub);
  if (ofSubject.length === 0)
    return refused(700213, "No matching federated identity record found for presented assertion subject.");
  if (!ofSubject.some(({ audience }) => audiences.includes(audience)))
    return refused(700212, "No matching federated identity record found for presented assertion audience.");
  return undefined;
}

const publicKey = (pem: string): KeyObject => createPublicKey(pem);

function decode(assertion: string): Jwt | undefined {
  const [head = "", payload = "", signature = "", more] = assertion.split(".");
  const [header, claims] = [head, payload].map(parse);
  if (header === undefined || claims === undefined || more !== undefined) return undefined;
  return { header, claims, signed: Buffer.from(`${head}.${payload}`), signature: Buffer.from(signature, "base64url") };
}

function parse(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

/** Entra's token endpoint for applications: client secrets and signed assertions, with its own error numbers. */
import { createHash, randomUUID } from "node:crypto";
import { assertionTrouble, type FederatedCredential, type Refused } from "./assertion.ts";

export interface App {
  readonly clientId: string;
  /** Each works until it is taken away; an expired one is refused in Entra's words for that. */
  readonly secrets: Map<string, "valid" | "expired">;
  /** PEM. */
  readonly certificates: string[];
  /** Clusters whose tokens prove the app. */
  readonly federated: FederatedCredential[];
  readonly redirectUris: Set<string>;
  /** Application roles that the registration asks for; consent grants them all. */
  readonly requested: readonly string[];
  /** Application roles that an administrator has consented to. */
  readonly roles: Set<string>;
}

/** A tenant of another cloud, as Entra's metadata tells of it. */
export interface Elsewhere {
  /** Such as `microsoftonline.us`. */
  readonly instance: string;
  readonly subScope?: string;
}

export interface TokenReply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Entra {
  isTenant(name: string): boolean;
  /** What `/.well-known/openid-configuration` says of a tenant. */
  configuration(tenant: string): TokenReply;
  token(tenant: string, form: URLSearchParams): TokenReply;
  /** The roles of a token; undefined for one that is unknown or has expired. */
  rolesOf(token: string): readonly string[] | undefined;
  /** Makes every token so far worthless. */
  expireTokens(): void;
}

export interface EntraOptions {
  /** The tenant's GUID and its domains. */
  readonly tenants: readonly string[];
  /** Tenants of other clouds, by name. */
  readonly elsewhere: ReadonlyMap<string, Elsewhere>;
  readonly apps: ReadonlyMap<string, App>;
  /** PEM of the public keys of clusters, by issuer. */
  readonly issuers: ReadonlyMap<string, string>;
  readonly origin: () => string;
  readonly graphScope: () => string;
  readonly lifetimeSeconds: number;
  readonly now: () => number;
}

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const NOT_FOUND: Refused = { number: 90002, error: "invalid_request", text: "Tenant not found." };

export function createEntra(options: EntraOptions): Entra {
  const { tenants, elsewhere, apps, issuers, origin, graphScope, lifetimeSeconds, now } = options;
  const issued = new Map<string, { readonly roles: readonly string[]; readonly until: number }>();
  const used = new Set<string>();
  const isTenant = (wanted: string): boolean => tenants.some((name) => name.toLowerCase() === wanted.toLowerCase());

  function unknownTenant(tenant: string): Refused | undefined {
    if (isTenant(tenant)) return undefined;
    const other = elsewhere.get(tenant.toLowerCase());
    if (other === undefined) return { number: 90002, error: "invalid_request", text: `Tenant '${tenant}' not found.` };
    const text = `The specified tenant '${tenant}' belongs to the National Cloud '${other.instance}'.`;
    return { number: 90038, error: "invalid_request", text };
  }

  function refusal(tenant: string, form: URLSearchParams): Refused | undefined {
    const unknown = unknownTenant(tenant);
    if (unknown !== undefined) return unknown;
    if (form.get("grant_type") !== "client_credentials")
      return { number: 70003, error: "unsupported_grant_type", text: "The app requested an unsupported grant type." };
    const app = apps.get(form.get("client_id") ?? "");
    if (app === undefined)
      return { number: 700016, error: "unauthorized_client", text: "Application was not found in the directory." };
    if (form.get("scope") !== graphScope())
      return { number: 500011, error: "invalid_resource", text: "The resource principal was not found in the tenant." };
    if (form.has("client_secret")) return secretTrouble(app, form.get("client_secret") ?? "");
    const assertion = form.get("client_assertion");
    if (assertion === null || form.get("client_assertion_type") !== JWT_BEARER)
      return {
        number: 7000218,
        error: "invalid_client",
        text: "The request body must contain 'client_assertion' or 'client_secret'.",
      };
    const audience = `${origin()}/${tenant}/oauth2/v2.0/token`;
    return assertionTrouble(assertion, { ...app, issuers, audience, used, now: now() });
  }

  return {
    isTenant,
    configuration(tenant) {
      const other = elsewhere.get(tenant.toLowerCase());
      if (!isTenant(tenant) && other === undefined)
        return { status: 400, body: errorBody(unknownTenant(tenant) ?? NOT_FOUND) };
      const { instance = "microsoftonline.com", subScope } = other ?? {};
      return { status: 200, body: { cloud_instance_name: instance, tenant_region_sub_scope: subScope } };
    },
    token(tenant, form) {
      const refused = refusal(tenant, form);
      if (refused !== undefined)
        return { status: refused.error === "invalid_request" ? 400 : 401, body: errorBody(refused) };
      const roles = [...(apps.get(form.get("client_id") ?? "")?.roles ?? [])];
      const until = now() + lifetimeSeconds * 1000;
      const signed = makeToken(graphScope().replace("/.default", ""), until, roles);
      issued.set(signed, { roles, until });
      return {
        status: 200,
        body: {
          token_type: "Bearer",
          expires_in: lifetimeSeconds,
          ext_expires_in: lifetimeSeconds,
          access_token: signed,
        },
      };
    },
    rolesOf(token) {
      const found = issued.get(token);
      return found !== undefined && found.until > now() ? found.roles : undefined;
    },
    expireTokens: () => issued.clear(),
  };
}

/** A JWT as Entra makes it, but for its signature. */
function makeToken(aud: string, until: number, roles: readonly string[]): string {
  const payload = {
    aud,
    exp: Math.floor(until / 1000),
    jti: randomUUID(),
    ...(roles.length === 0 ? {} : { roles }),
  };
  const token = [{ alg: "RS256", typ: "JWT" }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${token}.${createHash("sha256").update(token).digest("base64url")}`;
}

function secretTrouble(app: App, secret: string): Refused | undefined {
  const state = app.secrets.get(secret);
  if (state === "valid") return undefined;
  if (state === "expired")
    return {
      number: 7000222,
      error: "invalid_client",
      text: "The provided client secret keys for the app are expired.",
    };
  return { number: 7000215, error: "invalid_client", text: "Invalid client secret provided." };
}

function errorBody({ number, error, text }: Refused): Record<string, unknown> {
  const trace = randomUUID();
  return {
    error,
    error_description: `AADSTS${number}: ${text} Trace ID: ${trace}`,
    error_codes: [number],
    timestamp: new Date().toISOString(),
    trace_id: trace,
    correlation_id: randomUUID(),
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  };
}

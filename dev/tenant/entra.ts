/** Entra's token endpoint for applications: client secrets and signed assertions, with its own error numbers. */
import { createHash, createPublicKey, randomUUID, verify, X509Certificate } from "node:crypto";

export interface App {
  readonly clientId: string;
  /** Each works until it is taken away; an expired one is refused in Entra's words for that. */
  readonly secrets: Map<string, "valid" | "expired">;
  /** PEM. */
  readonly certificates: string[];
  /** Application roles that an administrator has consented to. */
  readonly roles: Set<string>;
}

export interface TokenReply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Entra {
  token(tenant: string, form: URLSearchParams): TokenReply;
  /** The roles of a token; undefined for one that is unknown or has expired. */
  rolesOf(token: string): readonly string[] | undefined;
  /** Makes every token so far worthless. */
  expireTokens(): void;
}

export interface EntraOptions {
  /** The tenant's GUID and its domains. */
  readonly tenants: readonly string[];
  readonly apps: Map<string, App>;
  readonly graphScope: () => string;
  readonly lifetimeSeconds: number;
  readonly now: () => number;
}

interface Refused {
  readonly number: number;
  readonly error: string;
  readonly text: string;
}

export function createEntra({ tenants, apps, graphScope, lifetimeSeconds, now }: EntraOptions): Entra {
  const issued = new Map<string, { readonly roles: readonly string[]; readonly until: number }>();

  function refusal(tenant: string, form: URLSearchParams): Refused | undefined {
    const known = tenants.some((name) => name.toLowerCase() === tenant.toLowerCase());
    if (!known) return { number: 90002, error: "invalid_request", text: `Tenant '${tenant}' not found.` };
    if (form.get("grant_type") !== "client_credentials")
      return { number: 70003, error: "unsupported_grant_type", text: "The app requested an unsupported grant type." };
    const app = apps.get(form.get("client_id") ?? "");
    if (app === undefined)
      return { number: 700016, error: "unauthorized_client", text: "Application was not found in the directory." };
    if (form.get("scope") !== graphScope())
      return { number: 500011, error: "invalid_resource", text: "The resource principal was not found in the tenant." };
    return form.has("client_secret")
      ? secretTrouble(app, form.get("client_secret") ?? "")
      : assertionTrouble(app, form);
  }

  return {
    token(tenant, form) {
      const refused = refusal(tenant, form);
      if (refused !== undefined) return { status: refused.number === 90002 ? 400 : 401, body: errorBody(refused) };
      const roles = [...(apps.get(form.get("client_id") ?? "")?.roles ?? [])];
      const until = now() + lifetimeSeconds * 1000;
      const payload = {
        aud: graphScope().replace("/.default", ""),
        exp: Math.floor(until / 1000),
        jti: randomUUID(),
        ...(roles.length === 0 ? {} : { roles }),
      };
      const token = [{ alg: "RS256", typ: "JWT" }, payload]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      const signed = `${token}.${createHash("sha256").update(token).digest("base64url")}`;
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

function assertionTrouble({ certificates }: App, form: URLSearchParams): Refused | undefined {
  const [header = "", payload = "", signature = ""] = (form.get("client_assertion") ?? "").split(".");
  const signed = certificates.some((pem) => {
    const key = {
      key: createPublicKey(new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" })),
      padding: 6,
      saltLength: 32,
    };
    return verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"));
  });
  return signed
    ? undefined
    : {
        number: 700027,
        error: "invalid_client",
        text: "The certificate with identifier used to sign the client assertion is not registered on application.",
      };
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

/** App-only tokens for Graph, one per connection: msal proves who we are, we keep the token. */
import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfidentialClientApplication, type Configuration, type INetworkModule, type NodeAuthOptions } from "@azure/msal-node";
import type { Deps } from "../api/deps.ts";
import { Failure } from "../api/failure.ts";
import { refused, unreachable } from "./errors.ts";
import { type Http, type HttpResponse, TransportError } from "./http.ts";
import { parseRetryAfter, retrying } from "./retry.ts";
import { singleFlight } from "./single-flight.ts";
import type { CloudEndpoints, Connection, Credential } from "./types.ts";

export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Application roles that it carries; its signature is for Graph to check. */
  readonly roles: readonly string[];
}

export interface TokenSource {
  /** The token that is kept until 5 minutes before it expires; `fresh` asks for a new one. Concurrent calls share one request. */
  get(signal: AbortSignal, fresh?: boolean): Promise<Token>;
}

export interface TokenOptions {
  readonly connection: Connection;
  readonly endpoints: CloudEndpoints;
  readonly http: Http;
  readonly deps: Deps;
  readonly onRequest?: ((status: number) => void) | undefined;
}

const MARGIN_MS = 300_000;

export function createTokenSource(options: TokenOptions): TokenSource {
  const { clock } = options.deps;
  let kept: Token | undefined;
  const obtain = singleFlight(async (signal) => {
    kept = await requestToken(options, signal);
    return kept;
  });
  return {
    async get(signal, fresh = false) {
      if (!fresh && kept !== undefined && kept.expiresAt - MARGIN_MS > clock.now()) return kept;
      return obtain(signal);
    },
  };
}

/** The last answer of the token endpoint, which msal itself only paraphrases. */
interface Exchange {
  answer?: HttpResponse;
  error?: unknown;
}

function requestToken(options: TokenOptions, signal: AbortSignal): Promise<Token> {
  const { deps } = options;
  return retrying(deps, signal, async () => {
    const exchange: Exchange = {};
    try {
      return { done: await acquire(options, exchange, signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (exchange.error instanceof TransportError) {
        const failure = unreachable("obtaining a token", exchange.error);
        return { retry: () => failure, retryAfterMs: undefined };
      }
      if (exchange.answer === undefined) throw unusable(error);
      return judge(exchange.answer, deps);
    }
  });
}

function judge(answer: HttpResponse, { clock }: Deps) {
  const { status, body, header } = answer;
  const retryAfterMs = parseRetryAfter(header("retry-after"), clock.now());
  const { aadsts, requestId } = parseRefusal(body);
  const refusal = { operation: "obtaining a token", status, aadsts, requestId } as const;
  const failure = refused(refusal);
  if (failure.kind !== "retry") throw failure;
  return { retry: (retryAt: number | undefined) => refused({ ...refusal, retryAt }), retryAfterMs };
}

function parseRefusal(body: string): { readonly aadsts: number | undefined; readonly requestId: string | undefined } {
  try {
    const { error_codes: codes, trace_id: trace } = JSON.parse(body) as { error_codes?: unknown; trace_id?: unknown };
    const code: unknown = Array.isArray(codes) ? codes[0] : undefined;
    const safe = typeof trace === "string" && /^[0-9A-Za-z-]{1,64}$/.test(trace);
    return { aadsts: typeof code === "number" ? code : undefined, requestId: safe ? trace : undefined };
  } catch {
    return { aadsts: undefined, requestId: undefined };
  }
}

/** msal refused the credential before it asked: its own words may quote the key. */
function unusable(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const cure = "a client secret must not be empty; a certificate needs an RSA key that belongs to it, both as PEM";
  return new Failure("stalled", "InvalidCredentials", `spec.credentials cannot be used: ${cure}`, { cause: error });
}

/** A client per token: msal keeps errors in a cache of its own that would answer our retries without asking. */
async function acquire(options: TokenOptions, exchange: Exchange, signal: AbortSignal): Promise<Token> {
  const { connection, endpoints } = options;
  const authority = `${endpoints.authority}/${connection.tenantId}`;
  const configuration: Configuration = {
    auth: {
      clientId: connection.credential.clientId,
      authority,
      knownAuthorities: [new URL(endpoints.authority).host],
      // Known endpoints spare the discovery requests.
      authorityMetadata: JSON.stringify({
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        issuer: `${authority}/v2.0`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      }),
      ...(await credentialOf(connection.credential)),
    },
    system: { networkClient: networkClient(options, exchange, signal), disableInternalRetries: true },
  };
  const client = new ConfidentialClientApplication(configuration);
  const result = await client.acquireTokenByClientCredential({
    scopes: [`${endpoints.graph}/.default`],
    azureRegion: "DisableMsalForceRegion",
  });
  if (result === null) throw new Error("msal answered no token");
  const expiresAt = result.expiresOn?.getTime() ?? options.deps.clock.now();
  return { value: result.accessToken, expiresAt, roles: rolesOf(result.accessToken) };
}

type CredentialOptions = Pick<NodeAuthOptions, "clientSecret" | "clientCertificate" | "clientAssertion">;

async function credentialOf(credential: Credential): Promise<CredentialOptions> {
  switch (credential.kind) {
    case "clientSecret":
      return { clientSecret: credential.clientSecret };
    case "certificate": {
      const { certificate, privateKey } = credential;
      const thumbprintSha256 = new X509Certificate(certificate).fingerprint256.replaceAll(":", "");
      return { clientCertificate: { thumbprintSha256, privateKey, x5c: certificate } };
    }
    case "workloadIdentity":
      // Read each time: kubelet replaces the file long before it expires.
      return { clientAssertion: await readAssertion(credential.tokenFile) };
  }
}

async function readAssertion(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new Failure("stalled", "InvalidCredentials", "the pod's federated token cannot be read; check the projected volume of the workload identity", { cause });
  }
}

function networkClient({ http, onRequest }: TokenOptions, exchange: Exchange, signal: AbortSignal): INetworkModule {
  return {
    sendGetRequestAsync: () => Promise.reject(new Error("no discovery is needed")),
    async sendPostRequestAsync<T>(url: string, request?: { headers?: Record<string, string>; body?: string }) {
      try {
        const answer = await http({ method: "POST", url, headers: request?.headers ?? {}, body: request?.body, signal });
        exchange.answer = answer;
        onRequest?.(answer.status);
        return { headers: {}, body: JSON.parse(answer.body) as T, status: answer.status };
      } catch (error) {
        exchange.error = error;
        if (error instanceof TransportError) onRequest?.(0);
        throw error;
      }
    },
  };
}

/** From the payload of the JWT, for diagnosis only. */
function rolesOf(token: string): string[] {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    const { roles } = JSON.parse(payload) as { roles?: unknown };
    return Array.isArray(roles) ? roles.filter((role): role is string => typeof role === "string") : [];
  } catch {
    return [];
  }
}

/** Names a connection without telling its secret. */
export function connectionKey(connection: Connection): string {
  return createHash("sha256").update(JSON.stringify(connection)).digest("hex");
}

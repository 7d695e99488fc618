/** App-only tokens for Graph, one at a time per connection: msal proves who we are, we keep the token. */
import {
  ConfidentialClientApplication,
  type Configuration,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from "@azure/msal-node";
import type { Deps } from "../../base/deps.ts";
import { Failure } from "../../base/failure.ts";
import { isSecretRefused, MAYBE_ELSEWHERE } from "../errors/error-table.ts";
import { answeredByOther, isOfMicrosoft, malformed, type Refusal, refused, unreachable } from "../errors/to-failure.ts";
import type { Http, HttpResponse } from "../http/http.ts";
import { asRecord, parseJson, publicId } from "../http/json.ts";
import { type Attempt, asksTooLong, type Patience, parseRetryAfter, retrying } from "../http/retry.ts";
import { singleFlight } from "../http/single-flight.ts";
import { TransportError } from "../http/transport-error.ts";
import { isTenantId } from "../tenant-names.ts";
import type { CloudEndpoints, Connection } from "../types.ts";
import { cloudsNamedIn, whereabouts } from "./cloud-of-tenant.ts";
import { proofOf } from "./credentials.ts";
import { issuerOf } from "./issuer.ts";
import { shapeOf } from "./secret-shape.ts";

export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Application roles that it carries; its signature is for Graph to check. */
  readonly roles: readonly string[];
  /** The GUID of the tenant that it is for. */
  readonly tenant?: string | undefined;
}

/** Concurrent calls share one request. Both throw Failure, or the signal's reason. */
export interface TokenSource {
  /** The kept token, until two minutes before it expires. */
  get(signal: AbortSignal): Promise<Token>;
  /** A token other than `refused`, or than the kept one where that is absent. */
  renew(signal: AbortSignal, refused?: Token): Promise<Token>;
}

/** Told of every request to the token endpoint, retries included. `status` 0: no answer. */
export type TokenObserver = (request: { readonly status: number; readonly seconds: number }) => void;

export interface TokenOptions {
  readonly connection: Connection;
  readonly endpoints: CloudEndpoints;
  readonly http: Http;
  readonly deps: Deps;
  readonly onRequest?: TokenObserver | undefined;
  /** @default long */
  readonly patience?: Patience | undefined;
  /** Where the token is kept that sources of the very same connection share. @default of its own */
  readonly shelf?: Shelf | undefined;
}

export interface Shelf {
  token?: Token;
}

const OPERATION = "obtaining a token";
/** Longer than one request may take. */
const MARGIN_MS = 120_000;
/** Entra's have some 2,000 characters; each is kept as long as it is good. */
const LONGEST_TOKEN = 64 * 1024;
const MOST_ROLES = 500;

export function createTokenSource(options: TokenOptions): TokenSource {
  const { clock } = options.deps;
  const { shelf = {} } = options;
  const obtain = singleFlight(async (signal) => {
    shelf.token = await retrying(options.deps, signal, () => request(options, signal), options.patience);
    return shelf.token;
  });
  return {
    async get(signal) {
      const kept = shelf.token;
      return kept !== undefined && clock.monotonic() < kept.expiresAt - MARGIN_MS ? kept : obtain(signal);
    },
    async renew(signal, refused = shelf.token) {
      const kept = shelf.token;
      return kept !== undefined && kept !== refused ? kept : obtain(signal);
    },
  };
}

/** What went over the wire: msal itself only paraphrases it. */
interface Exchange {
  answer?: HttpResponse;
  trouble?: TransportError;
}

async function request(options: TokenOptions, signal: AbortSignal): Promise<Attempt<Token>> {
  const { clock } = options.deps;
  const proof = await proofOf(options.connection.credential);
  const exchange: Exchange = {};
  let value = "";
  try {
    const client = new ConfidentialClientApplication(configure(options, proof, exchange, signal));
    // Where the answer holds none, msal gives an empty one.
    value =
      (await client.acquireTokenByClientCredential({ scopes: [`${options.endpoints.graph}/.default`] }))?.accessToken ??
      "";
  } catch {
    // Its words may quote the credential; the exchange tells what happened.
    signal.throwIfAborted();
  }
  const { answer, trouble } = exchange;
  if (trouble !== undefined) return { retry: () => unreachable(OPERATION, trouble), retryAfterMs: undefined };
  if (answer === undefined) {
    const message = "spec.credentials cannot be used: the library for Entra refuses it before asking; check its parts";
    throw new Failure("stalled", "InvalidCredentials", message);
  }
  if (!isOfMicrosoft(answer.status)) throw answeredByOther(OPERATION, answer.status, answer.body);
  if (answer.status !== 200) return judge(options, answer, proof.clientAssertion, signal);
  const lifetime = Number(asRecord(parseJson(answer.body))?.["expires_in"]);
  if (value === "" || value.length > LONGEST_TOKEN || !(lifetime > 0))
    throw malformed(OPERATION, "there is no token in it");
  return { done: { value, expiresAt: clock.monotonic() + lifetime * 1000, ...claimsOf(value) } };
}

async function judge(
  { connection, endpoints, http, deps }: TokenOptions,
  { status, body, header }: HttpResponse,
  assertion: unknown,
  signal: AbortSignal,
): Promise<Attempt<Token>> {
  const {
    error,
    error_codes: codes,
    error_description: description,
    trace_id: trace,
  } = asRecord(parseJson(body)) ?? {};
  const { cloud, credential } = connection;
  const now = deps.clock.now();
  const retryAfter = header("retry-after");
  const aadsts = numberOf(codes, description);
  const word = typeof error === "string" && /^[a-z_]{1,60}$/.test(error) ? [error] : [];
  const refusal: Refusal = {
    operation: OPERATION,
    status,
    aadsts,
    codes: aadsts === undefined ? word : [],
    cloud,
    requestId: publicId(trace),
    askedTooLong: asksTooLong(retryAfter, now),
    issuer: issuerOf(assertion),
    hint: isSecretRefused(aadsts) && credential.kind === "clientSecret" ? shapeOf(credential.clientSecret) : undefined,
  };
  if (aadsts !== undefined && MAYBE_ELSEWHERE.includes(aadsts)) {
    const found = await whereabouts(http, endpoints.authority, connection.tenantId, signal);
    const namedIn = cloudsNamedIn(description).filter((other) => other !== cloud);
    throw refused({ ...refusal, namedIn, foundIn: found === cloud ? undefined : found });
  }
  const failure = refused(refusal);
  // Entra says with each refusal at least OAuth's word for it.
  const isEntras = aadsts !== undefined || word.length > 0;
  if (failure.kind !== "retry") throw isEntras ? failure : answeredByOther(OPERATION, status, body);
  return {
    retry: (retryAt) => refused({ ...refusal, retryAt }),
    retryAfterMs: parseRetryAfter(retryAfter, now),
  };
}

/** The AADSTS number; some answers have it in words only. */
function numberOf(codes: unknown, description: unknown): number | undefined {
  const first: unknown = Array.isArray(codes) ? codes[0] : undefined;
  if (typeof first === "number") return first;
  const [, digits] = /^AADSTS(\d{1,10})\b/.exec(typeof description === "string" ? description : "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * For a client that makes one request and is thrown away: a client that lives on keeps errors in a cache of its own,
 * which would answer our retries without asking.
 */
function configure(
  options: TokenOptions,
  proof: Partial<Configuration["auth"]>,
  exchange: Exchange,
  signal: AbortSignal,
): Configuration {
  const { connection, endpoints } = options;
  const authority = `${endpoints.authority}/${encodeURIComponent(connection.tenantId)}`;
  return {
    auth: {
      clientId: connection.credential.clientId,
      authority,
      knownAuthorities: [new URL(endpoints.authority).host],
      // Told here, it is neither discovered nor bent to a region that the environment names.
      authorityMetadata: JSON.stringify({
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        issuer: `${authority}/v2.0`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      }),
      ...proof,
    },
    system: { networkClient: recordingNetwork(options, exchange, signal), disableInternalRetries: true },
  };
}

function recordingNetwork(
  { http, deps, onRequest }: TokenOptions,
  exchange: Exchange,
  signal: AbortSignal,
): INetworkModule {
  async function post(
    url: string,
    { headers = {}, body: form }: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<unknown>> {
    const started = deps.clock.monotonic();
    const observe = (status: number): void =>
      onRequest?.({ status, seconds: (deps.clock.monotonic() - started) / 1000 });
    try {
      const answer = await http({ method: "POST", url, headers, body: form, signal });
      observe(answer.status);
      exchange.answer = answer;
      const body = parseJson(answer.body);
      if (body === undefined) throw new SyntaxError("the answer is no JSON");
      return { headers: {}, body, status: answer.status };
    } catch (error) {
      if (error instanceof TransportError) {
        observe(0);
        exchange.trouble = error;
      }
      throw error;
    }
  }
  return {
    sendGetRequestAsync: () => Promise.reject(new Error("nothing has to be discovered")),
    sendPostRequestAsync: post as INetworkModule["sendPostRequestAsync"],
  };
}

/** From the payload of the JWT, for diagnosis and to tell tenants apart. A token without consent has no roles. */
function claimsOf(token: string): Pick<Token, "roles" | "tenant"> {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  const { roles, tid } = asRecord(parseJson(payload)) ?? {};
  const isRole = (role: unknown): role is string =>
    typeof role === "string" && /^[A-Za-z][A-Za-z0-9.-]{0,99}$/.test(role);
  return {
    roles: Array.isArray(roles) ? roles.slice(0, MOST_ROLES).filter(isRole) : [],
    tenant: typeof tid === "string" && isTenantId(tid) ? tid.toLowerCase() : undefined,
  };
}

/** Requests to Microsoft Graph with our own patience: retries, Retry-After, one fresh token after a 401. */
import { Client, type Context, ResponseType } from "@microsoft/microsoft-graph-client";
import type { Deps } from "../api/deps.ts";
import { malformed, type Operation, refused, unreachable } from "./errors.ts";
import { type Http, TransportError } from "./http.ts";
import { type Attempt, parseRetryAfter, retrying } from "./retry.ts";
import type { TokenSource } from "./token.ts";

export interface GraphRequest {
  readonly operation: Operation;
  /** A path below the version such as `/users?$top=5`, or a whole nextLink that was checked. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  readonly body?: object;
  readonly signal: AbortSignal;
}

/** A success, or a refusal that the caller may know how to take. */
export interface GraphAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Graph's `error.code`; absent for a success. */
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
}

export interface Graph {
  readonly origin: string;
  /** Answers 2xx, 400, 403, 404 and 410; throws Failure for everything else, once it is no longer worth a retry. */
  call(request: GraphRequest): Promise<GraphAnswer>;
}

/** Told of every request, retries included. `status` 0: no answer. */
export type RequestObserver = (request: { readonly operation: Operation; readonly status: number; readonly seconds: number }) => void;

export interface GraphOptions {
  readonly origin: string;
  readonly http: Http;
  readonly tokens: TokenSource;
  readonly deps: Deps;
  readonly onRequest?: RequestObserver | undefined;
}

const FOR_THE_CALLER: readonly number[] = [400, 403, 404, 410];

export function createGraph({ origin, http, tokens, deps, onRequest }: GraphOptions): Graph {
  const client = Client.initWithMiddleware({
    baseUrl: origin,
    defaultVersion: "v1.0",
    middleware: { execute: (context) => execute(http, context) },
  });

  async function send(request: GraphRequest, token: string): Promise<Response> {
    const { operation, path, headers = {}, body, signal } = request;
    const started = deps.clock.now();
    const observe = (status: number): void => onRequest?.({ operation, status, seconds: (deps.clock.now() - started) / 1000 });
    try {
      const prepared = client
        .api(path)
        .responseType(ResponseType.RAW)
        .headers({ ...headers, Authorization: `Bearer ${token}`, "x-ms-throttle-priority": "Low" })
        .option("signal", signal);
      const response = (await (body === undefined ? prepared.get() : prepared.post(body))) as Response;
      const failure = failures.get(response);
      observe(failure === undefined ? response.status : 0);
      if (failure !== undefined) throw failure;
      return response;
    } catch (error) {
      // The library wraps what its middleware throws.
      signal.throwIfAborted();
      throw error;
    }
  }

  return {
    origin,
    call(request) {
      let fresh = false;
      return retrying(deps, request.signal, async () => {
        const token = await tokens.get(request.signal, fresh);
        let response: Response;
        try {
          response = await send(request, token.value);
        } catch (error) {
          if (!(error instanceof TransportError)) throw error;
          const failure = unreachable(request.operation, error);
          return { retry: () => failure, retryAfterMs: undefined };
        }
        if (response.status === 401 && !fresh) {
          fresh = true;
          return { again: true };
        }
        fresh = false;
        return judge(request.operation, response, deps);
      });
    },
  };
}

async function judge(operation: Operation, response: Response, { clock }: Deps): Promise<Attempt<GraphAnswer>> {
  const { status } = response;
  const text = await response.text();
  const requestId = safeId(response.headers.get("request-id"));
  if (status >= 200 && status < 300) return { done: { status, body: parseJson(operation, text), requestId } };
  const code = codeOf(text);
  if (FOR_THE_CALLER.includes(status)) return { done: { status, body: undefined, code: code ?? "", requestId } };
  const refusal = { operation, status, code, requestId };
  const failure = refused(refusal);
  if (failure.kind !== "retry") throw failure;
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after") ?? undefined, clock.now());
  return { retry: (retryAt: number | undefined) => refused({ ...refusal, retryAt }), retryAfterMs };
}

/** Throws the Failure of an answer that the caller cannot take. */
export function refuse(operation: Operation, { status, code, requestId }: GraphAnswer): never {
  throw refused({ operation, status, code: code === "" ? undefined : code, requestId });
}

function parseJson(operation: Operation, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(operation, "the answer is no JSON");
  }
}

/** Codes are CamelCase words; anything else is not repeated. */
function codeOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown } };
    const code = error?.code;
    return typeof code === "string" && /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

const safeId = (id: string | null): string | undefined => (id !== null && /^[0-9A-Za-z-]{1,64}$/.test(id) ? id : undefined);

/** The library keeps no cause of what its middleware throws: a broken connection travels as a response instead. */
const failures = new WeakMap<Response, TransportError>();

/** The whole middleware chain: our transport in place of fetch. */
async function execute(http: Http, context: Context): Promise<void> {
  const { request, options = {} } = context;
  const signal = options.signal ?? new AbortController().signal;
  const headers = Object.fromEntries(new Headers(options.headers as Record<string, string>));
  const answer = await http({
    method: options.method === "POST" ? "POST" : "GET",
    url: typeof request === "string" ? request : request.url,
    headers,
    body: typeof options.body === "string" ? options.body : undefined,
    signal,
  }).catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw error;
    context.response = Response.error();
    failures.set(context.response, error);
  });
  if (answer === undefined) return;
  const names = ["content-type", "retry-after", "request-id"];
  const kept = names.flatMap((name): [string, string][] => {
    const value = answer.header(name);
    return value === undefined ? [] : [[name, value]];
  });
  const empty = answer.status === 204 || answer.status === 304;
  context.response = new Response(empty ? null : answer.body, { status: answer.status, headers: kept });
}

/** Requests to Microsoft Graph with our own patience: retries, Retry-After, one fresh token after a 401. */
import { Client, type Context, ResponseType } from "@microsoft/microsoft-graph-client";
import { type JsonLimits, parseInPieces } from "../../base/bounded-json.ts";
import type { Deps } from "../../base/deps.ts";
import type { Share, SharedRoom } from "../../base/shared-room.ts";
import { inSlices } from "../../base/slices.ts";
import type { Token, TokenSource } from "../entra/token.ts";
import { answeredByOther, isOfMicrosoft, malformed, type Refusal, refused, unreachable } from "../errors/to-failure.ts";
import type { Http, HttpRequest, HttpResponse } from "../http/http.ts";
import { createBodyRoom, LARGEST_BODY } from "../http/http.ts";
import { errorCodes, isPage, publicId } from "../http/json.ts";
import { type Attempt, asksTooLong, type Patience, parseRetryAfter, retrying } from "../http/retry.ts";
import { TransportError } from "../http/transport-error.ts";
import type { Operation } from "../sources.ts";
import type { Cloud } from "../types.ts";
import type { Pace } from "./pace.ts";

export interface GraphRequest {
  readonly operation: Operation;
  /** Below the version, such as `/users?$top=5`, or the whole URL of a link that was checked. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST of JSON. Such a request may be repeated. */
  readonly body?: object;
  readonly signal: AbortSignal;
  /** Of the memory for bodies: its caller closes it when nothing of the answer is left. Absent: it is given back with the answer. */
  readonly share?: Share;
}

/** The JSON of a success, or a refusal that the caller may know how to take. */
type GraphAnswer = { readonly body: unknown } | { readonly refusal: Refusal };

export interface Graph {
  readonly origin: string;
  /** Answers success and 400, 403, 404 and 410; throws Failure for everything else, once it is not worth another try. */
  call(request: GraphRequest): Promise<GraphAnswer>;
  /** For a call whose answer may be large. */
  share(): Share;
}

/** Told of every request, retries included. `status` 0: no answer. */
export type RequestObserver = (request: {
  readonly operation: Operation;
  readonly status: number;
  readonly seconds: number;
  /** What the request cost, where Graph says so. */
  readonly resourceUnits?: number | undefined;
}) => void;

export interface GraphOptions {
  readonly origin: string;
  readonly http: Http;
  readonly tokens: TokenSource;
  readonly deps: Deps;
  /** Shared by all that the process reads. Absent: its own. */
  readonly bodies?: SharedRoom | undefined;
  readonly cloud?: Cloud | undefined;
  /** Shared by all who ask the same tenant with the same app registration. Absent: as fast as answers come. */
  readonly pace?: Pace | undefined;
  readonly onRequest?: RequestObserver | undefined;
  /** @default long */
  readonly patience?: Patience | undefined;
}

const FOR_THE_CALLER: readonly number[] = [400, 403, 404, 410];

export function createGraph(options: GraphOptions): Graph {
  const { origin, tokens, deps, bodies = createBodyRoom() } = options;

  async function attempt(request: GraphRequest & { readonly share: Share }): Promise<Attempt<GraphAnswer>> {
    const { operation, signal, share } = request;
    share.release();
    const token = await tokens.get(signal);
    try {
      let answer = await send(options, request, token);
      if (answer.status === 401) answer = await send(options, request, await tokens.renew(signal, token));
      return await judge(options, operation, answer, signal);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return { retry: () => unreachable(operation, error), retryAfterMs: undefined };
    }
  }

  return {
    origin,
    share: () => bodies.share(),
    async call(request) {
      const share = request.share ?? bodies.share();
      try {
        return await retrying(deps, request.signal, () => attempt({ ...request, share }), options.patience);
      } finally {
        if (request.share === undefined) share.close();
      }
    },
  };
}

/** Sends a request for which only success will do. */
export async function fetchJson(graph: Graph, request: GraphRequest): Promise<unknown> {
  const answer = await graph.call(request);
  if ("refusal" in answer) throw refused(answer.refusal);
  return answer.body;
}

/**
 * One request through the client library, whose middleware chain is ours alone. What comes back is kept beside it: the
 * library would forget the cause of an error. Rejects with TransportError, or with the signal's reason.
 */
async function send(options: GraphOptions, request: GraphRequest, token: Token): Promise<HttpResponse> {
  const { operation, path, headers, body, signal, share } = request;
  const exchange: { answer?: HttpResponse; error?: unknown } = {};
  const execute = async (context: Context): Promise<void> => {
    try {
      exchange.answer = await observed(options, operation, { ...toHttpRequest(context, path), signal, share });
      context.response = new Response();
    } catch (error) {
      exchange.error = error;
      throw error;
    }
  };
  const prepared = Client.initWithMiddleware({
    baseUrl: options.origin,
    defaultVersion: "v1.0",
    middleware: { execute },
  })
    .api(path)
    .responseType(ResponseType.RAW)
    .headers({ ...headers, Authorization: `Bearer ${token.value}`, "x-ms-throttle-priority": "Low" });
  try {
    await (body === undefined ? prepared.get() : prepared.post(body));
  } catch (error) {
    throw exchange.error ?? error;
  }
  if (exchange.answer === undefined) throw new Error("the Graph client library sent no request");
  return exchange.answer;
}

async function observed(
  { http, pace, deps, onRequest }: GraphOptions,
  operation: Operation,
  request: HttpRequest,
): Promise<HttpResponse> {
  const send = () => timed({ http, deps, onRequest }, operation, request);
  return pace === undefined ? send() : pace.send(request.signal, send);
}

async function timed(
  { http, deps, onRequest }: Pick<GraphOptions, "http" | "deps" | "onRequest">,
  operation: Operation,
  request: HttpRequest,
): Promise<HttpResponse> {
  const started = deps.clock.now();
  let status = 0;
  let resourceUnits: number | undefined;
  try {
    const answer = await http(request);
    ({ status } = answer);
    resourceUnits = unitsOf(answer.header("x-ms-resource-unit"));
    return answer;
  } finally {
    onRequest?.({ operation, status, seconds: (deps.clock.now() - started) / 1000, resourceUnits });
  }
}

function unitsOf(header: string | undefined): number | undefined {
  const units = Number(header);
  return header !== undefined && Number.isFinite(units) && units >= 0 ? units : undefined;
}

/** A link is opaque: the library would sort its parameters and merge those that come twice. */
function toHttpRequest({ request, options = {} }: Context, path: string): Omit<HttpRequest, "signal" | "share"> {
  const composed = typeof request === "string" ? request : request.url;
  return {
    method: options.method === "POST" ? "POST" : "GET",
    url: path.startsWith("https://") ? path : composed,
    headers: options.headers as Record<string, string>,
    body: options.body as string | undefined,
  };
}

/** More than the addresses of a page: Exchange gives an object a few hundred at most. */
const LIMITS: JsonLimits = { characters: LARGEST_BODY, values: 1_000_000, depth: 32 };

async function judge(
  { deps, cloud }: GraphOptions,
  operation: Operation,
  { status, header, body }: HttpResponse,
  signal: AbortSignal,
): Promise<Attempt<GraphAnswer>> {
  if (!isOfMicrosoft(status)) throw answeredByOther(operation, status, body);
  const json = await inSlices(parseInPieces(body, LIMITS), signal);
  if (status === 200) {
    if (json === undefined) throw malformed(operation, "it is no JSON");
    return { done: { body: json } };
  }
  const now = deps.clock.now();
  const retryAfter = header("retry-after");
  const refusal: Refusal = {
    operation,
    status,
    codes: errorCodes(json),
    requestId: publicId(header("request-id")),
    cloud,
    askedTooLong: asksTooLong(retryAfter, now),
  };
  const failure = refused(refusal);
  // Graph says with each refusal which one it is, or of which request; it never answers with a page for people.
  const isGraphs = (refusal.codes ?? []).length > 0 || (refusal.requestId !== undefined && !isPage(body));
  if (failure.kind !== "retry" && !isGraphs) throw answeredByOther(operation, status, body);
  if (FOR_THE_CALLER.includes(status)) return { done: { refusal } };
  if (failure.kind !== "retry") throw failure;
  return {
    retry: (retryAt) => refused({ ...refusal, retryAt }),
    retryAfterMs: parseRetryAfter(retryAfter, now),
  };
}

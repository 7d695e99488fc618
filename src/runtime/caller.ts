/** Requests to the API server that always end: with credentials, timeouts, retries, and errors that may be shown. */
import type { IncomingMessage } from "node:http";
import { createDeadline, type Deadline, untilAborted } from "../base/abort.ts";
import { type JsonLimits, parseInPieces } from "../base/bounded-json.ts";
import type { Deps } from "../base/deps.ts";
import { inSlices } from "../base/slices.ts";
import type { ApiServerAccess } from "./access.ts";
import { answerError, connectionError, credentialsError } from "./api-error.ts";
import type { KubeObject } from "./kube.ts";
import { retryDelay } from "./retry.ts";
import { createTransport, type HttpRequest, readText } from "./transport.ts";
import { ApiError, type WatchEvent } from "./types.ts";
import { readEvents } from "./watch-stream.ts";

/** An object has three mebibytes at most, a page of a list as much as people have written into its objects. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Reason of the ApiError for an answer with more than may be read. */
export const ANSWER_TOO_LARGE = "AnswerTooLarge";
export const INVALID_ANSWER = "InvalidAnswer";

export interface CallerOptions {
  /** For one attempt, from connecting to the last byte. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** Told of each attempt when its head has come; `code` is the HTTP status, or `<error>` when none came. */
  readonly onRequest?: ((request: { verb: string; host: string; code: string; seconds: number }) => void) | undefined;
  /** Told when the server cannot be reached any more, with the reason, and when it answers again (undefined); each once. */
  readonly onContact?: ((trouble: string | undefined) => void) | undefined;
}

export interface Caller {
  /** The answer's JSON. Rejects with ApiError, or with the signal's reason. */
  call(request: HttpRequest, signal?: AbortSignal): Promise<unknown>;
  /** The answer's JSON lines as they come. Throws as `call` does, and when nothing comes for `idleMs`. Never repeated. */
  stream<T extends KubeObject>(
    request: HttpRequest,
    idleMs: number,
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>>;
}

export function createCaller(access: ApiServerAccess, deps: Deps, options: CallerOptions): Caller {
  const { clock } = deps;
  const transport = createTransport(access.server, options.userAgent, access.proxy);
  const contact = newsOnly(options.onContact);

  async function exchange(request: HttpRequest, fresh: boolean, signal: AbortSignal): Promise<IncomingMessage> {
    const credentials = await credentialsFor(access, request, fresh, signal);
    const started = clock.monotonic();
    let code = "<error>";
    try {
      const response = await transport.send(request, credentials, signal);
      code = String(response.statusCode);
      contact(undefined);
      return response;
    } finally {
      const seconds = (clock.monotonic() - started) / 1000;
      options.onRequest?.({ verb: request.method, host: transport.host, code, seconds });
    }
  }

  /** One exchange, and a second with credentials read anew when the first was answered 401. */
  async function send(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    let response = await exchange(request, false, signal);
    if (response.statusCode === 401) {
      response.resume();
      response = await exchange(request, true, signal);
    }
    const code = response.statusCode ?? 0;
    if (code >= 200 && code < 300) return response;
    throw await refusalOf(request, response);
  }

  /** What to reject with: the caller's own reason, an answer's error as it is, or a connection's error by name. */
  function failure(error: unknown, request: HttpRequest, deadline: Deadline, signal?: AbortSignal): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof ApiError) return error;
    transport.dropIdle();
    const lost = connectionError(describe(request), deadline.expired ? deadline.signal.reason : error);
    contact(lost.reason);
    return lost;
  }

  async function attempt(request: HttpRequest, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const deadline = createDeadline(clock, options.timeoutMs, signal);
    try {
      const response = await send(request, deadline.signal);
      return await parseAnswer(await readText(response, MOST_CHARACTERS), request, deadline.signal);
    } catch (error) {
      throw failure(error, request, deadline, signal);
    } finally {
      deadline.release();
    }
  }

  return {
    async call(request, signal) {
      const pauseAfter = (error: unknown, tries: number): number | undefined =>
        signal?.aborted ? undefined : retryDelay(error, request.method, tries, deps.random);
      const sleep = (ms: number): Promise<void> => clock.sleep(ms, signal);
      return repeated(() => attempt(request, signal), pauseAfter, sleep);
    },
    async *stream<T extends KubeObject>(request: HttpRequest, idleMs: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      const idle = createDeadline(clock, idleMs, signal);
      try {
        const response = await send(request, idle.signal);
        yield* readEvents<T>(response, () => idle.restart());
      } catch (error) {
        throw failure(error, request, idle, signal);
      } finally {
        idle.release();
      }
    },
  };
}

/** Tries until one succeeds, or an error has no pause after it. */
async function repeated<T>(
  attempt: () => Promise<T>,
  pauseAfter: (error: unknown, tries: number) => number | undefined,
  sleep: (ms: number) => Promise<void>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const wait = pauseAfter(error, tries);
      if (wait === undefined) throw error;
      await sleep(wait);
    }
  }
}

async function credentialsFor(access: ApiServerAccess, request: HttpRequest, fresh: boolean, signal: AbortSignal) {
  try {
    return await untilAborted(access.authenticate(fresh), signal);
  } catch (error) {
    throw signal.aborted ? error : credentialsError(describe(request), error);
  }
}

/** Of many requests that go the same way, the first is news. */
function newsOnly(tell: CallerOptions["onContact"]): (trouble: string | undefined) => void {
  let before: string | undefined;
  return (trouble) => {
    const isNews = (trouble === undefined) !== (before === undefined);
    before = trouble;
    if (isNews) tell?.(trouble);
  };
}

async function refusalOf(request: HttpRequest, response: IncomingMessage): Promise<ApiError> {
  const text = (await readText(response, MOST_CHARACTERS)) ?? "";
  return answerError(describe(request), response.statusCode ?? 0, text, response.headers["retry-after"]);
}

/** What is not larger is read in a millisecond. */
const SMALL_CHARACTERS = 64 * 1024;
/** The server is believed; a page of a list takes some tenths of a second in one go. */
const ANY_JSON: JsonLimits = { characters: MOST_CHARACTERS, values: Infinity, depth: Infinity };

/** A parser's own error would quote the body. */
async function parseAnswer(text: string | undefined, request: HttpRequest, signal: AbortSignal): Promise<unknown> {
  if (text === undefined) throw new ApiError(`${describe(request)}: the answer is too large`, 0, ANSWER_TOO_LARGE);
  const isSmall = text.length <= SMALL_CHARACTERS;
  const parsed = isSmall ? parseAtOnce(text) : await inSlices(parseInPieces(text, ANY_JSON), signal);
  if (parsed === undefined) throw new ApiError(`${describe(request)}: the answer is not JSON`, 0, INVALID_ANSWER);
  return parsed;
}

function parseAtOnce(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `PATCH /api/v1/namespaces/mail/configmaps/a`: the query string is left out, it may be long. */
function describe({ method, path }: HttpRequest): string {
  return `${method} ${path.split("?", 1)[0]}`;
}

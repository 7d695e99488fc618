/** HTTPS requests with bounds: one keep-alive agent, a total time, a body limit; the stack under tokens and Graph alike. */

import type { IncomingMessage } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip } from "node:zlib";
import { createSharedRoom, type Share, type SharedRoom } from "../../base/shared-room.ts";
import { createAgents, type ProxySettings } from "./agents.ts";
import { TransportError } from "./transport-error.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  /** Less than others may take. */
  readonly timeoutMs?: number | undefined;
  /** Of the memory for bodies, which its caller gives back when nothing of the body is left. Absent: a small body. */
  readonly share?: Share | undefined;
}

/** A whole answer, decompressed. */
export interface HttpResponse {
  readonly status: number;
  /** Value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/**
 * Resolves with whatever status the server gave; redirects are not followed.
 * Rejects with TransportError, or with the signal's reason when it aborts.
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpOptions {
  /** PEM of a CA to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** @default none */
  readonly proxy?: ProxySettings | undefined;
  /** For one request, from connecting to the last byte, measured on the machine's own clock. @default 60 000 */
  readonly timeoutMs?: number | undefined;
  /** Of one body, decompressed. @default LARGEST_BODY */
  readonly maxBytes?: number | undefined;
}

/** An idle connection is closed after this: one that a firewall forgot would swallow the next request until its timeout. */
const IDLE_MS = 15_000;

/** A page of a thousand objects with four hundred addresses each has some 20 MiB. */
export const LARGEST_BODY = 24 * 1024 * 1024;
/** A page of 999 objects has some 300 KiB, an answer with a token some 3 KiB. */
const SMALL_BODY = 1024 * 1024;
const WAITED_MS = 100;

/**
 * For the bodies of all tenants together. Four workers may read three lists each, two pages at a time; what is made of a
 * body takes some three times as much as it.
 */
export const createBodyRoom = (): SharedRoom => createSharedRoom({ bytes: LARGEST_BODY, freeBytes: SMALL_BODY });

export function createHttp({ ca, proxy, timeoutMs = 60_000, maxBytes = LARGEST_BODY }: HttpOptions = {}): Http {
  const agentFor = createAgents({ proxy, ca, idleMs: IDLE_MS });

  return async ({ method, url, headers, body, signal, share, timeoutMs: own = timeoutMs }) => {
    signal.throwIfAborted();
    const stop = new AbortController();
    const onAbort = (): void => stop.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    let timedOut = false;
    const timer = setTimeout(
      () => {
        timedOut = true;
        stop.abort();
      },
      Math.min(own, timeoutMs),
    );
    try {
      const message = await send(agentFor(url), url, { method, headers, body, signal: stop.signal });
      return {
        status: message.statusCode ?? 0,
        header: (name) => [message.headers[name] ?? []].flat()[0],
        body: await readBody(
          message,
          share === undefined ? Math.min(maxBytes, SMALL_BODY) : maxBytes,
          async (bytes) => {
            const began = performance.now();
            await share?.grow(bytes, stop.signal);
            // Time that passed while others were in the way is not the server's.
            if (performance.now() - began > WAITED_MS) timer.refresh();
          },
        ),
      };
    } catch (error) {
      signal.throwIfAborted();
      throw timedOut ? new TransportError("timeout") : toTransportError(error, "network");
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  };
}

function send(
  agent: Agent,
  url: string,
  { method, headers, body, signal }: Omit<HttpRequest, "url">,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      url,
      { method, headers: { "Accept-Encoding": "gzip, br", ...headers }, agent, signal },
      resolve,
    );
    outgoing.on("error", reject);
    // While a request waits for its connection, Node holds its error back until it has one.
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    outgoing.end(body);
  });
}

async function readBody(
  message: IncomingMessage,
  maxBytes: number,
  grow: (bytes: number) => Promise<void>,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    const decoder = decoderFor(message.headers["content-encoding"]);
    // What breaks the message breaks the decoder too, and so ends the loop.
    const source: AsyncIterable<Buffer> = decoder === undefined ? message : pipeline(message, decoder, () => {});
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes) throw new TransportError("tooLarge");
      await grow(chunk.length);
      chunks.push(chunk);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    message.destroy();
    throw toTransportError(error, "incomplete");
  }
}

/** A piece at a time, each a turn of a thread: a page of 999 objects has some 300 KiB. */
const DECODED_BYTES = 128 * 1024;

function decoderFor(encoding: string | undefined): Transform | undefined {
  switch (encoding?.toLowerCase()) {
    case undefined:
    case "identity":
      return undefined;
    case "gzip":
      return createGunzip({ chunkSize: DECODED_BYTES });
    case "br":
      return createBrotliDecompress({ chunkSize: DECODED_BYTES });
    default:
      throw new TransportError("incomplete", "UNKNOWN_CONTENT_ENCODING");
  }
}

function toTransportError(error: unknown, kind: TransportError["kind"]): TransportError {
  if (error instanceof TransportError) {
    return error;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return new TransportError(kind, code);
}

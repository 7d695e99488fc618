/** One request as the handlers see it, and what they answer with. */
import type { IncomingMessage } from "node:http";
import { tooLarge } from "./status.ts";
import type { Json } from "./types.ts";
import type { WatchRequest } from "./watch.ts";

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  /** Without parameters, in lower case. */
  readonly contentType: string;
  readonly userAgent: string;
  readonly text: string;
}

export type Answer =
  | { readonly code: number; readonly json: Json; readonly warnings?: readonly string[]; readonly type?: string }
  | { readonly code: number; readonly text: string }
  | { readonly watch: WatchRequest };

const BODY_BYTES = 3 * 1024 * 1024;

/** Throws a 413 when the body is larger than an API server takes. */
export async function readExchange(request: IncomingMessage): Promise<Exchange> {
  const { headers, method = "GET", url = "/" } = request;
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  return {
    method,
    path,
    query: new URLSearchParams(query),
    accept: headers.accept,
    contentType: (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "",
    userAgent: headers["user-agent"] ?? "",
    text: await readText(request),
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to its end, or the sender would never see the answer.
    if (bytes <= BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > BODY_BYTES) throw tooLarge(BODY_BYTES);
  return Buffer.concat(chunks).toString("utf8");
}

/** Entra and Graph on loopback over HTTPS, answering as a test has written down; knows nothing of either by itself. */

import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ca, cert, key } from "../../../../dev/tls/index.ts";
import { createHttp, type Http } from "../../../../src/directory/http/http.ts";
import type { CloudEndpoints } from "../../../../src/directory/types.ts";

export interface Seen {
  readonly method: string;
  /** Path and query, percent-decoded. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** JSON, a text, or whatever is done to the response by hand. */
export type Reply =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly json: unknown }
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly text: string }
  | ((response: ServerResponse) => void);

export type Handler = (request: Seen) => Reply;

export interface ScriptedServer {
  readonly origin: string;
  readonly endpoints: CloudEndpoints;
  /** Requests to Graph and to Entra, in the order of their arrival. */
  readonly graph: Seen[];
  readonly entra: Seen[];
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** What Graph and Entra answer from now on. */
  onGraph(handler: Handler): void;
  onEntra(handler: Handler): void;
  close(): Promise<void>;
}

/** Entra gives a token with no roles, Graph answers 404, until told otherwise. */
export async function startServer(): Promise<ScriptedServer> {
  const graph: Seen[] = [];
  const entra: Seen[] = [];
  let connections = 0;
  let onGraph: Handler = () => graphError(404, "Request_ResourceNotFound");
  let onEntra: Handler = () => tokenReply();
  const server = createServer({ cert, key }, (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const path = decodeURIComponent(request.url ?? "");
      const seen = { method: request.method ?? "", path, headers: request.headers, body };
      const isGraph = path.startsWith("/v1.0/");
      (isGraph ? graph : entra).push(seen);
      write(response, isGraph ? onGraph(seen) : onEntra(seen));
    });
  });
  server.on("secureConnection", () => {
    connections++;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    endpoints: { authority: origin, graph: origin },
    graph,
    entra,
    get connections() {
      return connections;
    },
    onGraph(handler) {
      onGraph = handler;
    },
    onEntra(handler) {
      onEntra = handler;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function write(response: ServerResponse, reply: Reply): void {
  if (typeof reply === "function") {
    reply(response);
    return;
  }
  const type = "json" in reply ? "application/json" : "text/html";
  response.writeHead(reply.status ?? 200, { "Content-Type": type, ...reply.headers });
  response.end("json" in reply ? JSON.stringify(reply.json) : reply.text);
}

/** Answers the n-th call with the n-th reply, all later ones with the last. */
export function inTurn(...replies: readonly Reply[]): Handler {
  let call = 0;
  return () => {
    const reply = replies[Math.min(call++, replies.length - 1)];
    if (reply === undefined) throw new Error("a script needs a reply");
    return reply;
  };
}

/** The connection is cut before a byte is answered. */
export const reset: Reply = (response) => void response.socket?.destroy();
/** Nothing at all, until the client gives up. */
export const silence: Reply = () => {};

export const graphError = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "request-id": "0ca1f0b6-1111-2222-3333-444455556666", ...headers },
  json: { error: { code, message: "a body that nobody may repeat: body@example.com" } },
});

/** An error of the token endpoint. */
export const entraError = (status: number, aadsts: number, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  json: {
    error: "invalid_client",
    error_description: `AADSTS${aadsts}: a body that nobody may repeat: body@example.com`,
    error_codes: [aadsts],
    trace_id: "7a1f0b6c-1111-2222-3333-444455556666",
  },
});

let serial = 0;

/** A token that differs from all before it. */
export function tokenReply(roles: readonly string[] = [], expiresIn: number | string = 3600): Reply {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  serial++;
  const token = [encode({ alg: "none" }), encode({ roles, serial }), "signature"].join(".");
  return { json: { token_type: "Bearer", expires_in: expiresIn, access_token: token } };
}

/** Trusts the certificate of the scripted server. */
export function trustingHttp(timeoutMs = 5000): Http {
  return createHttp({ ca, timeoutMs });
}

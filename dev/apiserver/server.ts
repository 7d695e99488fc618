/** The HTTPS server: who asks, what goes wrong on order, and how answers are written. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server as HttpsServer } from "node:https";
import { cert, key } from "../tls/index.ts";
import { type Connections, trackConnections } from "./connections.ts";
import type { Context } from "./context.ts";
import { type Answer, readExchange } from "./exchange.ts";
import type { Fault, FaultTable } from "./faults.ts";
import { answer, type Server } from "./routes.ts";
import { expired, MODIFIED, StatusError, tooManyRequests, unauthorized } from "./status.ts";
import { serveWatch } from "./watch-response.ts";

export interface ListenerOptions {
  readonly context: Context;
  readonly faults: FaultTable;
  readonly tokens: readonly string[];
  readonly about: Server;
}

/** As long as an API server keeps an idle connection. */
const KEEP_ALIVE_MS = 90_000;

/** Whatever comes in is answered; nothing that a client sends ends the server. */
export function createListener(options: ListenerOptions): HttpsServer {
  const server = createServer({ cert, key }, (request, response) => {
    serve(options, connections, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else write(response, failure(error));
    });
  });
  const connections = trackConnections(server);
  // Node's 5 s would close connections that clients still take for good.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

async function serve(
  { context, faults, tokens, about }: ListenerOptions,
  connections: Connections,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fault = faults.take(request.method ?? "", request.url ?? "", request.headers["user-agent"]);
  const exchange = await readExchange(request);
  if (fault && (await troubled(fault, connections, request, response))) return;
  requireToken(request, tokens);
  const found = answer(context, exchange, about);
  if ("watch" in found) return serveWatch(context, found.watch, { fault, connections }, response);
  if (fault?.effect.do === "drop") return void request.socket.destroy();
  write(response, found);
}

const isWatch = (request: IncomingMessage): boolean => /[?&]watch=(true|1)/.test(request.url ?? "");

/** True when the request is done with; a watch has its trouble later. Throws what is to be answered. */
async function troubled(
  { effect }: Fault,
  connections: Connections,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (effect.do === "delay") {
    await new Promise((resolve) => setTimeout(resolve, effect.ms));
    return response.destroyed;
  }
  if (effect.do === "throttle") throw tooManyRequests(effect.retryAfterSeconds);
  if (effect.do === "error") throw new StatusError(500, "InternalError", "Internal error occurred: as ordered", {});
  if (effect.do === "refuse") throw new StatusError(effect.status, effect.reason, effect.message, {});
  if (effect.do === "conflict")
    throw new StatusError(409, "Conflict", `Operation cannot be fulfilled: ${MODIFIED}`, {});
  if (isWatch(request) || effect.do === "drop") return false;
  if (effect.do === "expire") throw expired("The resourceVersion for the provided list is too old.");
  if (effect.do === "reset") connections.reset(request.socket);
  return true;
}

function requireToken({ headers, url = "" }: IncomingMessage, tokens: readonly string[]): void {
  if (/^\/(healthz|livez|readyz|version)$/.test(url)) return;
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (token === undefined || !tokens.includes(token)) throw unauthorized();
}

function failure(error: unknown): Answer & { retryAfterSeconds?: number | undefined } {
  if (error instanceof StatusError)
    return { code: error.code, json: error.body, retryAfterSeconds: error.retryAfterSeconds };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const internal = new StatusError(500, "InternalError", `Internal error occurred: ${message}`, {});
  return { code: 500, json: internal.body };
}

function write(response: ServerResponse, found: Answer & { retryAfterSeconds?: number | undefined }): void {
  if ("watch" in found) return;
  if (found.retryAfterSeconds !== undefined) response.setHeader("retry-after", String(found.retryAfterSeconds));
  if ("text" in found) {
    response.writeHead(found.code, { "content-type": "text/plain; charset=utf-8" }).end(found.text);
    return;
  }
  const { code, json, warnings = [], type = "application/json" } = found;
  for (const warning of warnings) response.appendHeader("warning", `299 - ${JSON.stringify(warning)}`);
  response.writeHead(code, { "content-type": type, "cache-control": "no-cache, private" }).end(JSON.stringify(json));
}

/** HTTP to one server over one pool of kept connections: a new TLS handshake a request would cost more than the request. */

import http from "node:http";
import https from "node:https";
import { MINUTE_MS } from "../base/time.ts";
import { tunnelThrough } from "../base/tunnel.ts";
import type { Credentials } from "./access.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With query string. */
  readonly path: string;
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: string;
}

export interface Transport {
  readonly host: string;
  /** Resolves with the head of the answer. Abort the signal to end it at any time, also while the body is read. */
  send(request: HttpRequest, credentials: Credentials, signal: AbortSignal): Promise<http.IncomingMessage>;
  /** Closes idle connections: after one went dead, its siblings are not to be trusted. */
  dropIdle(): void;
}

/** Probes of the kernel; they find a dead host, not a stuck one. */
const TCP_KEEPALIVE_MS = 30_000;
/** Below the 90 s after which an API server closes an idle connection, so that we rarely write into a closing one. */
const IDLE_SOCKET_MS = MINUTE_MS;

export function createTransport(server: string, userAgent: string, proxy?: string): Transport {
  const url = new URL(server);
  const plain = url.protocol === "http:";
  const pool = { keepAlive: true, keepAliveMsecs: TCP_KEEPALIVE_MS, timeout: IDLE_SOCKET_MS };
  const agent = plain ? new http.Agent(pool) : new https.Agent(pool);
  if (proxy !== undefined) agent.createConnection = tunnelThrough(new URL(proxy), proxyError);
  const target = {
    agent,
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(url.port && { port: Number(url.port) }),
  };
  const prefix = url.pathname.replace(/\/$/, "");

  return {
    host: url.host,
    send(request, credentials, signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const headers = {
          ...credentials.headers,
          accept: request.accept,
          "user-agent": userAgent,
          ...(request.body !== undefined && {
            "content-type": request.contentType,
            "content-length": Buffer.byteLength(request.body),
          }),
        };
        const options = { ...credentials, ...target, method: request.method, path: prefix + request.path, headers };
        const outgoing = plain ? http.request(options) : https.request(options);
        let incoming: http.IncomingMessage | undefined;
        // Not the `signal` option: that drops the body's reader without an error.
        const onAbort = (): void => void (incoming ?? outgoing).destroy(signal.reason);
        signal.addEventListener("abort", onAbort, { once: true });
        outgoing.on("error", reject);
        outgoing.once("close", () => signal.removeEventListener("abort", onAbort));
        outgoing.once("response", (response) => {
          incoming = response;
          resolve(response);
        });
        outgoing.end(request.body);
      });
    },
    dropIdle() {
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    },
  };
}

/** By its code, which is what of a connection's errors is told. */
const proxyError = (code = "NO_ANSWER"): Error =>
  Object.assign(new Error("the proxy of the kubeconfig's proxy-url gives no way through"), { code: `PROXY_${code}` });

/** The whole body as text; undefined, and the connection is closed, once it has more than `most` characters. */
export function readText(response: http.IncomingMessage, most: number): Promise<string | undefined> {
  response.setEncoding("utf8");
  // By events: an iterator costs more than a small answer.
  return new Promise((resolve, reject) => {
    let text = "";
    response.on("data", (chunk: string) => {
      text += chunk;
      if (text.length <= most) return;
      resolve(undefined);
      response.destroy();
    });
    response.once("end", () => resolve(text));
    response.once("error", reject);
    response.once("close", () => response.readableEnded || response.errored || reject(cutShort()));
  });
}

const cutShort = (): Error => Object.assign(new Error("the answer was cut short"), { code: "ECONNRESET" });

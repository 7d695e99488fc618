/** An HTTP server that answers request after request as a test has written down. */
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiServerAccess } from "../../../../src/runtime/access.ts";

export type Script = (request: http.IncomingMessage, response: http.ServerResponse) => void;

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface ScriptedServer {
  readonly url: string;
  readonly access: ApiServerAccess;
  readonly requests: SeenRequest[];
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** Those of them that are still open. */
  readonly openConnections: number;
  /** How often credentials were asked for with `fresh`. */
  readonly freshReads: number;
  close(): Promise<void>;
}

/** Answers the n-th request with the n-th script, all later ones with the last. */
export async function startScriptedServer(scripts: readonly Script[]): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  let connections = 0;
  let openConnections = 0;
  let freshReads = 0;
  const server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const url = new URL(request.url ?? "", "http://localhost");
      const script = scripts[Math.min(requests.length, scripts.length - 1)];
      const { method = "", headers } = request;
      requests.push({ method, path: url.pathname, query: url.searchParams, headers, body });
      script?.(request, response);
    });
  });
  server.on("connection", (socket) => {
    connections += 1;
    openConnections += 1;
    socket.once("close", () => {
      openConnections -= 1;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    access: {
      server: url,
      namespace: undefined,
      authenticate: (fresh) => {
        if (fresh) freshReads += 1;
        return Promise.resolve({ headers: { Authorization: `Bearer token-${freshReads}` } });
      },
    },
    get connections() {
      return connections;
    },
    get openConnections() {
      return openConnections;
    },
    get freshReads() {
      return freshReads;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function json(body: unknown, code = 200, headers: http.OutgoingHttpHeaders = {}): Script {
  return (_, response) =>
    void response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** A metav1.Status as every error answer of the API server. */
export function status(code: number, reason: string, message = reason, headers: http.OutgoingHttpHeaders = {}): Script {
  return json({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message }, code, headers);
}

/** Cuts the connection without an answer. */
export const reset: Script = (request) => void request.socket.destroy();

/** Takes the request and is never heard of again. */
export const hang: Script = () => {};

/** Sends these watch events (strings as they are) and ends the watch, or leaves it open, or cuts it. */
export function events(list: readonly (object | string)[], then: "end" | "stall" | "reset" = "end"): Script {
  return (request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const text = list.map((event) => (typeof event === "string" ? event : `${JSON.stringify(event)}\n`)).join("");
    if (then === "end") response.end(text);
    else response.write(text, () => then === "reset" && setImmediate(() => request.socket.destroy()));
  };
}

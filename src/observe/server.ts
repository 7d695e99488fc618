/** Serves health probes and metrics over plain HTTP. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a path's status, body and content type. */
export type Route = () => Promise<Answer> | Answer;

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
}

export interface ServerOptions {
  readonly host: string | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  readonly routes: Readonly<Record<string, Route>>;
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects when the address is taken. */
export async function serve({ host, port, routes }: ServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void answer(routes, request.method ?? "", request.url ?? "").then(
      ({ status, body, contentType = "text/plain; charset=utf-8" }) => {
        response.writeHead(status, { "Content-Type": contentType });
        response.end(request.method === "HEAD" ? undefined : body);
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(routes: ServerOptions["routes"], method: string, url: string): Promise<Answer> {
  const path = url.split("?")[0] ?? "";
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return { status: 404, body: `not found; try ${Object.keys(routes).join(" or ")}\n` };
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: "only GET\n" };
  try {
    return await route();
  } catch {
    return { status: 500, body: "internal error\n" };
  }
}

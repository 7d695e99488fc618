/** Serves health probes, metrics and the consent page over plain HTTP. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request of a path; the URL's host is not the one that the client asked. */
export type Route = (url: URL) => Promise<AnyAnswer> | AnyAnswer;

/** Parts are sent one after the other: large ones are not put together first. */
type AnyAnswer = Answer<string | readonly Buffer[]>;

export interface Answer<Body = string> {
  readonly status: number;
  readonly body: Body;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServerOptions {
  readonly host: string | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  readonly routes: Readonly<Record<string, Route>>;
  /** Further ones are turned away. @default unlimited */
  readonly maxConnections?: number;
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** For a request to arrive whole; none of ours has a body. */
const REQUEST_MS = 10_000;

/** Rejects when the address is taken. */
export async function serve({ host, port, routes, maxConnections }: ServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void answer(routes, request.method ?? "", request.url ?? "").then(
      ({ status, body, contentType = "text/plain; charset=utf-8", headers }) => {
        const parts = typeof body === "string" ? [Buffer.from(body)] : body;
        const length = parts.reduce((sum, part) => sum + part.length, 0);
        response.writeHead(status, { "Content-Type": contentType, "Content-Length": length, ...headers });
        if (request.method !== "HEAD") for (const part of parts) response.write(part);
        response.end();
      },
    );
  });
  server.headersTimeout = server.requestTimeout = REQUEST_MS;
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
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

async function answer(routes: ServerOptions["routes"], method: string, url: string): Promise<AnyAnswer> {
  const parsed = parse(url);
  const path = parsed?.pathname ?? "";
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (parsed === undefined || route === undefined)
    return { status: 404, body: `not found; try ${Object.keys(routes).join(" or ")}\n` };
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: "only GET\n" };
  try {
    return await route(parsed);
  } catch {
    return { status: 500, body: "internal error\n" };
  }
}

function parse(url: string): URL | undefined {
  const absolute = `http://localhost${url.startsWith("/") ? "" : "/"}${url}`;
  return URL.canParse(absolute) ? new URL(absolute) : undefined;
}

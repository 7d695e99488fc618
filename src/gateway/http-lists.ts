/** Serves the tables over HTTP on loopback: `GET /lists/<name>` with ETag, for what reads neither files nor socketmap. */

import { open, readlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { TABLE_NAMES } from "./tables.ts";

export interface ListsOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The link to the tables that stand. */
  readonly path: string;
}

export interface ListsServer {
  readonly port: number;
  close(): Promise<void>;
}

const PREFIX = "/lists/";
const REQUEST_MS = 10_000;
/** For a reader that takes nothing any more. */
const SLOW_MS = 30_000;
const MOST_CONNECTIONS = 256;

/** Rejects when the address is taken. */
export async function serveLists({ host, port, path }: ListsOptions): Promise<ListsServer> {
  const server = createServer((request, response) => {
    answer(request, response, path).catch(() => response.destroy());
  });
  server.headersTimeout = server.requestTimeout = REQUEST_MS;
  server.timeout = SLOW_MS;
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const url = (request.url ?? "").split("?", 1)[0] ?? "";
  const name = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : "";
  // No path of a file is made from what was asked for.
  const table = TABLE_NAMES.find((each) => each === name);
  if (table === undefined)
    return say(response, 404, `not found; there are ${TABLE_NAMES.map((each) => PREFIX + each).join(", ")}\n`);
  if (request.method !== "GET" && request.method !== "HEAD") return say(response, 405, "only GET\n");
  const generation = await readlink(path).catch(() => undefined);
  if (generation === undefined) return say(response, 503, "no list has been received yet\n");
  const etag = `"${basename(generation)}"`;
  if (request.headers["if-none-match"]?.split(",").some((each) => each.trim().replace(/^W\//, "") === etag) === true) {
    response.writeHead(304, { ETag: etag }).end();
    return;
  }
  const file = await open(join(path, "..", generation, table));
  const { size } = await file.stat();
  const contentType = table.endsWith(".cdb") ? "application/octet-stream" : "text/plain; charset=utf-8";
  response.writeHead(200, {
    ETag: etag,
    "Content-Length": size,
    "Content-Type": contentType,
    "Cache-Control": "no-cache",
  });
  if (request.method === "HEAD") {
    await file.close();
    response.end();
    return;
  }
  const stream = file.createReadStream();
  stream.once("error", () => response.destroy());
  response.once("close", () => stream.destroy());
  stream.pipe(response);
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}

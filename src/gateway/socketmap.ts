/** Answers Postfix' socketmap_table(5): `name key` in, `OK value`, `NOTFOUND ` or `TEMP reason` out, each a netstring. */
import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Clock } from "../base/deps.ts";
import type { Answer, Catalog, MapName } from "./catalog.ts";
import { createNetstringReader, netstring } from "./netstring.ts";

export type SocketAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "inet"; readonly host: string; readonly port: number };

export interface SocketmapOptions {
  readonly address: SocketAddress;
  readonly catalog: () => Catalog;
  readonly clock: Clock;
  /** Told of each request. */
  readonly onLookup?: (map: MapName | "unknown", result: Answer["kind"] | "malformed", seconds: number) => void;
}

export interface SocketmapServer {
  /** Of an inet address. */
  readonly port: number | undefined;
  readonly connections: number;
  close(): Promise<void>;
}

/** Postfix has 100 processes of each service by default, with a connection each. */
const MOST_CONNECTIONS = 2048;
/** For the rest of a request that has begun, and for a client to take its answers. */
const SLOW_MS = 10_000;
/** Postfix closes its own after 10 s without a request, and opens another when it needs one. */
const IDLE_MS = 300_000;
/** Answers that a client has not read yet; it is not read from meanwhile. */
const MOST_UNREAD_BYTES = 256 * 1024;

/** Rejects when the address is taken. A unix socket that a former process left is replaced. */
export async function serveSocketmap(options: SocketmapOptions): Promise<SocketmapServer> {
  const { address } = options;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serveClient(socket, options);
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, address);
  const bound = server.address();
  return {
    port: typeof bound === "object" ? bound?.port : undefined,
    get connections() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function listen(server: Server, address: SocketAddress): Promise<void> {
  if (address.kind === "unix") removeOldSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if (address.kind === "unix") server.listen(address.path, resolve);
    else server.listen(address.port, address.host, resolve);
  });
  // Mail programs run as users of their own; whoever reaches the folder may ask.
  if (address.kind === "unix") chmodSync(address.path, 0o666);
}

/** Never removes what is no socket. */
function removeOldSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSocket()) unlinkSync(path);
}

function serveClient(socket: Socket, options: SocketmapOptions): void {
  const { clock } = options;
  const reader = createNetstringReader();
  let cancel = (): void => {};
  const patience = (ms: number): void => {
    cancel();
    cancel = clock.setTimeout(() => socket.destroy(), ms);
  };
  patience(IDLE_MS);
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.once("close", () => cancel());
  socket.on("drain", () => {
    socket.resume();
    patience(IDLE_MS);
  });
  socket.on("data", (bytes) => {
    const began = reader.isWaiting;
    const requests = reader.push(bytes);
    if (requests === undefined) {
      options.onLookup?.("unknown", "malformed", 0);
      socket.destroy();
      return;
    }
    if (requests.length > 0) socket.write(requests.map((request) => netstring(answer(request, options))).join(""));
    if (socket.writableLength > MOST_UNREAD_BYTES) {
      socket.pause();
      patience(SLOW_MS);
    } else if (!reader.isWaiting) patience(IDLE_MS);
    // One byte now and then does not buy more time.
    else if (!began || requests.length > 0) patience(SLOW_MS);
  });
}

const TEXT: Readonly<Record<Exclude<Answer["kind"], "found">, string>> = {
  notFound: "NOTFOUND ",
  notYet: "TEMP no list has been received yet",
};

function answer(request: Buffer, { catalog, onLookup }: SocketmapOptions): string {
  const start = performance.now();
  const text = request.toString("utf8");
  const space = text.indexOf(" ");
  const name = text.slice(0, Math.max(space, 0));
  const { maps } = catalog();
  if (!Object.hasOwn(maps, name)) {
    onLookup?.("unknown", "malformed", 0);
    return `PERM there is no map of this name; there are ${Object.keys(maps).join(", ")}`;
  }
  const map = name as MapName;
  const found = maps[map](text.slice(space + 1));
  onLookup?.(map, found.kind, (performance.now() - start) / 1000);
  return found.kind === "found" ? `OK ${found.value}` : TEXT[found.kind];
}

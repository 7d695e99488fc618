/** A forward proxy on loopback that knows CONNECT and nothing else. */
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface TestProxy {
  readonly url: string;
  /** What it was asked to connect to, as host:port, in order. */
  readonly targets: string[];
  /** Proxy-Authorization headers that it saw. */
  readonly authorizations: (string | undefined)[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Answers this status in place of a tunnel. */
  readonly refuse?: number;
  /** Takes connections and never answers. */
  readonly silent?: boolean;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export async function startProxy({
  refuse,
  silent = false,
  host = "127.0.0.1",
}: ProxyOptions = {}): Promise<TestProxy> {
  const targets: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on("connection", (socket: Socket) => void sockets.add(socket));
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    const target = request.url ?? "";
    targets.push(target);
    authorizations.push(request.headers["proxy-authorization"]);
    if (silent) return;
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse} Refused\r\nContent-Length: 4\r\n\r\nnope`);
      return;
    }
    const { hostname, port } = new URL(`http://${target}`);
    const upstream = connect(Number(port), hostname.replace(/^\[(.*)\]$/, "$1"), () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    sockets.add(upstream);
    const end = (): void => {
      upstream.destroy();
      socket.destroy();
    };
    for (const side of [upstream, socket]) side.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    targets,
    authorizations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

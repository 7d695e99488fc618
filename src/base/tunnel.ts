/** A way through a proxy: its CONNECT, and within that the TLS of whom we speak to. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";

/** The host of a URL, an IPv6 address without its brackets. */
export const bare = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");

/** Whether the text is the URL of a proxy that can be asked for a tunnel. */
export function isProxyUrl(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text);
    decodeURIComponent(`${username}:${password}`);
    return /^https?:$/.test(protocol);
  } catch {
    return false;
  }
}

/** TLS takes an option that is undefined for one that was set. */
const defined = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;

/** A proxy that accepts a connection and never answers must not keep it for ever. */
const CONNECT_MS = 30_000;

type CreateConnection = Agent["createConnection"];

/** What whoever asks for a connection says of it. */
type Wanted = { readonly host: string; readonly port: number } & Pick<
  ConnectionOptions,
  "servername" | "ca" | "cert" | "key" | "rejectUnauthorized"
>;

/** Tells of a proxy that cannot be used, by the system's code or `HTTP_` and the status; undefined: there is none. */
type ErrorOf = (code: string | undefined) => Error;

/**
 * An agent's `createConnection`, by way of the proxy's CONNECT. Only the tunnel's own TLS ever sees a token. The proxy is an
 * http or https URL, with user and password where it wants them.
 */
export function tunnelThrough(proxy: URL, errorOf: ErrorOf): CreateConnection {
  const send = proxy.protocol === "https:" ? httpsRequest : httpRequest;
  return (options, done) => {
    const { host, port, servername, ca, cert, key, rejectUnauthorized } = options as Wanted;
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const outgoing: ClientRequest = send({
      method: "CONNECT",
      hostname: bare(proxy.hostname),
      port: proxy.port,
      path: target,
      headers: { Host: target, ...authorization(proxy) },
      agent: false,
      timeout: CONNECT_MS,
    });
    const fail = (error: Error): void => done?.(error, undefined as unknown as Duplex);
    outgoing.once("timeout", () => outgoing.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    outgoing.once("error", (error) => fail(errorOf("code" in error ? String(error.code) : undefined)));
    // The answer to a CONNECT that is refused with a body, and to one that is not.
    const refuse = ({ statusCode = 0 }: IncomingMessage): void => {
      outgoing.destroy();
      fail(errorOf(`HTTP_${statusCode}`));
    };
    outgoing.once("response", refuse);
    outgoing.once("connect", (answer: IncomingMessage, socket: Socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        refuse(answer);
        return;
      }
      socket.setTimeout(0);
      done?.(
        null,
        tlsConnect({
          socket,
          host,
          servername: servername ?? (isIP(host) === 0 ? host : ""),
          ...defined({ ca, cert, key, rejectUnauthorized }),
        }),
      );
    });
    outgoing.end();
    return undefined;
  };
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "Proxy-Authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

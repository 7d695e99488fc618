/** Connections to Entra and Graph: kept alive, straight or through the proxy that the environment names. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { TransportError } from "./transport-error.ts";

export interface ProxySettings {
  /** An http or https URL, with user and password where the proxy wants them. */
  readonly url: string;
  /** Hosts that are reached without it, as NO_PROXY lists them. */
  readonly noProxy: string;
}

export interface AgentOptions {
  readonly proxy?: ProxySettings | undefined;
  /** PEM of a CA to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** An idle connection is closed after this, in milliseconds. */
  readonly idleMs: number;
}

/** The agent for a URL. One pool for what goes straight, one for what goes through the proxy. */
export function createAgents({ proxy, ca, idleMs }: AgentOptions): (url: string) => Agent {
  const pool = { keepAlive: true, timeout: idleMs, ...(ca === undefined ? {} : { ca }) };
  const straight = new Agent(pool);
  if (proxy === undefined) return () => straight;
  const tunnelled = new Agent(pool);
  tunnelled.createConnection = tunnelThrough(new URL(proxy.url));
  return (url) => (isExempt(new URL(url), proxy.noProxy) ? straight : tunnelled);
}

/**
 * Whether NO_PROXY names the host: entries separated by commas or blanks, each a domain with everything below it (a leading
 * "." or "*." changes nothing), an address, with or without a port; "*" alone names every host.
 */
export function isExempt({ hostname, port }: URL, noProxy: string): boolean {
  const host = bare(hostname.toLowerCase());
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, name = "", wanted = ""] = /^(\[.*\]|[^:]*|[^:]*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (name === "*") return true;
      if (wanted !== "" && wanted !== (port || "443")) return false;
      const domain = bare(name).replace(/^\*?\./, "");
      return domain !== "" && (host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`)));
    });
}

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");

/** A proxy that accepts a connection and never answers must not keep it for ever. */
const CONNECT_MS = 30_000;

type CreateConnection = Agent["createConnection"];

/** An agent's `createConnection`, by way of the proxy's CONNECT. Only the tunnel's own TLS ever sees a token. */
function tunnelThrough(proxy: URL): CreateConnection {
  const send = proxy.protocol === "https:" ? httpsRequest : httpRequest;
  return (options, done) => {
    const { host, port, servername, ca } = options as { host: string; port: number; servername?: string; ca?: string };
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
    outgoing.once("timeout", () => outgoing.destroy(new TransportError("proxy", "ETIMEDOUT")));
    outgoing.once("error", (error) => fail(toProxyError(error)));
    // The answer to a CONNECT that is refused with a body, and to one that is not.
    const refuse = ({ statusCode = 0 }: IncomingMessage): void => {
      outgoing.destroy();
      fail(new TransportError("proxy", `HTTP_${statusCode}`));
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
          servername: servername ?? (isIP(host) === 0 ? host : ""),
          ...(ca === undefined ? {} : { ca }),
          host,
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

function toProxyError(error: Error): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError("proxy", "code" in error ? String(error.code) : undefined);
}

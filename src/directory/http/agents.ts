/** Connections to Entra and Graph: kept alive, straight or through the proxy that the environment names. */
import { Agent } from "node:https";
import { isIP } from "node:net";
import { bare, tunnelThrough } from "../../base/tunnel.ts";
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
  tunnelled.createConnection = tunnelThrough(new URL(proxy.url), toError);
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

const toError = (code: string | undefined): TransportError => new TransportError("proxy", code);

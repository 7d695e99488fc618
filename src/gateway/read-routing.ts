/** The routing of one MailDomain, read strictly: no table of it can name another transport than SMTP. Pure. */
import { parseRelayDomains, RELAY_DOMAINS_KEY, renderTransport, TRANSPORT_KEY } from "../recipients/tables/routing.ts";
import type { Content } from "./part.ts";

/** Where the mail of each routed domain goes: `smtp:[host]:port, …`. */
export type Routing = ReadonlyMap<string, string>;

const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const HOST = /\[(?:ipv6:[0-9a-f:.]{2,45}|[a-z0-9][a-z0-9.-]{0,252})\]:\d{1,5}/.source;
const NEXTHOPS = new RegExp(`^smtp:${HOST}(?:, ${HOST}){0,15}$`, "i");
/** A MailDomain has at most 50 alias domains; names are kept while tables carry them. */
const MOST_NAMES = 10_000;
const MOST_CHARACTERS = 1024 * 1024;

/** Undefined for what no operator publishes. */
export function readRouting({ data = {} }: Content): Routing | undefined {
  const { [RELAY_DOMAINS_KEY]: domains = "", [TRANSPORT_KEY]: transport = "" } = data;
  if (domains.length + transport.length > MOST_CHARACTERS || !isWhole(domains) || !isWhole(transport)) return undefined;
  const names = parseRelayDomains(domains);
  if (names.length === 0) return transport === renderTransport([], [], 0) ? new Map() : undefined;
  if (names.length > MOST_NAMES || names.some((name) => !DOMAIN.test(name))) return undefined;
  const routing = new Map<string, string>();
  for (const line of transport.slice(0, -1).split("\n")) {
    const at = line.indexOf(" ");
    const [name, nexthops] = [line.slice(0, at), line.slice(at + 1)];
    if (routing.has(name) || !NEXTHOPS.test(nexthops)) return undefined;
    routing.set(name, nexthops);
  }
  const same = routing.size === new Set(names).size && names.every((name) => routing.has(name));
  return same && names.every((name) => domains.includes(`${name} OK\n`)) ? routing : undefined;
}

/** The two tables, and nothing else that somebody put beside them. */
export const routingTables = ({ data = {} }: Content): Record<string, string> => ({
  [RELAY_DOMAINS_KEY]: data[RELAY_DOMAINS_KEY] ?? "",
  [TRANSPORT_KEY]: data[TRANSPORT_KEY] ?? "",
});

const isWhole = (text: string): boolean => text.endsWith("\n");

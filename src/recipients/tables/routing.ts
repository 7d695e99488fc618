/** The routing tables of a domain: which domains the gateway relays, and where their mail goes. Pure. */

export interface InboundServer {
  /** A host name or an IP address. */
  readonly host: string;
  /** Lower first. */
  readonly preference: number;
}

export const RELAY_DOMAINS_KEY = "relay_domains";
export const TRANSPORT_KEY = "transport";

/** Stands in the tables while nothing is routed: no gateway shall read an empty file. No mail is ever sent there (RFC 2606). */
const NOTHING = "nothing-is-routed.invalid";

/** `domain OK` lines for Postfix' relay_domains, sorted. */
export function renderRelayDomains(domains: readonly string[]): string {
  return lines((domains.length === 0 ? [NOTHING] : domains).map((domain) => `${domain} OK`));
}

/**
 * `domain smtp:[host]:port, [host]:port` lines for Postfix' transport_maps (a list needs Postfix 3.5), sorted. Servers
 * go by preference; equal ones keep their order (Postfix tries a list in turn, it cannot balance one).
 */
export function renderTransport(domains: readonly string[], servers: readonly InboundServer[], port: number): string {
  if (domains.length === 0) return `${NOTHING} error:nothing is routed\n`;
  const byPreference = [...servers].sort((a, b) => a.preference - b.preference);
  const nexthops = byPreference.map(({ host }) => `[${literal(host)}]:${port}`).join(", ");
  return lines(domains.map((domain) => `${domain} smtp:${nexthops}`));
}

/** Postfix writes IPv6 literals as [ipv6:…]. Source: transport(5). */
const literal = (host: string): string => (host.includes(":") ? `ipv6:${host}` : host);

/** One of the two tables without the lines of some domains; what else stands in it stays as it is. */
export function withoutNames(
  key: typeof RELAY_DOMAINS_KEY | typeof TRANSPORT_KEY,
  text: string | undefined,
  names: readonly string[],
): string {
  const going = new Set(names);
  const kept = (text ?? "").split("\n").filter((line) => line !== "" && !going.has(line.split(" ")[0] ?? ""));
  if (kept.length > 0) return kept.map((line) => `${line}\n`).join("");
  return key === RELAY_DOMAINS_KEY ? renderRelayDomains([]) : renderTransport([], [], 0);
}

/** The domains that a relay_domains table names; none where it says that nothing is routed. */
export const parseRelayDomains = (text: string | undefined): string[] => [...relayDomainsIn(text ?? "")];

/** One after the other: a mebibyte of lines at once would take a twentieth of a second. */
function* relayDomainsIn(text: string): Generator<string> {
  for (let from = 0, end = 0; from < text.length; from = end + 1) {
    end = text.indexOf("\n", from);
    if (end === -1) end = text.length;
    const line = text.slice(from, end);
    const blank = line.indexOf(" ");
    const name = blank === -1 ? line : line.slice(0, blank);
    if (name !== "" && name !== NOTHING) yield name;
  }
}

/** A name as the CRD takes it. */
const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
/** Of names that nobody knows: those of lists that somebody left are few. */
const MOST_UNKNOWN = 1024;

/**
 * The domains that a relay_domains table of ours names. Anybody may have written it: what is no name is passed over, none is
 * named twice, and beyond those that are `known` there are a bounded number, since much is asked about each.
 */
export function routedIn(text: string | undefined, known: readonly string[]): string[] {
  const asKnown = new Set(known);
  const found = new Set<string>();
  let unknown = 0;
  for (const name of relayDomainsIn(text ?? "")) {
    if (found.has(name)) continue;
    if (asKnown.has(name)) found.add(name);
    else if (unknown < MOST_UNKNOWN && DOMAIN.test(name)) {
      found.add(name);
      unknown++;
    }
  }
  return [...found];
}

const lines = (entries: readonly string[]): string =>
  [...entries]
    .sort()
    .map((entry) => `${entry}\n`)
    .join("");

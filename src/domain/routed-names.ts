/** Which names of a MailDomain are routed: those that a published table carries, and that nobody else holds. Pure. */
import { claimedNames } from "../api/indexers.ts";
import type { MailDomain } from "../api/types.generated.ts";
import type { PublishedList } from "../publication/lists.ts";

/** Another MailDomain of the namespace. */
export interface Rival {
  readonly name: string;
  readonly isOlder: boolean;
  /** The names in its spec. */
  readonly claims: readonly string[];
  /** What it routes now. */
  readonly routes: readonly string[];
}

export interface RoutingInput {
  readonly domain: MailDomain;
  readonly lists: readonly Pick<PublishedList, "names" | "isOwn">[];
  /** What it routes now. */
  readonly routed: readonly string[];
  readonly rivals: readonly Rival[];
}

/** A name in the spec that another MailDomain has as well, and keeps. */
export interface Claim {
  readonly name: string;
  readonly holder: string;
  /** Both route it: neither lets go before a plan ends its recipients. */
  readonly routedHere: boolean;
}

/** A routed name that is no longer in the spec: a plan must end its recipients first. */
export interface Waiting {
  readonly name: string;
  /** The MailDomain that claims it and does not route it yet; it must, before a plan may end it here. */
  readonly heir: string | undefined;
}

/** Names are sorted. */
export interface Routing {
  readonly names: readonly string[];
  readonly claims: readonly Claim[];
  /** In the spec, and in no table. */
  readonly missing: readonly string[];
  readonly waiting: readonly Waiting[];
}

/** Without an inbound server nothing is routed: the gateway would look up its own MX and loop. */
export function routingOf(input: RoutingInput): Routing {
  const { domain, lists, routed, rivals } = input;
  const own = lists.filter(({ isOwn }) => isOwn).flatMap(({ names }) => names);
  const kept = lists.flatMap(({ names }) => names).filter((name) => routed.includes(name));
  const listed = [...new Set([...own, ...kept])];
  const spec = claimedNames(domain).sort();
  const hasServers = (domain.spec.inboundServers ?? []).length > 0;
  const routes = (name: string): boolean => {
    if (!listed.includes(name)) return false;
    // What is routed goes by a plan only, whoever claims it.
    if (routed.includes(name)) return true;
    if (spec.includes(name)) return holderOf(name, rivals) === undefined;
    // Its own routing ConfigMap is gone or new: a table still carries the name, and nobody else wants it.
    return !rivals.some((rival) => rival.claims.includes(name) || rival.routes.includes(name));
  };
  const names = [...new Set([...spec, ...listed])].filter(routes).sort();
  const claims = spec.flatMap((name): Claim[] => {
    const routedHere = names.includes(name);
    const holder = routedHere ? olderRouter(name, rivals) : holderOf(name, rivals);
    return holder === undefined ? [] : [{ name, holder: holder.name, routedHere }];
  });
  const missing = spec.filter((name) => !listed.includes(name) && !claims.some((claim) => claim.name === name));
  const waiting = names
    .filter((name) => !spec.includes(name))
    .map((name): Waiting => ({ name, heir: heirOf(name, rivals) }));
  return { names: hasServers ? names : [], claims, missing, waiting };
}

/** A contested name stays with the one that routes it now, else with the older; undefined: with this one. */
function holderOf(name: string, rivals: readonly Rival[]): Rival | undefined {
  const claimants = rivals.filter(({ claims }) => claims.includes(name));
  return claimants.find(({ routes }) => routes.includes(name)) ?? claimants.find(({ isOlder }) => isOlder);
}

const olderRouter = (name: string, rivals: readonly Rival[]): Rival | undefined =>
  rivals.find(({ claims, routes, isOlder }) => isOlder && claims.includes(name) && routes.includes(name));

/** Undefined where nobody claims the name, or one who does routes it already. */
export function heirOf(name: string, rivals: readonly Omit<Rival, "isOlder">[]): string | undefined {
  const claimants = rivals.filter(({ claims }) => claims.includes(name));
  return claimants.some(({ routes }) => routes.includes(name)) ? undefined : claimants[0]?.name;
}

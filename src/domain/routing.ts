/** Which names of a MailDomain are routed, and what its status says of them. Pure. */
import { claimedNames } from "../api/indexers.ts";
import type { MailDomain } from "../api/types.generated.ts";

/** One recipient list that is published for a MailDomain. */
export interface PublishedList {
  /** The O365Sync that made it, perhaps gone by now. */
  readonly sync: string;
  /** The domains that its tables hold. */
  readonly names: readonly string[];
  /** Undefined where its manifest cannot tell. */
  readonly addresses: number | undefined;
}

export interface Routing {
  readonly reason: "Routed" | "NoInboundServer" | "NoRecipientList" | "DomainClaimed";
  readonly message: string;
  /** Routed names, sorted. */
  readonly names: readonly string[];
}

/** `rivals`: other MailDomains of the namespace that claim a name of this one. */
export function routingOf(domain: MailDomain, rivals: readonly MailDomain[], lists: readonly PublishedList[]): Routing {
  const claim = findClaim(domain, rivals);
  if (claim !== undefined) {
    const message = `the older MailDomain ${claim.owner} claims ${claim.name}; take the name out of one of the two`;
    return { reason: "DomainClaimed", message, names: [] };
  }
  if ((domain.spec.inboundServers ?? []).length === 0) {
    const message =
      "spec.inboundServers is empty: the gateway would look up its own MX and loop; add where the mail is delivered";
    return { reason: "NoInboundServer", message, names: [] };
  }
  const listed = new Set(lists.flatMap(({ names }) => names));
  const names = claimedNames(domain).filter((name) => listed.has(name));
  const missing = claimedNames(domain).filter((name) => !listed.has(name));
  if (missing.length > 0) return { reason: "NoRecipientList", message: noList(domain, missing), names: names.sort() };
  const untold = lists.find(({ addresses }) => addresses === undefined);
  const note =
    untold === undefined ? "" : `; the manifest of ${untold.sync} cannot be read, so what was routed stays so`;
  return { reason: "Routed", message: `${names.sort().join(", ")} routed${note}`, names };
}

function noList({ metadata, spec }: MailDomain, missing: readonly string[]): string {
  const what = `no recipient list is published for ${missing.join(", ")}, so it is not routed`;
  if (spec.serverType !== "Office365") return `${what}; only domains with serverType Office365 have a sync`;
  return `${what}; make an O365Sync with domainRef ${metadata.name} and sync it`;
}

interface Claim {
  readonly owner: string;
  readonly name: string;
}

/** A name that an older MailDomain of the namespace has, as domain or alias domain; same second: by name. */
function findClaim(domain: MailDomain, rivals: readonly MailDomain[]): Claim | undefined {
  const mine = claimedNames(domain);
  for (const rival of rivals) {
    if (rival.metadata.deletionTimestamp !== undefined || !isOlder(rival, domain)) continue;
    const shared = claimedNames(rival).find((claimed) => mine.includes(claimed));
    if (shared !== undefined) return { owner: rival.metadata.name, name: shared };
  }
  return undefined;
}

function isOlder({ metadata: a }: MailDomain, { metadata: b }: MailDomain): boolean {
  const [made, other] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  return made === other ? a.name < b.name : made < other;
}

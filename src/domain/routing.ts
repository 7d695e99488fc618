/** Which names of a MailDomain are routed, and what its status says of them. Pure. */
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

const namesOf = ({ spec }: MailDomain): string[] => [spec.domain, ...(spec.aliasDomains ?? []).map(({ name }) => name)];

export function routingOf(domain: MailDomain, others: readonly MailDomain[], lists: readonly PublishedList[]): Routing {
  const claim = findClaim(domain, others);
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
  const names = namesOf(domain).filter((name) => listed.has(name));
  const missing = namesOf(domain).filter((name) => !listed.has(name));
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
function findClaim(domain: MailDomain, others: readonly MailDomain[]): Claim | undefined {
  const mine = namesOf(domain);
  for (const other of others) {
    const { namespace, name } = other.metadata;
    const rival = namespace === domain.metadata.namespace && name !== domain.metadata.name;
    if (!rival || other.metadata.deletionTimestamp !== undefined || !isOlder(other, domain)) continue;
    const shared = namesOf(other).find((claimed) => mine.includes(claimed));
    if (shared !== undefined) return { owner: name, name: shared };
  }
  return undefined;
}

function isOlder({ metadata: a }: MailDomain, { metadata: b }: MailDomain): boolean {
  const [made, other] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  return made === other ? a.name < b.name : made < other;
}

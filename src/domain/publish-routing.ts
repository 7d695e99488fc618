/** Writes the routing ConfigMap of a MailDomain. */
import { ANNOTATION_DOMAIN_NAME, LABEL_DOMAIN, LABEL_ROLE } from "../api/group.ts";
import { claimedNames, routedNames } from "../api/indexers.ts";
import { routingName } from "../api/names.ts";
import { isOwned, mergedMetadata, metadataIsCurrent, type Owner, ownedMetadata } from "../api/ownership.ts";
import type { MailDomain } from "../api/types.generated.ts";
import { sha256 } from "../recipients/revision.ts";
import {
  RELAY_DOMAINS_KEY,
  renderRelayDomains,
  renderTransport,
  routedIn,
  TRANSPORT_KEY,
} from "../recipients/tables/routing.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ConfigMap } from "../runtime/kube.ts";
import type { Client } from "../runtime/types.ts";

export type Published =
  | { readonly kind: "written"; readonly name: string; readonly revision: string; readonly isNew: boolean }
  /** Nothing is routed, and nothing ever was. */
  | { readonly kind: "none" }
  /** The name is taken, by somebody else's ConfigMap or by the routing of another domain. */
  | { readonly kind: "conflict"; readonly message: string };

/** The routing ConfigMap as it was found. */
export interface FoundRouting {
  /** Undefined: there is none, or it may not be touched. */
  readonly found: ConfigMap | undefined;
  /** The names that it routes. */
  readonly routed: readonly string[];
  /** Why it may not be touched. */
  readonly conflict: string | undefined;
}

export async function readRouting(client: Client, domain: MailDomain, signal: AbortSignal): Promise<FoundRouting> {
  const name = routingName(domain.metadata.name);
  const found = await find(client, CONFIG_MAP, { namespace: domain.metadata.namespace ?? "", name }, { signal });
  if (found === undefined) return { found, routed: [], conflict: undefined };
  const routed = routedIn(found.data?.[RELAY_DOMAINS_KEY], [...claimedNames(domain), ...routedNames(domain)]);
  const conflict = isOwned(ownerOf(domain), found, labelsOf(domain))
    ? conflictOf(domain, found, routed)
    : foreign(name);
  return conflict === undefined ? { found, routed, conflict } : { found: undefined, routed: [], conflict };
}

const foreign = (name: string): string =>
  `the ConfigMap ${name} exists and does not belong to this object (its labels or its controlling owner say so); rename or delete it`;

/** A MailDomain that was made again for another domain must not send the mail of the old one to its own servers. */
function conflictOf({ metadata, spec }: MailDomain, found: ConfigMap, routed: readonly string[]): string | undefined {
  const named = found.metadata.annotations?.[ANNOTATION_DOMAIN_NAME];
  // Version 0.1.0 did not say it; it routed alias domains beside the domain only.
  const other = named ?? (routed.length === 0 || routed.includes(spec.domain) ? spec.domain : routed[0]);
  if (other === spec.domain) return undefined;
  const name = routingName(metadata.name);
  return `the ConfigMap ${name} is the routing of ${other}, and spec.domain is ${spec.domain}: nothing in it is touched; give this MailDomain another name, or delete the ConfigMap once no gateway mounts it`;
}

const labelsOf = ({ metadata }: MailDomain) => ({ [LABEL_ROLE]: "routing", [LABEL_DOMAIN]: metadata.name });

const ownerOf = ({ metadata, spec }: MailDomain): Owner => ({
  kind: "MailDomain",
  metadata,
  deletionPolicy: spec.deletionPolicy,
});

/** Once it exists it is kept, with tables that route nothing where `names` is empty: deleting it would leave the old ones mounted. */
export async function publishRouting(
  client: Client,
  domain: MailDomain,
  { found, conflict }: FoundRouting,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Published> {
  if (conflict !== undefined) return { kind: "conflict", message: conflict };
  if (found === undefined && names.length === 0) return { kind: "none" };
  const name = routingName(domain.metadata.name);
  const data = tablesOf(domain, names);
  const annotations = { [ANNOTATION_DOMAIN_NAME]: domain.spec.domain };
  const wanted = ownedMetadata(ownerOf(domain), name, labelsOf(domain), annotations);
  const written = { kind: "written", name, revision: sha256(JSON.stringify(data)) } as const;
  if (found === undefined) {
    await client.create(CONFIG_MAP, { apiVersion: "v1", kind: "ConfigMap", metadata: wanted, data }, { signal });
    return { ...written, isNew: true };
  }
  const same =
    JSON.stringify(found.data) === JSON.stringify(data) &&
    metadataIsCurrent(found.metadata, wanted) &&
    found.metadata.annotations?.[ANNOTATION_DOMAIN_NAME] === domain.spec.domain;
  if (!same)
    await client.replace(CONFIG_MAP, { ...found, metadata: mergedMetadata(found.metadata, wanted), data }, { signal });
  return { ...written, isNew: !same };
}

function tablesOf({ spec }: MailDomain, names: readonly string[]): Record<string, string> {
  return {
    [RELAY_DOMAINS_KEY]: renderRelayDomains(names),
    [TRANSPORT_KEY]: renderTransport(names, spec.inboundServers ?? [], spec.deliveryPort),
  };
}

/** Writes the routing ConfigMap of a MailDomain. */
import { LABEL_DOMAIN, LABEL_ROLE } from "../api/group.ts";
import { routingName } from "../api/names.ts";
import { isOwned, mergedMetadata, metadataIsCurrent, type Owner, ownedMetadata } from "../api/ownership.ts";
import type { MailDomain } from "../api/types.generated.ts";
import { sha256 } from "../recipients/revision.ts";
import { RELAY_DOMAINS_KEY, renderRelayDomains, renderTransport, TRANSPORT_KEY } from "../recipients/tables/routing.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ConfigMap } from "../runtime/kube.ts";
import type { Client } from "../runtime/types.ts";

export type Published =
  | { readonly kind: "written"; readonly name: string; readonly revision: string }
  /** Nothing is routed, and nothing ever was. */
  | { readonly kind: "none" }
  /** A foreign ConfigMap has the name. */
  | { readonly kind: "conflict" };

/** The routing ConfigMap as it was found. */
export interface FoundRouting {
  readonly found: ConfigMap | undefined;
  /** A foreign one has the name. */
  readonly foreign: boolean;
}

export async function readRouting(client: Client, domain: MailDomain, signal: AbortSignal): Promise<FoundRouting> {
  const key = { namespace: domain.metadata.namespace ?? "", name: routingName(domain.metadata.name) };
  const found = await find(client, CONFIG_MAP, key, { signal });
  const foreign = found !== undefined && !isOwned(ownerOf(domain), found, labelsOf(domain));
  return { found: foreign ? undefined : found, foreign };
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
  { found, foreign }: FoundRouting,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Published> {
  if (foreign) return { kind: "conflict" };
  if (found === undefined && names.length === 0) return { kind: "none" };
  const name = routingName(domain.metadata.name);
  const data = tablesOf(domain, names);
  const wanted = ownedMetadata(ownerOf(domain), name, labelsOf(domain));
  const written: Published = { kind: "written", name, revision: sha256(JSON.stringify(data)) };
  if (found === undefined) {
    await client.create(CONFIG_MAP, { apiVersion: "v1", kind: "ConfigMap", metadata: wanted, data }, { signal });
    return written;
  }
  const same = JSON.stringify(found.data) === JSON.stringify(data) && metadataIsCurrent(found.metadata, wanted);
  if (!same)
    await client.replace(CONFIG_MAP, { ...found, metadata: mergedMetadata(found.metadata, wanted), data }, { signal });
  return written;
}

function tablesOf({ spec }: MailDomain, names: readonly string[]): Record<string, string> {
  return {
    [RELAY_DOMAINS_KEY]: renderRelayDomains(names),
    [TRANSPORT_KEY]: renderTransport(names, spec.inboundServers ?? [], spec.deliveryPort),
  };
}

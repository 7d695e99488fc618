/** Names that move to another MailDomain: the old holder keeps their recipients until the new one routes them. */

import { BY_CLAIMED_NAME, claimedNames, routedNames } from "../api/indexers.ts";
import { routingName } from "../api/names.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import type { Publication } from "../publication/manifest.ts";
import type { AliasDomain } from "../recipients/model.ts";
import { RELAY_DOMAINS_KEY, routedIn } from "../recipients/tables/routing.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP } from "../runtime/kube.ts";
import { storeKey } from "../runtime/store.ts";
import type { Client, Store } from "../runtime/types.ts";
import { aliasDomainsOfTables } from "./told-by-tables.ts";

interface Services {
  readonly client: Client;
  readonly maps: ConfigMaps;
  readonly stores: { readonly domains: Store<MailDomain> };
}

/** The MailDomain as its list must be made: with the alias domains that are published, and that nobody else routes yet. */
export async function withNamesInMove(
  services: Services,
  object: O365Sync,
  domain: MailDomain,
  current: Publication | undefined,
  signal: AbortSignal,
): Promise<MailDomain> {
  const claimed = claimedNames(domain);
  const published =
    current?.aliasDomains ??
    (await aliasDomainsOfTables(services.maps, object, domain, () => routedBy(services, domain, signal), signal));
  const gone = published.filter(({ name }) => !claimed.includes(name));
  const kept: AliasDomain[] = [];
  for (const alias of gone) if (await isInMove(services, domain, alias.name, signal)) kept.push(alias);
  if (kept.length === 0) return domain;
  return { ...domain, spec: { ...domain.spec, aliasDomains: [...(domain.spec.aliasDomains ?? []), ...kept] } };
}

/** Whether others claim the name, and none of them routes it. Their routing ConfigMaps are asked, which is what counts. */
async function isInMove(
  services: Services,
  { metadata }: MailDomain,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { namespace = "" } = metadata;
  const heirs = services.stores.domains
    .by(BY_CLAIMED_NAME, `${namespace}/${name}`)
    .filter((other) => storeKey(other.metadata) !== storeKey(metadata) && !other.metadata.deletionTimestamp);
  for (const heir of heirs) if ((await routedBy(services, heir, signal)).includes(name)) return false;
  return heirs.length > 0;
}

async function routedBy({ client }: Services, domain: MailDomain, signal: AbortSignal): Promise<string[]> {
  const { metadata } = domain;
  const key = { namespace: metadata.namespace ?? "", name: routingName(metadata.name) };
  const found = await find(client, CONFIG_MAP, key, { signal });
  return routedIn(found?.data?.[RELAY_DOMAINS_KEY], [...claimedNames(domain), ...routedNames(domain)]);
}

/** Names that move to another MailDomain: the old holder keeps their recipients until the new one routes them. */

import { BY_CLAIMED_NAME, claimedNames, routedNames } from "../api/indexers.ts";
import { routingName } from "../api/names.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { surelyCarried } from "../publication/carriers.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import { findLists, type ListSources } from "../publication/lists.ts";
import type { Publication } from "../publication/manifest.ts";
import type { AliasDomain } from "../recipients/model.ts";
import { RELAY_DOMAINS_KEY, routedIn } from "../recipients/tables/routing.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP } from "../runtime/kube.ts";
import { storeKey } from "../runtime/store.ts";
import { aliasDomainsOfTables } from "./told-by-tables.ts";

interface Services extends ListSources {
  readonly maps: ConfigMaps;
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
  for (const alias of gone)
    if (await isInMove(services, { object, domain, name: alias.name }, signal)) kept.push(alias);
  if (kept.length === 0) return domain;
  return { ...domain, spec: { ...domain.spec, aliasDomains: [...(domain.spec.aliasDomains ?? []), ...kept] } };
}

interface Move {
  readonly object: O365Sync;
  readonly domain: MailDomain;
  /** That is no longer in its spec. */
  readonly name: string;
}

/** Whether others claim the name, and none of them goes on routing it. Their routing ConfigMaps are asked, which is what counts. */
async function isInMove(services: Services, { object, domain, name }: Move, signal: AbortSignal): Promise<boolean> {
  const { namespace = "" } = domain.metadata;
  const heirs = services.stores.domains
    .by(BY_CLAIMED_NAME, `${namespace}/${name}`)
    .filter((other) => storeKey(other.metadata) !== storeKey(domain.metadata) && !other.metadata.deletionTimestamp);
  for (const heir of heirs) {
    const routed = await routedBy(services, heir, signal);
    if (!routed.includes(name)) continue;
    // A MailDomain of the same domain may route it by this very list, which is about to give it up.
    if (heir.spec.domain !== domain.spec.domain) return false;
    const mailDomain = heir.metadata.name;
    const lists = await findLists(services, { namespace, mailDomain, domain: heir.spec.domain, routed }, signal);
    if (surelyCarried({ lists, except: object.metadata.name }, [name]).length > 0) return false;
  }
  return heirs.length > 0;
}

async function routedBy({ client }: Services, domain: MailDomain, signal: AbortSignal): Promise<string[]> {
  const { metadata } = domain;
  const key = { namespace: metadata.namespace ?? "", name: routingName(metadata.name) };
  const found = await find(client, CONFIG_MAP, key, { signal });
  return routedIn(found?.data?.[RELAY_DOMAINS_KEY], [...claimedNames(domain), ...routedNames(domain)]);
}

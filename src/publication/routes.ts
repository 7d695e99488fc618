/** Takes the names off the gateway that a publication which was begun takes out of the tables, before it does so. */

import { LABEL_DOMAIN, LABEL_ROLE } from "../api/group.ts";
import { BY_DOMAIN_NAME, routedNames } from "../api/indexers.ts";
import { routingName } from "../api/names.ts";
import { isOwned, type Owner } from "../api/ownership.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { RELAY_DOMAINS_KEY, routedIn, TRANSPORT_KEY, withoutNames } from "../recipients/tables/routing.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ConfigMap } from "../runtime/kube.ts";
import { ApiError } from "../runtime/types.ts";
import { perhapsCarried } from "./carriers.ts";
import { findLists, type ListSources } from "./lists.ts";
import { carriedNames, type Manifest } from "./manifest.ts";

const ATTEMPTS = 5;

export interface Routes {
  /**
   * What `manifest` has begun ends the recipients of some domains: withdraws these from every routing ConfigMap that
   * follows the list, also where its MailDomain is gone. What another list still carries stays. The plan is through by
   * then and written ahead, so whoever finishes it does the same, whatever the specs have become.
   */
  withdraw(object: O365Sync, manifest: Manifest, signal: AbortSignal): Promise<void>;
}

export function createRoutes(sources: ListSources): Routes {
  const { client, stores } = sources;

  /** MailDomains, perhaps gone by now, whose routing is that of the list's domain. */
  function followers(object: O365Sync, domain: string): string[] {
    const { namespace } = object.metadata;
    const found = stores.configMaps
      .by(BY_DOMAIN_NAME, `${namespace}/${domain}`)
      .filter(({ metadata: { labels } }) => labels?.[LABEL_ROLE] === "routing")
      .flatMap(({ metadata: { labels } }) => labels?.[LABEL_DOMAIN] ?? []);
    return [...new Set([object.spec.domainRef.name, ...found])];
  }

  async function withdrawFrom(
    object: O365Sync,
    mailDomain: string,
    { current, intent }: Manifest,
    signal: AbortSignal,
  ): Promise<void> {
    if (intent === undefined) return;
    const namespace = object.metadata.namespace ?? "";
    const found = await find(client, CONFIG_MAP, { namespace, name: routingName(mailDomain) }, { signal });
    if (found === undefined || !isRouting(found, mailDomain)) return;
    const domainOfRouting = stores.domains.get(`${namespace}/${mailDomain}`);
    const known = [
      ...carriedNames(intent.target),
      ...(current === undefined ? [] : carriedNames(current)),
      ...(domainOfRouting === undefined ? [] : routedNames(domainOfRouting)),
    ];
    const routed = routedIn(found.data?.[RELAY_DOMAINS_KEY], known);
    const next = new Set(carriedNames(intent.target));
    // Without a manifest nobody knows what stands: whatever is routed may lose its table.
    const before = current === undefined ? routed : carriedNames(current);
    const leaving = before.filter((name) => !next.has(name) && routed.includes(name));
    if (leaving.length === 0) return;
    const { domain } = intent.target;
    const lists = await findLists(sources, { namespace, mailDomain, domain, routed }, signal);
    const others = await perhapsCarried(sources, { namespace, lists, except: object.metadata.name }, leaving, signal);
    const going = leaving.filter((name) => !others.has(name));
    if (going.length === 0) return;
    const data = {
      ...found.data,
      [RELAY_DOMAINS_KEY]: withoutNames(RELAY_DOMAINS_KEY, found.data?.[RELAY_DOMAINS_KEY], going),
      [TRANSPORT_KEY]: withoutNames(TRANSPORT_KEY, found.data?.[TRANSPORT_KEY], going),
    };
    await client.replace(CONFIG_MAP, { ...found, data }, { signal });
  }

  return {
    async withdraw(object, manifest, signal) {
      const domain = manifest.intent?.target.domain;
      if (domain === undefined) return;
      for (const mailDomain of followers(object, domain))
        await repeatedly(() => withdrawFrom(object, mailDomain, manifest, signal));
    },
  };
}

/** The controller of MailDomains may write at the same moment: what it wrote is looked at, and the rest withdrawn. */
async function repeatedly(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError && error.conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

function isRouting(found: ConfigMap, mailDomain: string): boolean {
  const owner: Owner = { kind: "MailDomain", metadata: { name: mailDomain }, deletionPolicy: "Orphan" };
  return isOwned(owner, found, { [LABEL_ROLE]: "routing", [LABEL_DOMAIN]: mailDomain });
}

/** What objects are looked up by, besides their names. Values that begin with a namespace are `namespace/name`. */

import type { ConfigMap, Indexer, KubeObject } from "../runtime/kube.ts";
import { LABEL_DOMAIN, LABEL_SYNC } from "./group.ts";
import type { MailDomain, O365Sync } from "./types.generated.ts";

const near = ({ metadata }: KubeObject, what: string): string => `${metadata.namespace ?? ""}/${what}`;

/** O365Syncs by the MailDomain that they refer to. */
export const BY_DOMAIN_REF: Indexer<O365Sync> = (sync) => [near(sync, sync.spec.domainRef.name)];

/** O365Syncs by the Secret that they name. */
export const BY_SECRET: Indexer<O365Sync> = (sync) => {
  const { clientSecretRef, certificateRef } = sync.spec.credentials ?? {};
  const secret = clientSecretRef ?? certificateRef;
  return secret === undefined ? [] : [near(sync, secret.name)];
};

/** O365Syncs by the tenant that they read, in whatever namespace they are. */
export const BY_TENANT: Indexer<O365Sync> = (sync) => [tenantOf(sync)];

/** Names a tenant: two clouds may hold the same id. */
export const tenantOf = ({ spec }: O365Sync): string => `${spec.cloud} ${spec.tenantId.toLowerCase()}`;

/** MailDomains by every name that they claim. */
export const BY_CLAIMED_NAME: Indexer<MailDomain> = (domain) => claimedNames(domain).map((name) => near(domain, name));

/** Our ConfigMaps by the O365Sync that they belong to. */
export const BY_SYNC: Indexer<ConfigMap> = (map) => labelled(map, LABEL_SYNC);

/** Our ConfigMaps by the MailDomain whose lists they hold. */
export const BY_DOMAIN: Indexer<ConfigMap> = (map) => labelled(map, LABEL_DOMAIN);

/** The domain and its alias domains. */
export function claimedNames({ spec }: MailDomain): string[] {
  return [spec.domain, ...(spec.aliasDomains ?? []).map(({ name }) => name)];
}

function labelled(map: ConfigMap, label: string): string[] {
  const value = map.metadata.labels?.[label];
  return value === undefined ? [] : [near(map, value)];
}

/** Other MailDomains of the namespace that claim a name of this one. */
export function rivalsOf(
  domain: MailDomain,
  domains: { by(indexer: Indexer<MailDomain>, value: string): MailDomain[] },
): MailDomain[] {
  const found = claimedNames(domain).flatMap((name) => domains.by(BY_CLAIMED_NAME, near(domain, name)));
  return [...new Set(found)].filter(({ metadata }) => metadata.name !== domain.metadata.name);
}

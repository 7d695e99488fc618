/** What objects are looked up by, besides their names. Values that begin with a namespace are `namespace/name`. */

import type { ConfigMap, Indexer, KubeObject } from "../runtime/kube.ts";
import { ANNOTATION_DOMAIN_NAME, LABEL_DOMAIN, LABEL_ROLE, LABEL_SYNC } from "./group.ts";
import type { MailDomain, O365Sync } from "./types.generated.ts";

const near = ({ metadata }: KubeObject, what: string): string => `${metadata.namespace ?? ""}/${what}`;

export const BY_NAMESPACE: Indexer<KubeObject> = ({ metadata }) => [metadata.namespace ?? ""];

/** O365Syncs that have published a list, under one value. */
export const BY_HAS_PUBLISHED: Indexer<O365Sync> = ({ status }) => (status?.published === undefined ? [] : ["yes"]);

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

/** Our manifests and routing ConfigMaps by the mail domain that they are about. */
export const BY_DOMAIN_NAME: Indexer<ConfigMap> = (map) => {
  const name = map.metadata.annotations?.[ANNOTATION_DOMAIN_NAME];
  return name === undefined ? [] : [near(map, name)];
};

/** Our ConfigMaps that gateways mount lists from, by namespace. */
export const BY_TABLES: Indexer<ConfigMap> = ({ metadata: { namespace, labels } }) =>
  labels?.[LABEL_ROLE] === "recipients" ? [namespace ?? ""] : [];

/** Manifests that do not say so, because version 0.1.0 wrote them, by namespace. */
export const BY_NAMELESS_MANIFEST: Indexer<ConfigMap> = ({ metadata: { namespace, labels, annotations } }) =>
  labels?.[LABEL_ROLE] === "manifest" && annotations?.[ANNOTATION_DOMAIN_NAME] === undefined ? [namespace ?? ""] : [];

/** MailDomains by every name that they route, as their status says. */
export const BY_ROUTED_NAME: Indexer<MailDomain> = (domain) => routedNames(domain).map((name) => near(domain, name));

/** By the status, which nobody else writes. */
export const routedNames = ({ status }: MailDomain): readonly string[] => status?.routing?.names ?? [];

/** The domain and its alias domains. */
export function claimedNames({ spec }: MailDomain): string[] {
  return [spec.domain, ...(spec.aliasDomains ?? []).map(({ name }) => name)];
}

function labelled(map: ConfigMap, label: string): string[] {
  const value = map.metadata.labels?.[label];
  return value === undefined ? [] : [near(map, value)];
}

interface Domains {
  by(indexer: Indexer<MailDomain>, value: string): MailDomain[];
}

/** Other MailDomains of the namespace that claim one of the names or route it. */
export function rivalsFor(domain: MailDomain, names: Iterable<string>, domains: Domains): MailDomain[] {
  const found = new Set<MailDomain>();
  for (const name of names)
    for (const indexer of [BY_CLAIMED_NAME, BY_ROUTED_NAME])
      for (const rival of domains.by(indexer, near(domain, name))) found.add(rival);
  return [...found].filter(({ metadata }) => metadata.name !== domain.metadata.name);
}

/** The same for every name that this one claims or routes. */
export const rivalsOf = (domain: MailDomain, domains: Domains): MailDomain[] =>
  rivalsFor(domain, [...claimedNames(domain), ...routedNames(domain)], domains);

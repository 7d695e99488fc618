/** What the operator watches in the cluster, and which change wakes which object. */

import {
  ANNOTATION_DOMAIN_NAME,
  isOwnKey,
  LABEL_DOMAIN,
  LABEL_MANAGED_BY,
  LABEL_SYNC,
  LABEL_WATCH,
  MANAGER,
} from "../api/group.ts";
import { BY_CLAIMED_NAME, BY_DOMAIN_REF, BY_SECRET, rivalsOf } from "../api/indexers.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../api/resources.ts";
import { isOlder } from "../api/seniority.ts";
import { soundDomain, soundSync } from "../api/sound-status.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import {
  CONFIG_MAP,
  type ConfigMap,
  type KubeObject,
  type ObjectMeta,
  type ResourceType,
  SECRET,
  type Secret,
} from "../runtime/kube.ts";
import { mergeStores } from "../runtime/merged-store.ts";
import { createReflector } from "../runtime/reflector.ts";
import type { Rewind } from "../runtime/rewind.ts";
import { storeKey } from "../runtime/store.ts";
import type { Client, Controller, Logger, Reflector, Store, StoreChange } from "../runtime/types.ts";

interface Watched<T extends KubeObject> {
  readonly store: Store<T>;
  readonly reflectors: readonly Reflector<T>[];
}

export interface WatchOptions {
  readonly client: Client;
  /** None: all. */
  readonly namespaces: readonly string[];
  /** Whether Secrets that carry the label o365sync.dev/watch wake those who use them: it takes the right to list Secrets. */
  readonly secrets: boolean;
  readonly rewind: Rewind;
  readonly deps: Deps;
  readonly log: Logger;
}

export function watch({ client, namespaces, secrets, rewind, deps, log }: WatchOptions) {
  const each = <T extends KubeObject>(
    type: ResourceType<T>,
    options: { labelSelector?: string; metadataOnly?: boolean; taken?: (object: T) => T } = {},
  ): Watched<T> => {
    const places = namespaces.length === 0 ? [undefined] : namespaces;
    const reflectors = places.map((namespace) =>
      createReflector({
        client,
        type,
        deps,
        log,
        isOwnKey,
        rewind,
        ...options,
        ...(namespace === undefined ? {} : { namespace }),
      }),
    );
    return { store: mergeStores(reflectors.map(({ store }) => store)), reflectors };
  };
  const labelSelector = `${LABEL_MANAGED_BY}=${MANAGER}`;
  return {
    domains: each<MailDomain>(MAIL_DOMAIN, { taken: (domain) => soundDomain(domain).object }),
    syncs: each<O365Sync>(O365_SYNC, { taken: (sync) => soundSync(sync).object }),
    configMaps: each<ConfigMap>(CONFIG_MAP, { labelSelector, metadataOnly: true }),
    /** Only those that ask for it, and nothing of what is in them. Nothing waits for this cache: without the right, the rest works. */
    secrets: secrets
      ? each<Secret>(SECRET, { labelSelector: `${LABEL_WATCH}=true`, metadataOnly: true })
      : { store: mergeStores<Secret>([]), reflectors: [] },
  };
}

export interface WatchedNamespace {
  /** Empty: all. */
  readonly namespace: string;
  /** Whether everything that is watched there was listed. */
  readonly synced: boolean;
  readonly trouble: string | undefined;
}

/** How it stands with each namespace that is watched. */
export function watchedNamespaces({ domains, syncs, configMaps }: ReturnType<typeof watch>): WatchedNamespace[] {
  const reflectors = [...domains.reflectors, ...syncs.reflectors, ...configMaps.reflectors];
  return [...new Set(reflectors.map(({ namespace }) => namespace))].map((namespace) => {
    const own = reflectors.filter((reflector) => reflector.namespace === namespace);
    return {
      namespace: namespace ?? "",
      synced: own.every(({ hasSynced }) => hasSynced),
      trouble: own.find(({ trouble }) => trouble !== undefined)?.trouble,
    };
  });
}

/** Which change wakes which object. */
export function route(
  watched: ReturnType<typeof watch>,
  syncController: Controller,
  domainController: Controller,
): void {
  const { domains, syncs, configMaps, secrets } = watched;
  const syncsOfDomain = (namespace: string | undefined, domain: string): string[] =>
    syncs.store.by(BY_DOMAIN_REF, `${namespace}/${domain}`).map(({ metadata }) => storeKey(metadata));
  on(syncs.reflectors, ({ metadata, spec }, other) => {
    syncController.enqueue(storeKey(metadata));
    domainController.enqueue(`${metadata.namespace}/${spec.domainRef.name}`);
    if (other !== undefined && claimOf(other) === claimOf({ metadata, spec })) return;
    // Younger rivals for the same MailDomain: the one in their way may have come or gone.
    for (const rival of syncs.store.by(BY_DOMAIN_REF, `${metadata.namespace}/${spec.domainRef.name}`))
      if (isOlder(metadata, rival.metadata)) syncController.enqueue(storeKey(rival.metadata));
  });
  on(domains.reflectors, (domain, other) => {
    domainController.enqueue(storeKey(domain.metadata));
    if (other !== undefined && domainClaimsOf(other) === domainClaimsOf(domain)) return;
    // Rivals for the same name: who is older, or who routes it, may have changed, and with it whose list may let it go.
    for (const { metadata } of [domain, ...rivalsOf(domain, domains.store)]) {
      for (const sync of syncsOfDomain(metadata.namespace, metadata.name)) syncController.enqueue(sync);
      domainController.enqueue(storeKey(metadata));
    }
  });
  on(configMaps.reflectors, ({ metadata: { namespace, labels = {}, annotations = {} } }) => {
    const [sync, domain] = [labels[LABEL_SYNC], labels[LABEL_DOMAIN]];
    // A list counts for every MailDomain of its domain, whatever its O365Sync referred to.
    const named = domains.store.by(BY_CLAIMED_NAME, `${namespace}/${annotations[ANNOTATION_DOMAIN_NAME]}`);
    for (const { metadata } of named) domainController.enqueue(storeKey(metadata));
    if (sync !== undefined) syncController.enqueue(`${namespace}/${sync}`);
    if (domain !== undefined) domainController.enqueue(`${namespace}/${domain}`);
  });
  on(secrets.reflectors, ({ metadata: { namespace, name } }) => {
    const users = syncs.store.by(BY_SECRET, `${namespace}/${name}`);
    for (const { metadata } of users) syncController.enqueue(storeKey(metadata));
  });
}

/**
 * What of an O365Sync others look at who want its MailDomain. A status or an annotation that changes wakes none of them:
 * whoever has thousands for one MailDomain would have all of them looked at by each change of any.
 */
const claimOf = ({ metadata, spec }: Pick<O365Sync, "metadata" | "spec">): string =>
  JSON.stringify([spec.domainRef.name, ...lifeOf(metadata)]);

/** What of a MailDomain its O365Syncs and its rivals look at. */
const domainClaimsOf = ({ metadata, spec, status }: MailDomain): string =>
  JSON.stringify([spec, status?.routing, status?.lists, ...lifeOf(metadata)]);

const lifeOf = ({ uid, creationTimestamp, deletionTimestamp }: ObjectMeta): readonly unknown[] => [
  uid,
  creationTimestamp,
  deletionTimestamp !== undefined,
];

/** Told of what was before and of what is now, each with the other where there is one. */
function on<T extends KubeObject>(
  reflectors: readonly Reflector<T>[],
  handler: (object: T, other: T | undefined) => void,
): void {
  for (const reflector of reflectors) {
    reflector.onChange((change: StoreChange<T>) => {
      if (change.kind !== "added") handler(change.old, change.kind === "updated" ? change.object : undefined);
      if (change.kind !== "deleted") handler(change.object, change.kind === "updated" ? change.old : undefined);
    });
  }
}

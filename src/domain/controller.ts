/** The MailDomain controller: publishes the routing of a domain while its recipient tables stand. */

import { BY_DOMAIN, BY_DOMAIN_REF, rivalsOf } from "../api/indexers.ts";
import { MAIL_DOMAIN } from "../api/resources.ts";
import type { MailDomain, MailDomainStatus, O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import { parseRelayDomains, RELAY_DOMAINS_KEY } from "../recipients/tables/routing.ts";
import { removeCondition, setCondition } from "../runtime/conditions.ts";
import { find } from "../runtime/find.ts";
import type { Condition, ConfigMap, ObjectMeta } from "../runtime/kube.ts";
import { difference } from "../runtime/merge-patch.ts";
import { storeKey } from "../runtime/store.ts";
import type { Client, EventRecorder, Reconcile, Store } from "../runtime/types.ts";
import { findLists } from "./lists.ts";
import { publishRouting, readRouting } from "./publish.ts";
import { type PublishedList, type Routing, routingOf } from "./routing.ts";

export interface DomainServices {
  readonly client: Client;
  readonly deps: Deps;
  readonly events: EventRecorder;
  readonly stores: {
    readonly domains: Store<MailDomain>;
    readonly syncs: Store<O365Sync>;
    /** Metadata of every ConfigMap that carries our labels. */
    readonly configMaps: Store<ConfigMap>;
  };
}

export function createDomainReconciler(services: DomainServices): Reconcile {
  const { client, deps, stores, events } = services;

  return async (key, { signal }) => {
    if (stores.domains.get(key) === undefined) return {};
    const [namespace = "", name = ""] = key.split("/");
    // Asked again: a routing must not be made from a spec that is older than the table it follows.
    const domain = await find(client, MAIL_DOMAIN, { namespace, name }, { signal });
    if (domain === undefined || domain.metadata.deletionTimestamp !== undefined) return {};
    const now = deps.clock.now();
    const before = await readRouting(client, domain, signal);
    const routed = parseRelayDomains(before.found?.data?.[RELAY_DOMAINS_KEY]);
    const configMaps = listsOf(stores.configMaps, domain);
    const { lists, lookAgainAt } = await findLists(client, { configMaps, routed, now }, signal);
    const routing = routingOf(domain, rivalsOf(domain, stores.domains), lists);
    const published = await publishRouting(client, domain, before, routing.names, signal);
    const status = statusOf(domain, { routing, lists, syncs: syncsOf(stores.syncs, domain), published, now });
    const patch = difference(domain.status ?? {}, status);
    if (patch !== undefined) {
      const { resourceVersion } = domain.metadata;
      const body = { metadata: { resourceVersion }, status: patch };
      await client.patch(MAIL_DOMAIN, { namespace, name }, body, { subresource: "status", signal });
      announce(events, domain, status);
    }
    return lookAgainAt === undefined ? {} : { requeueAfterMs: Math.max(0, lookAgainAt - now) };
  };
}

function listsOf(configMaps: Store<ConfigMap>, { metadata }: MailDomain): ObjectMeta[] {
  return configMaps.by(BY_DOMAIN, storeKey(metadata)).map(({ metadata: found }) => found);
}

function syncsOf(syncs: Store<O365Sync>, { metadata }: MailDomain): O365Sync[] {
  return syncs.by(BY_DOMAIN_REF, storeKey(metadata)).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

interface Found {
  readonly routing: Routing;
  readonly lists: readonly PublishedList[];
  readonly syncs: readonly O365Sync[];
  readonly published:
    | { readonly kind: "written"; readonly name: string; readonly revision: string }
    | { readonly kind: "none" | "conflict" };
  readonly now: number;
}

function statusOf(domain: MailDomain, { routing, lists, syncs, published, now }: Found): MailDomainStatus {
  const succeeded = syncs.flatMap(({ status }) => status?.lastSuccessfulTime ?? []).sort();
  const last = succeeded.at(-1);
  return {
    observedGeneration: domain.metadata.generation ?? 0,
    domain: domain.spec.domain,
    addresses: lists.reduce((sum, list) => sum + addressesOf(domain, list), 0),
    ...(last === undefined ? {} : { lastSuccessfulTime: last }),
    syncs: syncs.map(({ metadata: { name }, status }) => ({
      name,
      ready: status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false,
      addresses: lists.filter(({ sync }) => sync === name).reduce((sum, list) => sum + addressesOf(domain, list), 0),
    })),
    ...(published.kind === "written" ? { routing: { configMap: published.name, revision: published.revision } } : {}),
    conditions: conditionsOf(domain, routing, published.kind === "conflict", now),
  };
}

/** As before where the manifest cannot tell. */
const addressesOf = ({ status }: MailDomain, { sync, addresses }: PublishedList): number =>
  addresses ?? status?.syncs?.find(({ name }) => name === sync)?.addresses ?? 0;

const CONFLICT =
  "the routing ConfigMap exists and does not belong to this object (its labels or its controlling owner say so); rename or delete it";

function conditionsOf(domain: MailDomain, routing: Routing, conflict: boolean, now: number): Condition[] {
  const { reason, message } = conflict ? { reason: "ConfigMapConflict", message: CONFLICT } : routing;
  const observedGeneration = domain.metadata.generation ?? 0;
  const before = domain.status?.conditions ?? [];
  const ready = {
    type: "Ready",
    status: reason === "Routed" ? "True" : "False",
    reason,
    message,
    observedGeneration,
  } as const;
  const conditions = setCondition(before, ready, now);
  const stalled = conflict || reason === "DomainClaimed";
  if (!stalled) return removeCondition(conditions, "Stalled");
  return setCondition(conditions, { type: "Stalled", status: "True", reason, message, observedGeneration }, now);
}

function announce(events: EventRecorder, domain: MailDomain, status: MailDomainStatus): void {
  const ready = (conditions: readonly Condition[] | undefined) => conditions?.find(({ type }) => type === "Ready");
  const [before, after] = [ready(domain.status?.conditions), ready(status.conditions)];
  if (after === undefined || before?.reason === after.reason) return;
  const type = after.status === "True" ? "Normal" : "Warning";
  events.event(domain, { type, reason: after.reason, action: "Route", note: after.message });
}

/** The MailDomain controller: publishes the routing of a domain while its recipient tables stand. */

import { BY_DOMAIN_REF, claimedNames, rivalsFor, routedNames } from "../api/indexers.ts";
import { MAIL_DOMAIN } from "../api/resources.ts";
import { isOlder } from "../api/seniority.ts";
import type { MailDomain, MailDomainStatus, O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import { findLists } from "../publication/lists.ts";
import { find } from "../runtime/find.ts";
import type { Condition, ConfigMap } from "../runtime/kube.ts";
import { difference } from "../runtime/merge-patch.ts";
import { storeKey } from "../runtime/store.ts";
import type { Client, EventRecorder, Reconcile, ReconcileResult, Store } from "../runtime/types.ts";
import { publishRouting, readRouting } from "./publish.ts";
import { type Rival, routingOf } from "./routing.ts";
import { statusOf } from "./status.ts";

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

/** Whatever keeps a domain from being routed is looked at again after this time, without an event. */
const LOOK_AGAIN_MS = 600_000;

export function createDomainReconciler(services: DomainServices): Reconcile {
  const { client, deps, stores } = services;

  return async (key, { signal }) => {
    if (stores.domains.get(key) === undefined) return {};
    const [namespace = "", name = ""] = key.split("/");
    // Asked again: a routing must not be made from a spec that is older than the table it follows.
    const domain = await find(client, MAIL_DOMAIN, { namespace, name }, { signal });
    if (domain === undefined || domain.metadata.deletionTimestamp !== undefined) return {};
    // Looked at before the manifests: what a publication withdraws meanwhile makes the write below a conflict.
    const before = await readRouting(client, domain, signal);
    const { routed } = before;
    const lists = await findLists(
      services,
      { namespace, mailDomain: name, domain: domain.spec.domain, routed },
      signal,
    );
    const listed = lists.flatMap(({ names }) => names);
    const routing = routingOf({ domain, listed, routed, rivals: rivalsIn(stores.domains, domain, listed) });
    const published = await publishRouting(client, domain, before, routing.names, signal);
    const syncs = stores.syncs.by(BY_DOMAIN_REF, storeKey(domain.metadata));
    const exists = (sync: string): boolean => stores.syncs.get(`${namespace}/${sync}`) !== undefined;
    const status = statusOf(domain, { routing, lists, syncs, exists, published, now: deps.clock.now() });
    return writeStatus(services, domain, status, signal);
  };
}

function rivalsIn(domains: Store<MailDomain>, domain: MailDomain, listed: readonly string[]): Rival[] {
  return rivalsFor(domain, new Set([...claimedNames(domain), ...listed]), domains)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((rival) => ({
      name: rival.metadata.name,
      isOlder: isOlder(rival.metadata, domain.metadata),
      claims: claimedNames(rival),
      routes: routedNames(rival),
    }));
}

async function writeStatus(
  { client, events }: DomainServices,
  domain: MailDomain,
  status: MailDomainStatus,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { namespace = "", name, resourceVersion } = domain.metadata;
  const patch = difference(domain.status ?? {}, status);
  if (patch !== undefined) {
    const body = { metadata: { resourceVersion }, status: patch };
    await client.patch(MAIL_DOMAIN, { namespace, name }, body, { subresource: "status", signal });
    announce(events, domain, status);
  }
  return isReady(status) ? {} : { requeueAfterMs: LOOK_AGAIN_MS };
}

const readyOf = (status: { readonly conditions?: readonly Condition[] } | undefined): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === "Ready");

const isReady = (status: MailDomainStatus): boolean => readyOf(status)?.status === "True";

function announce(events: EventRecorder, domain: MailDomain, status: MailDomainStatus): void {
  const [before, after] = [readyOf(domain.status), readyOf(status)];
  if (after === undefined || before?.reason === after.reason) return;
  const type = after.status === "True" ? "Normal" : "Warning";
  events.event(domain, { type, reason: after.reason, action: "Route", note: after.message });
}

/** The MailDomain controller: publishes the routing of a domain while its recipient tables stand. */

import { BY_DOMAIN_REF, claimedNames, rivalsFor, routedNames } from "../api/indexers.ts";
import { mendStatus } from "../api/mend-status.ts";
import { MAIL_DOMAIN } from "../api/resources.ts";
import { isOlder } from "../api/seniority.ts";
import { soundDomain } from "../api/sound-status.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import { findLists } from "../publication/lists.ts";
import { findCondition } from "../runtime/condition-list.ts";
import { find } from "../runtime/find.ts";
import type { ConfigMap } from "../runtime/kube.ts";
import { createStatusWriter } from "../runtime/status-writer.ts";
import { storeKey } from "../runtime/store.ts";
import type { Client, EventRecorder, Reconcile, Store } from "../runtime/types.ts";
import { writeStatus } from "./announce.ts";
import { type Published, publishRouting, readRouting } from "./publish-routing.ts";
import { type Rival, routingOf } from "./routed-names.ts";
import { statusOf } from "./status.ts";
import { tellingTrouble } from "./trouble.ts";

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

const PUT_RIGHT = {
  type: "Normal",
  reason: "Rendered",
  action: "Route",
  note: "the routing was not as published, and was put right",
} as const;

/** Somebody else had changed or deleted what stands now as it stood before. */
const isPutRight = ({ status }: MailDomain, published: Published): boolean =>
  published.kind === "written" && published.isNew && published.revision === status?.routing?.revision;

/** Whatever keeps a domain from being routed is looked at again after this time, without an event. */
const LOOK_AGAIN_MS = 600_000;

export function createDomainReconciler(services: DomainServices): Reconcile {
  const { client, deps, stores } = services;

  const statuses = createStatusWriter(client, MAIL_DOMAIN);

  return tellingTrouble(services, async (key, context) => {
    const { signal } = context;
    if (stores.domains.get(key) === undefined) return {};
    const [namespace = "", name = ""] = key.split("/");
    // Asked again: a routing must not be made from a spec that is older than the table it follows.
    const asked = await find(client, MAIL_DOMAIN, { namespace, name }, { signal });
    if (asked === undefined || asked.metadata.deletionTimestamp !== undefined) return {};
    const domain = await mendStatus(asked, soundDomain(asked), statuses, context);
    // Looked at before the manifests: what a publication withdraws meanwhile makes the write below a conflict.
    const before = await readRouting(client, domain, signal);
    const { routed } = before;
    const lists = await findLists(
      services,
      { namespace, mailDomain: name, domain: domain.spec.domain, routed },
      signal,
    );
    const listed = lists.flatMap(({ names }) => names);
    const routing = routingOf({ domain, lists, routed, rivals: rivalsIn(stores.domains, domain, listed) });
    const published = await publishRouting(client, domain, before, routing.names, signal);
    const syncs = stores.syncs.by(BY_DOMAIN_REF, storeKey(domain.metadata));
    const exists = (sync: string): boolean => stores.syncs.get(`${namespace}/${sync}`) !== undefined;
    const status = statusOf(domain, { routing, lists, syncs, exists, published, now: deps.clock.now() });
    await writeStatus(services, domain, status, signal);
    if (isPutRight(domain, published)) services.events.event(domain, PUT_RIGHT);
    const isReady = findCondition(status.conditions ?? [], "Ready")?.status === "True";
    // A name that a list carries and a rival claims is free once that one lets it go, of which no event tells.
    const isAllRouted = listed.every((name) => routing.names.includes(name));
    return isReady && isAllRouted ? {} : { requeueAfterMs: LOOK_AGAIN_MS };
  });
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

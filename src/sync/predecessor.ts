/** The lists that stand for a domain before an O365Sync publishes its first one: what that is measured against. */

import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { findLists, type ListSources, namelessLists } from "../publication/lists.ts";
import type { Predecessor } from "../publication/publish.ts";

export interface Predecessors {
  /** The one that was published last; undefined where there is none that can be read. */
  readonly latest: Predecessor | undefined;
  /** O365Syncs, perhaps gone by now, whose tables stand without a manifest that tells what is in them. */
  readonly unread: readonly string[];
}

export async function findPredecessors(
  sources: ListSources,
  object: O365Sync,
  domain: MailDomain,
  signal: AbortSignal,
): Promise<Predecessors> {
  const namespace = object.metadata.namespace ?? "";
  const input = { namespace, mailDomain: domain.metadata.name, domain: domain.spec.domain, routed: [] };
  const lists = (await findLists(sources, input, signal)).filter(({ sync }) => sync !== object.metadata.name);
  const found = lists.flatMap(({ sync, manifest }): Predecessor[] => {
    const current = manifest?.current;
    if (current === undefined || manifest === undefined) return [];
    return [{ sync, publication: current, removals: manifest.removals }];
  });
  const latest = found.sort((a, b) => (a.publication.time < b.publication.time ? -1 : 1)).at(-1);
  const nameless = namelessLists(sources, namespace).filter((sync) => sync !== object.metadata.name);
  const unread = lists.filter(({ manifest }) => manifest?.current === undefined).map(({ sync }) => sync);
  return { latest, unread: [...new Set([...unread, ...nameless])] };
}

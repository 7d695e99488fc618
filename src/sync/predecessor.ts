/** The list that stands for a domain before an O365Sync of another name publishes its first one: what that is measured against. */

import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { findLists, type ListSources } from "../publication/lists.ts";
import type { Predecessor } from "../publication/publish.ts";

/** The one that was published last; undefined where there is none that can be read. */
export async function findPredecessor(
  sources: ListSources,
  object: O365Sync,
  domain: MailDomain,
  signal: AbortSignal,
): Promise<Predecessor | undefined> {
  const input = {
    namespace: object.metadata.namespace ?? "",
    mailDomain: domain.metadata.name,
    domain: domain.spec.domain,
    routed: [],
  };
  const lists = await findLists(sources, input, signal);
  const found = lists.flatMap(({ sync, manifest }): Predecessor[] => {
    const current = manifest?.current;
    if (current === undefined || manifest === undefined || sync === object.metadata.name) return [];
    return [{ sync, publication: current, removals: manifest.removals }];
  });
  return found.sort((a, b) => (a.publication.time < b.publication.time ? -1 : 1)).at(-1);
}

/** Who may use how many of the workers at once. */
import { BY_HAS_PUBLISHED, BY_NAMESPACE } from "../api/indexers.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import type { TenantNames } from "../directory/tenant-names.ts";
import type { KubeObject } from "../runtime/kube.ts";
import type { Store } from "../runtime/types.ts";
import type { Fairness } from "../runtime/waiting.ts";

/** Of a published list. It takes seconds of computing, and memory that not everybody can have at once. */
const LARGE_ADDRESSES = 50_000;

const isLarge = ({ status }: O365Sync): boolean => (status?.published?.addresses ?? 0) > LARGE_ADDRESSES;

/**
 * A tenant with many domains, or one that answers slowly, leaves workers to the others. So does a namespace, where there
 * is another: who may write there can name a new tenant in each object. Large lists leave workers to the others, and what
 * has published nothing yet, so that nobody knows how long it takes, leaves one to those who have.
 */
export function createFairness(
  syncs: Pick<Store<O365Sync>, "get" | "values">,
  tenants: Pick<TenantNames, "groupOf">,
  workers: number,
): Fairness {
  const half = Math.ceil(workers / 2);
  return {
    groupsOf(key) {
      const sync = syncs.get(key);
      const namespace = namespaceOf(key);
      const tenant = sync === undefined ? "" : tenants.groupOf(sync.spec, namespace);
      return [
        `namespace ${namespace}`,
        // Turns only: whoever names a neighbour's tenant must not make that one's turn be over again and again.
        `tenant ${tenant} in ${namespace}`,
        `tenant ${tenant}`,
        // Others are bounded by tenant and namespace already.
        sync !== undefined && isLarge(sync) ? "large lists" : `usual lists of ${tenant}`,
        sync !== undefined && sync.status?.published === undefined
          ? "nothing published yet"
          : `published in ${namespace}`,
      ];
    },
    mostOf() {
      const isAlone = isOneNamespace(syncs);
      const leavesOne = !isAlone && !isEmpty(syncs.values(BY_HAS_PUBLISHED));
      return [isAlone ? workers : half, workers, half, half, leavesOne ? Math.max(1, workers - 1) : workers];
    },
  };
}

/** Namespaces take turns, and leave workers to the others: thousands of MailDomains are not before somebody's only one. */
export function createDomainFairness(domains: Pick<Store<MailDomain>, "values">, workers: number): Fairness {
  return {
    groupsOf: (key) => [`namespace ${namespaceOf(key)}`],
    mostOf: () => [isOneNamespace(domains) ? workers : Math.ceil(workers / 2)],
  };
}

const namespaceOf = (key: string): string => key.slice(0, key.lastIndexOf("/"));
const isEmpty = (values: Iterable<string>): boolean => {
  for (const _ of values) return false;
  return true;
};
function isOneNamespace<T extends KubeObject>(store: Pick<Store<T>, "values">): boolean {
  let one: string | undefined;
  for (const namespace of store.values(BY_NAMESPACE)) {
    one ??= namespace;
    if (namespace !== one) return false;
  }
  return true;
}

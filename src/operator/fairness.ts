/** Who may use how many of the workers at once. */
import type { O365Sync } from "../api/types.generated.ts";
import type { TenantNames } from "../directory/tenant-names.ts";
import type { Store } from "../runtime/types.ts";
import type { Fairness } from "../runtime/waiting.ts";

/**
 * A tenant with many domains, or one that answers slowly, leaves workers to the others. So does a namespace, where there
 * is another: who may write there can name a new tenant in each object.
 */
export function createFairness(
  syncs: Pick<Store<O365Sync>, "get" | "list">,
  tenants: Pick<TenantNames, "groupOf">,
  workers: number,
): Fairness {
  const half = Math.ceil(workers / 2);
  const isAlone = (): boolean => {
    const all = syncs.list();
    return all.every(({ metadata }) => metadata.namespace === all[0]?.metadata.namespace);
  };
  return {
    groupsOf(key) {
      const sync = syncs.get(key);
      const namespace = key.slice(0, key.lastIndexOf("/"));
      const tenant = sync === undefined ? "" : tenants.groupOf(sync.spec, namespace);
      return [`namespace ${namespace}`, `tenant ${tenant}`];
    },
    mostOf: () => [isAlone() ? workers : half, half],
  };
}

/** One view of several stores, such as one for each watched namespace. */
import type { KubeObject } from "./kube.ts";
import type { Store } from "./types.ts";

/** Keys must not overlap between the stores. */
export function mergeStores<T extends KubeObject>(stores: readonly Store<T>[]): Store<T> {
  return {
    get(key) {
      for (const store of stores) {
        const found = store.get(key);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    by: (indexer, value) => stores.flatMap((store) => store.by(indexer, value)),
    *values(indexer) {
      for (const store of stores) yield* store.values(indexer);
    },
    list: () => stores.flatMap((store) => store.list()),
    get size() {
      return stores.reduce((sum, store) => sum + store.size, 0);
    },
  };
}

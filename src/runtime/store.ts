/** The objects a reflector has seen, and what each sighting changed. */
import { isDeepStrictEqual } from "node:util";
import type { Indexer, KubeObject, ObjectMeta } from "./kube.ts";
import { createIndex, type Index } from "./store-index.ts";
import type { Store, StoreChange } from "./types.ts";

export interface WritableStore<T extends KubeObject> extends Store<T> {
  /** Takes an object as it is now. Nothing when it is known already; a delete and an add when another object has taken its name. */
  put(object: T): StoreChange<T>[];
  /** Takes an object that is gone, in its last state. */
  remove(object: T): StoreChange<T>[];
  /**
   * Takes the complete list: what is not in it is gone. Where `versions` went back, one of them may name two states. One
   * object after the other, each with what it changes: between two of them others may have their turn.
   */
  replace(objects: readonly T[], versions?: "comparable" | "went back"): Generator<StoreChange<T>[]>;
}

/** `namespace/name`, or just `name` for cluster-scoped kinds. */
export function storeKey(metadata: ObjectMeta): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

export function createStore<T extends KubeObject>(): WritableStore<T> {
  const objects = new Map<string, T>();
  /** Made when first asked for. */
  const indexes = new Map<Indexer<T>, Index<T>>();

  function indexOf(indexer: Indexer<T>): Index<T> {
    const found = indexes.get(indexer);
    if (found !== undefined) return found;
    const index = createIndex(indexer);
    for (const object of objects.values()) index.add(object);
    indexes.set(indexer, index);
    return index;
  }
  function set(key: string, object: T, old: T | undefined): void {
    objects.set(key, object);
    for (const index of indexes.values()) {
      if (old !== undefined) index.remove(old);
      index.add(object);
    }
  }

  function put(object: T, isKnown: (old: T) => boolean): StoreChange<T>[] {
    const key = storeKey(object.metadata);
    const old = objects.get(key);
    const isSame = old !== undefined && old.metadata.uid === object.metadata.uid;
    if (isSame && isKnown(old)) return [];
    set(key, object, old);
    if (old === undefined) return [{ kind: "added", object }];
    if (isSame) return [{ kind: "updated", object, old }];
    return [
      { kind: "deleted", old },
      { kind: "added", object },
    ];
  }

  const store: WritableStore<T> = {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    by: (indexer, value) => indexOf(indexer).get(value),
    values: (indexer) => indexOf(indexer).values(),
    get size() {
      return objects.size;
    },
    put: (object) => put(object, (old) => isSameVersion(old, object)),
    remove(object) {
      const key = storeKey(object.metadata);
      const kept = objects.get(key);
      if (kept === undefined) return [];
      objects.delete(key);
      for (const index of indexes.values()) index.remove(kept);
      return [{ kind: "deleted", old: object }];
    },
    *replace(next, versions = "comparable") {
      const isKnown = versions === "comparable" ? isSameVersion : isDeepStrictEqual;
      const present = new Set(next.map((object) => storeKey(object.metadata)));
      const gone = store.list().filter((object) => !present.has(storeKey(object.metadata)));
      for (const object of gone) yield store.remove(object);
      for (const object of next) yield put(object, (old) => isKnown(old, object));
    },
  };
  return store;
}

function isSameVersion(a: KubeObject | undefined, b: KubeObject): boolean {
  return a?.metadata.resourceVersion !== undefined && a.metadata.resourceVersion === b.metadata.resourceVersion;
}

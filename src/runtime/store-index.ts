/** Objects filed under values of theirs, so that a few of many thousands are found without a look at all. */
import type { Indexer, KubeObject } from "./kube.ts";

export interface Index<T extends KubeObject> {
  get(value: string): T[];
  /** Of everything that is filed, each once. */
  values(): Iterable<string>;
  add(object: T): void;
  /** Takes the very object that was added. */
  remove(object: T): void;
}

export function createIndex<T extends KubeObject>(indexer: Indexer<T>): Index<T> {
  const filed = new Map<string, Set<T>>();
  /** What was stored before a rule came into its CRD may lack what the rule wants: it is found by its name alone. */
  const valuesOf = (object: T): readonly string[] => {
    try {
      return indexer(object);
    } catch {
      return [];
    }
  };
  return {
    get: (value) => [...(filed.get(value) ?? [])],
    values: () => filed.keys(),
    add(object) {
      for (const value of valuesOf(object)) {
        const found = filed.get(value);
        if (found === undefined) filed.set(value, new Set([object]));
        else found.add(object);
      }
    },
    remove(object) {
      for (const value of valuesOf(object)) {
        const found = filed.get(value);
        found?.delete(object);
        if (found?.size === 0) filed.delete(value);
      }
    },
  };
}

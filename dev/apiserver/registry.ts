/** Which kinds are served: the built-in ones, and those of the CRDs in storage. */
import { BUILT_IN } from "./builtin.ts";
import { crdKind, kindsOf } from "./crd.ts";
import { keyOf, type Storage } from "./storage.ts";
import type { Kind, StoredObject } from "./types.ts";

export interface Registry {
  all(): readonly Kind[];
  /** By the names in a path. */
  find(group: string, version: string, plural: string): Kind | undefined;
  /** By the table's name; the kind in whose form objects are kept. */
  ofTable(table: string): Kind | undefined;
  isCrd(kind: Kind): boolean;
}

export function createRegistry(storage: Storage, now: () => number): Registry {
  const crds = crdKind(now);
  const custom = new Map<string, readonly Kind[]>();
  storage.subscribe(({ type, table, key, object }) => {
    if (table !== crds.table) return;
    if (type !== "DELETED") {
      custom.set(key, kindsOf(object));
      return;
    }
    // The objects go with their kind, which is the name of their table.
    custom.delete(key);
    for (const { metadata } of storage.list(key)) storage.remove(key, keyOf(metadata.namespace, metadata.name));
  });
  const defined = (): Kind[] => [...custom].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, kinds]) => kinds);
  const all = (): Kind[] => [...BUILT_IN, crds, ...defined()];
  return {
    all,
    find: (group, version, plural) =>
      all().find((kind) => kind.plural === plural && kind.group === group && kind.version === version),
    ofTable: (table) => all().find((kind) => kind.table === table && kind.toTable === undefined),
    isCrd: (kind) => kind === crds,
  };
}

/** Throws when a CRD says what is not supported, so that it is never half installed. */
export function requireInstallable(crd: StoredObject): void {
  kindsOf(crd);
}

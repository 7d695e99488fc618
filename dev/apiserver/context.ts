/** What every request handler shares. */
import type { Registry } from "./registry.ts";
import { notFound } from "./status.ts";
import { keyOf, type Storage } from "./storage.ts";
import type { Kind, StoredObject } from "./types.ts";

export interface Context {
  readonly storage: Storage;
  readonly registry: Registry;
  readonly now: () => number;
}

/** Names one object of a kind; `namespace` is absent for cluster-scoped kinds. */
export interface Target {
  readonly kind: Kind;
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** In the form of its table. Throws a 404. */
export function getObject({ storage }: Context, { kind, namespace, name }: Target): StoredObject {
  const object = storage.get(kind.table, keyOf(namespace, name));
  if (!object) throw notFound(kind, name);
  return object;
}

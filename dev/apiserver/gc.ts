/** What the controllers of a cluster do after a deletion: garbage collection by ownerReferences, and emptying namespaces. */
import type { Context } from "./context.ts";
import { deleteObject } from "./delete.ts";
import { type Change, keyOf } from "./storage.ts";
import type { Kind, StoredObject } from "./types.ts";

const BACKGROUND = { dryRun: false, propagationPolicy: "Background" };

/** Works a little after each change, as controllers do; returns how to stop it. */
export function startGarbageCollection(context: Context): () => void {
  const { storage } = context;
  let isDue = false;
  const isRelevant = ({ type, object }: Change): boolean =>
    type === "DELETED" ||
    object.metadata.deletionTimestamp !== undefined ||
    object.metadata.ownerReferences !== undefined;
  return storage.subscribe((change) => {
    if (isDue || !isRelevant(change)) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      collect(context);
    });
  });
}

interface Found {
  readonly kind: Kind;
  readonly object: StoredObject;
}

function collect(context: Context): void {
  const all = everything(context);
  const live = new Set(all.map(({ object }) => object.metadata.uid));
  for (const found of all) {
    const { finalizers = [], deletionTimestamp, name } = found.object.metadata;
    if (deletionTimestamp && finalizers.includes("orphan")) orphanDependents(context, found, all);
    else if (deletionTimestamp && finalizers.includes("foregroundDeletion")) deleteInForeground(context, found, all);
    else if (isGarbage(found.object, live)) remove(context, found);
    if (found.kind.table === "namespaces" && deletionTimestamp) emptyNamespace(context, found, name);
  }
}

/** One view of each table. */
function everything({ storage, registry }: Context): Found[] {
  const kinds = registry.all().filter(({ toTable }) => toTable === undefined);
  return kinds.flatMap((kind) => storage.list(kind.table).map((object) => ({ kind, object })));
}

function isGarbage({ metadata }: StoredObject, live: ReadonlySet<string | undefined>): boolean {
  const owners = metadata.ownerReferences ?? [];
  return owners.length > 0 && !metadata.deletionTimestamp && owners.every(({ uid }) => !live.has(uid));
}

function dependentsOf({ object }: Found, all: readonly Found[]): Found[] {
  const { uid } = object.metadata;
  return all.filter((one) => one.object.metadata.ownerReferences?.some((owner) => owner.uid === uid));
}

function deleteInForeground(context: Context, owner: Found, all: readonly Found[]): void {
  const dependents = dependentsOf(owner, all);
  for (const dependent of dependents) if (!dependent.object.metadata.deletionTimestamp) remove(context, dependent);
  const blocked = dependents.some(({ kind, object }) => context.storage.get(kind.table, keyFor(object)));
  if (!blocked) release(context, owner, "foregroundDeletion");
}

function orphanDependents(context: Context, owner: Found, all: readonly Found[]): void {
  for (const { kind, object } of dependentsOf(owner, all)) {
    const { ownerReferences = [], ...rest } = object.metadata;
    const left = ownerReferences.filter(({ uid }) => uid !== owner.object.metadata.uid);
    const metadata = { ...rest, ...(left.length > 0 && { ownerReferences: left }) };
    context.storage.put(kind.table, keyFor(object), { ...object, metadata });
  }
  release(context, owner, "orphan");
}

function release({ storage }: Context, { kind, object }: Found, finalizer: string): void {
  const { finalizers = [], ...rest } = object.metadata;
  const left = finalizers.filter((one) => one !== finalizer);
  if (left.length === 0) storage.remove(kind.table, keyFor(object));
  else storage.put(kind.table, keyFor(object), { ...object, metadata: { ...rest, finalizers: left } });
}

function emptyNamespace(context: Context, namespace: Found, name: string): void {
  const content = everything(context).filter(({ object }) => object.metadata.namespace === name);
  for (const found of content) if (!found.object.metadata.deletionTimestamp) remove(context, found);
  const isEmpty = !everything(context).some(({ object }) => object.metadata.namespace === name);
  if (isEmpty) context.storage.remove(namespace.kind.table, name);
}

function remove(context: Context, { kind, object }: Found): void {
  const { namespace, name } = object.metadata;
  if (context.storage.get(kind.table, keyFor(object))) deleteObject(context, { kind, namespace, name }, BACKGROUND);
}

function keyFor({ metadata }: StoredObject): string {
  return keyOf(metadata.namespace, metadata.name);
}

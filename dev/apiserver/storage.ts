/** Objects in memory with one revision for all, as etcd has it, and the changes of the recent past. */
import type { StoredObject } from "./types.ts";

export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  readonly table: string;
  readonly key: string;
  /** After the change; for DELETED the last state, with the revision of the deletion. */
  readonly object: StoredObject;
  readonly previous?: StoredObject;
}

export interface Storage {
  /** Of the last write. */
  readonly revision: number;
  get(table: string, key: string): StoredObject | undefined;
  /** In the order of their keys. */
  list(table: string): StoredObject[];
  /** As it was after the write `revision`; undefined when that is no longer known. */
  listAt(table: string, revision: number): StoredObject[] | undefined;
  /** Later than `revision`; undefined when some of them are no longer known. */
  changesAfter(table: string, revision: number): readonly Change[] | undefined;
  /** Answers the object with its new resourceVersion. */
  put(table: string, key: string, object: StoredObject): StoredObject;
  remove(table: string, key: string): StoredObject | undefined;
  /** Told of every change of every table, in order, right after it; returns how to stop that. */
  subscribe(listener: (change: Change) => void): () => void;
  /** Forgets all changes so far: whoever asks for them is told that they are too old. */
  compact(): void;
  /** Keeps what there is now. What it answers puts that back, versions included, and tells no listener. */
  backUp(): () => void;
}

/** etcd begins at 1; so does a cluster, so that 1 is always too old. */
const FIRST_REVISION = 1;

export function createStorage(changesKept: number): Storage {
  const tables = new Map<string, Map<string, StoredObject>>();
  const listeners = new Set<(change: Change) => void>();
  let changes: Change[] = [];
  let revision = FIRST_REVISION;
  /** Changes up to this one are forgotten. */
  let compacted = FIRST_REVISION + 1;

  const tableOf = (name: string) => tableIn(tables, name);

  function record(change: Change): StoredObject {
    changes.push(change);
    // In slabs, or every write would copy the array.
    if (changes.length > changesKept * 2) forget(changes.length - changesKept);
    for (const listener of listeners) listener(change);
    return change.object;
  }

  function forget(count: number): void {
    compacted = changes[count - 1]?.revision ?? compacted;
    changes = changes.slice(count);
  }

  function stamp(object: StoredObject): StoredObject {
    revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  }

  const storage: Storage = {
    get revision() {
      return revision;
    },
    get: (table, key) => tables.get(table)?.get(key),
    list: (table) => inOrder(tableOf(table)),
    listAt(table, at) {
      if (at < compacted && at !== revision) return undefined;
      const later = changes.filter((change) => change.table === table && change.revision > at);
      return inOrder(without(tableOf(table), later));
    },
    changesAfter(table, after) {
      if (after < compacted && after !== revision) return undefined;
      return changes.filter((change) => change.table === table && change.revision > after);
    },
    put(table, key, object) {
      const previous = storage.get(table, key);
      const stored = stamp(object);
      tableOf(table).set(key, stored);
      if (previous === undefined) return record({ type: "ADDED", revision, table, key, object: stored });
      return record({ type: "MODIFIED", revision, table, key, object: stored, previous });
    },
    remove(table, key) {
      const previous = storage.get(table, key);
      if (previous === undefined) return undefined;
      tableOf(table).delete(key);
      const object = stamp(previous);
      return record({ type: "DELETED", revision, table, key, object, previous });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    compact() {
      changes = [];
      compacted = revision;
    },
    backUp() {
      const kept = { revision, compacted, changes: [...changes] };
      const putBack = keep(tables);
      return () => {
        putBack();
        ({ revision, compacted } = kept);
        changes = [...kept.changes];
      };
    },
  };
  return storage;
}

function tableIn(tables: Map<string, Map<string, StoredObject>>, name: string): Map<string, StoredObject> {
  const table = tables.get(name) ?? new Map<string, StoredObject>();
  tables.set(name, table);
  return table;
}

/** As it was before these changes. */
function without(table: ReadonlyMap<string, StoredObject>, changes: readonly Change[]): Map<string, StoredObject> {
  const then = new Map(table);
  for (const { key, previous } of changes.toReversed()) {
    if (previous === undefined) then.delete(key);
    else then.set(key, previous);
  }
  return then;
}

/** Answers what puts the tables back to what they are now. */
function keep(tables: Map<string, Map<string, StoredObject>>): () => void {
  const copy = [...tables].map(([name, table]) => [name, new Map(table)] as const);
  return () => {
    tables.clear();
    for (const [name, table] of copy) tables.set(name, new Map(table));
  };
}

/** `namespace/name`, or just the name. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

function inOrder(table: ReadonlyMap<string, StoredObject>): StoredObject[] {
  return [...table].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

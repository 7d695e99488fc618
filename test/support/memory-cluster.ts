/** The verbs of an API server over a map, for simulations: resourceVersion, generation, conflicts, the status subresource. */
import type { KubeObject, ObjectKey, ResourceType } from "../../src/runtime/kube.ts";
import { createStore, storeKey, type WritableStore } from "../../src/runtime/store.ts";
import { ApiError, type Client, type Store } from "../../src/runtime/types.ts";

export interface MemoryCluster {
  readonly client: Client;
  store<T extends KubeObject>(type: ResourceType<T>): Store<T>;
  /** Makes the next calls fail with 503, before they are carried out; "after": once they were. */
  fail(calls: number, when: "before" | "after"): void;
  /** Told of each object that is written. */
  onWrite(listener: (type: ResourceType<KubeObject>, before: KubeObject | undefined, after: KubeObject) => void): void;
  /** Changes a spec as a person would. */
  edit<T extends KubeObject & { spec: object }>(
    type: ResourceType<T>,
    key: ObjectKey,
    change: (object: T) => void,
  ): void;
}

type Json = Record<string, unknown>;

export function createMemoryCluster(now: () => number): MemoryCluster {
  const kinds = new Map<string, WritableStore<KubeObject>>();
  let version = 0;
  let failing: { calls: number; readonly when: "before" | "after" } = { calls: 0, when: "before" };

  const keyOf = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;
  const objectsOf = <T extends KubeObject>({ plural }: ResourceType<T>): WritableStore<T> => {
    const found = kinds.get(plural) ?? createStore<KubeObject>();
    kinds.set(plural, found);
    return found as unknown as WritableStore<T>;
  };
  const listeners: Parameters<MemoryCluster["onWrite"]>[0][] = [];
  const unavailable = (): ApiError => new ApiError("the server is unavailable", 503, "ServiceUnavailable");

  /** Every call passes here: it may fail before or after it was carried out. */
  async function call<T>(work: () => T): Promise<T> {
    const fails = failing.calls > 0;
    if (fails) failing.calls--;
    if (fails && failing.when === "before") throw unavailable();
    const answer = work();
    if (fails) throw unavailable();
    return answer;
  }

  function get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): T {
    const found = objectsOf(type).get(keyOf(key));
    if (found === undefined) throw new ApiError(`${type.plural} ${key.name} not found`, 404, "NotFound");
    return found;
  }

  function put<T extends KubeObject>(type: ResourceType<T>, object: T, before: T | undefined): T {
    const sent = object.metadata.resourceVersion;
    if (sent !== undefined && sent !== before?.metadata.resourceVersion)
      throw new ApiError("the object has been modified", 409, "Conflict");
    const specChanged =
      JSON.stringify((before as Json | undefined)?.["spec"]) !== JSON.stringify((object as unknown as Json)["spec"]);
    const metadata = {
      uid: `uid-${version}`,
      creationTimestamp: new Date(now()).toISOString(),
      ...object.metadata,
      resourceVersion: String(++version),
      generation: (before?.metadata.generation ?? 0) + (specChanged ? 1 : 0),
    };
    // Readers get the very object, so nobody may change it.
    const stored = freeze({ ...object, metadata });
    objectsOf(type).put(stored);
    for (const listener of listeners) listener(type, before, stored);
    return stored;
  }

  const client: Client = {
    get: (type, key) => call(() => get(type, key)),
    list: () => Promise.reject(new Error("simulations list through stores")),
    create: (type, object) =>
      call(() => {
        if (objectsOf(type).get(storeKey(object.metadata)) !== undefined)
          throw new ApiError("already exists", 409, "AlreadyExists");
        return put(type, object, undefined);
      }),
    replace: (type, object) =>
      call(() =>
        put(type, object, get(type, { namespace: object.metadata.namespace ?? "", name: object.metadata.name })),
      ),
    patch: (type, key, patch) =>
      call(() => {
        const before = get(type, key);
        return put(type, merge(before, patch) as typeof before, before);
      }),
    delete: (type, key, options) =>
      call(() => {
        const { resourceVersion } = options?.preconditions ?? {};
        const found = objectsOf(type).get(keyOf(key));
        if (resourceVersion !== undefined && get(type, key).metadata.resourceVersion !== resourceVersion)
          throw new ApiError("the object has been modified", 409, "Conflict");
        if (found !== undefined) objectsOf(type).remove(found);
      }),
    watch: () => {
      throw new Error("simulations do not watch");
    },
  };

  return {
    client,
    store: objectsOf,
    fail(calls, when) {
      failing = { calls, when };
    },
    onWrite: (listener) => void listeners.push(listener),
    edit(type, key, change) {
      const before = get(type, key);
      const after = structuredClone(before);
      change(after);
      put(type, after, before);
    },
  };
}

/** As a whole; what is frozen already is so as a whole. */
function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freeze(child);
  return Object.freeze(value);
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Json =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...(target as Json) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

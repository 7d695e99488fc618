/** Notices with each object that is read whether the caches are of before a restore of etcd, and has them listed anew first. */
import type { Clock } from "../base/deps.ts";
import type { KubeObject, ObjectKey, ResourceType } from "./kube.ts";
import { isOlderVersion, type Rewind } from "./rewind.ts";
import { storeKey } from "./store.ts";
import type { Client, Reflector } from "./types.ts";

type Cache = Pick<Reflector<KubeObject>, "type" | "namespace" | "version" | "store" | "hasSynced">;

export interface NoticingOptions {
  readonly client: Client;
  readonly caches: () => readonly Cache[];
  readonly rewind: Rewind;
  readonly clock: Clock;
}

const POLL_MS = 20;

/** The same client. What `get` answers is never of another history than the caches: where it was, they are listed anew. */
export function createNoticingClient({ client, caches, rewind, clock }: NoticingOptions): Client {
  async function untilListed(namespace: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const near = caches().filter((cache) => cache.namespace === undefined || cache.namespace === namespace);
    while (near.some(({ hasSynced }) => !hasSynced)) await clock.sleep(POLL_MS, signal);
  }
  return {
    ...client,
    async get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options: { signal?: AbortSignal } = {}) {
      const { times } = rewind;
      const known = knownOf(caches(), type, key);
      const object = await client.get(type, key, options);
      if (known === undefined || !isRewritten(object, known)) return object;
      if (rewind.times === times) rewind.tell();
      await untilListed(key.namespace, options.signal);
      return client.get(type, key, options);
    },
  };
}

interface Known {
  /** Of the object. */
  readonly version: string;
  /** Up to where its cache has seen everything. */
  readonly upTo: string;
}

function knownOf(caches: readonly Cache[], type: ResourceType<KubeObject>, key: ObjectKey): Known | undefined {
  const isNear = (cache: Cache): boolean => cache.namespace === undefined || cache.namespace === key.namespace;
  const cache = caches.find(
    (each) => each.type.plural === type.plural && each.type.group === type.group && isNear(each),
  );
  const version = cache?.store.get(storeKey(key))?.metadata.resourceVersion;
  return cache?.version === undefined || version === undefined ? undefined : { version, upTo: cache.version };
}

/** A state that is none of those the cache saw, and was written before the last one: it saw all of another history. */
function isRewritten({ metadata: { resourceVersion } }: KubeObject, { version, upTo }: Known): boolean {
  return resourceVersion !== version && isOlderVersion(resourceVersion, upTo);
}

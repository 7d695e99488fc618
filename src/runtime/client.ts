/** The Client: the verbs of the API server. */
import type { Deps } from "../base/deps.ts";
import type { ApiServerAccess } from "./access.ts";
import { type CallerOptions, createCaller } from "./caller.ts";
import type { KubeList, KubeObject, ResourceType } from "./kube.ts";
import { collectionPath, namespaceOf, objectPath, query } from "./resource-path.ts";
import type { HttpRequest } from "./transport.ts";
import type { Client, ListOptions, WatchEvent, WatchOptions } from "./types.ts";

export interface ClientOptions extends Partial<CallerOptions> {
  /** Stands in metadata.managedFields for everything that is written. */
  readonly fieldManager?: string;
}

const JSON_TYPE = "application/json";
const NAME = "o365-sync-operator";
const WATCH_SECONDS = 290;
/** How much later than its announced end a watch may be silent before its connection counts as dead. */
const WATCH_GRACE_MS = 5_000;

/** Calls over one pool of connections. Defaults: 30 s for each attempt; user agent and field manager `o365-sync-operator`. */
export function createClient(access: ApiServerAccess, deps: Deps, options: ClientOptions = {}): Client {
  const { timeoutMs = 30_000, userAgent = NAME, fieldManager = NAME, onRequest, onContact } = options;
  const caller = createCaller(access, deps, { timeoutMs, userAgent, onRequest, onContact });

  /** What the server answers is taken to be what was asked for. */
  function call<T>(request: HttpRequest, signal?: AbortSignal): Promise<T> {
    return caller.call(request, signal) as Promise<T>;
  }

  return {
    get: (type, key, { signal } = {}) => call(read(objectPath(type, key), JSON_TYPE), signal),
    async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<KubeList<T>> {
      const { signal, namespace, metadataOnly, ...parameters } = options;
      const accept = metadataOnly ? metadataAs("PartialObjectMetadataList") : JSON_TYPE;
      const path = collectionPath(type, namespace) + query({ ...parameters });
      const page = await call<KubeList<T> & { items: T[] | null }>(read(path, accept), signal);
      // Go writes an empty list of metadata as null.
      return { ...page, items: page.items ?? [] };
    },
    create(type, object, { signal } = {}) {
      const path = collectionPath(type, namespaceOf(type, object.metadata)) + query({ fieldManager });
      return call(write("POST", path, object), signal);
    },
    replace: (type, object, { signal } = {}) =>
      call(write("PUT", objectPath(type, object.metadata) + query({ fieldManager }), object), signal),
    patch(type, key, patch, { signal, subresource } = {}) {
      const path = objectPath(type, key, subresource) + query({ fieldManager });
      return call(write("PATCH", path, patch, "application/merge-patch+json"), signal);
    },
    async delete(type, key, { signal, preconditions } = {}) {
      const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
      await call(write("DELETE", objectPath(type, key), options), signal);
    },
    watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
      const { namespace, labelSelector, resourceVersion, timeoutSeconds = WATCH_SECONDS, metadataOnly } = options;
      const parameters = { labelSelector, resourceVersion, timeoutSeconds, allowWatchBookmarks: true, watch: true };
      const accept = metadataOnly ? metadataAs("PartialObjectMetadata") : JSON_TYPE;
      const request = read(collectionPath(type, namespace) + query(parameters), accept);
      return caller.stream<T>(request, timeoutSeconds * 1000 + WATCH_GRACE_MS, options.signal);
    },
  };
}

function read(path: string, accept: string): HttpRequest {
  return { method: "GET", path, accept };
}

function write(method: HttpRequest["method"], path: string, body: object, contentType = JSON_TYPE): HttpRequest {
  return { method, path, accept: JSON_TYPE, contentType, body: JSON.stringify(body) };
}

function metadataAs(kind: string): string {
  return `${JSON_TYPE};as=${kind};g=meta.k8s.io;v=v1,${JSON_TYPE}`;
}

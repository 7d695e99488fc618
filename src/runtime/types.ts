/** What runtime/ promises to the controllers; it knows nothing of mail. */
import type { Indexer, KubeList, KubeObject, ObjectKey, ResourceType, Status } from "./kube.ts";

/** A call that the API server answered with an error, or that got no answer (`status` 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    /** HTTP status; 0 when the connection failed or timed out. */
    readonly status: number,
    /** metav1.Status reason, e.g. NotFound, Conflict, AlreadyExists, Expired. */
    readonly reason: string,
    readonly body?: Status | undefined,
    /** From Retry-After, in milliseconds. */
    readonly retryAfterMs?: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get notFound(): boolean {
    return this.status === 404;
  }
  get conflict(): boolean {
    return this.status === 409 && this.reason === "Conflict";
  }
  get alreadyExists(): boolean {
    return this.status === 409 && this.reason === "AlreadyExists";
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Page size; the answer's metadata.continue leads on. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** Ask for metadata only (PartialObjectMetadata). */
  readonly metadataOnly?: boolean | undefined;
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly resourceVersion: string;
  readonly timeoutSeconds?: number | undefined;
  readonly metadataOnly?: boolean | undefined;
}

export type WatchEvent<T extends KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "BOOKMARK"; object: KubeObject }
  | { type: "ERROR"; object: Status };

export interface PatchOptions extends CallOptions {
  readonly subresource?: "status" | undefined;
}

/**
 * Raw JSON over one keep-alive agent. Every call has a timeout (30 s unless told), a 401 re-reads the credentials once,
 * 429 and 5xx with Retry-After are repeated while that is safe (reads always; writes only when the server said that it did not act).
 * Rejects with ApiError, or with the signal's reason.
 */
export interface Client {
  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options?: CallOptions): Promise<T>;
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: CallOptions): Promise<T>;
  /** PUT; with metadata.resourceVersion it is refused (409 Conflict) when somebody wrote in between. */
  replace<T extends KubeObject>(type: ResourceType<T>, object: T, options?: CallOptions): Promise<T>;
  /** JSON merge patch; put metadata.resourceVersion into it to be refused when somebody wrote in between. */
  patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, options?: PatchOptions): Promise<T>;
  delete<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: CallOptions & { preconditions?: { uid?: string; resourceVersion?: string } },
  ): Promise<void>;
  /** Ends when the server ends the watch; throws ApiError on a failed request, a reset, or silence longer than the idle timeout. */
  watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

/** A read-only view of what a reflector has seen. Keys are `namespace/name` (just `name` for cluster-scoped kinds). */
export interface Store<T extends KubeObject> {
  get(key: string): T | undefined;
  list(): T[];
  /** Objects that the indexer files under the value, without a look at the others. An indexer is known by its identity. */
  by(indexer: Indexer<T>, value: string): T[];
  /** Under what the indexer files objects: each value at least once, without a look at the objects. */
  values(indexer: Indexer<T>): Iterable<string>;
  readonly size: number;
}

export type StoreChange<T extends KubeObject> =
  | { readonly kind: "added"; readonly object: T }
  | { readonly kind: "updated"; readonly object: T; readonly old: T }
  | { readonly kind: "deleted"; readonly old: T };

/** Keeps a Store in step with the API server until stopped, whatever the connection does. */
export interface Reflector<T extends KubeObject> {
  readonly type: ResourceType<T>;
  /** Of the last moment that the store has seen everything of; undefined before the first list, and while it lists anew. */
  readonly version: string | undefined;
  readonly store: Store<T>;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  /** Whether the store is of what the server has: not before the first list, nor after its versions went back. */
  readonly hasSynced: boolean;
  /** Why it could not list or watch the last time; undefined while all is well. */
  readonly trouble: string | undefined;
  /** Handlers run synchronously, after the store has changed. A throwing handler is logged and does not stop the reflector. */
  onChange(handler: (change: StoreChange<T>) => void): void;
  /** Runs until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ReconcileContext {
  /** Aborts on timeout, shutdown or lost leadership; goes into every outward call. */
  readonly signal: AbortSignal;
  readonly reconcileId: string;
  /** Since when the key waited for its turn, in milliseconds since the epoch. */
  readonly queuedAt?: number | undefined;
  readonly log: Logger;
}

export interface ReconcileResult {
  /** Look again after this many milliseconds. Absent: wait for a change. */
  readonly requeueAfterMs?: number | undefined;
}

/** Level-based: the key alone says what to do. A rejection is retried with per-key exponential backoff. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileResult>;

export interface Controller {
  readonly name: string;
  enqueue(key: string): void;
  /** Works the queue until the signal aborts, then drains: resolves when no reconcile is running. */
  run(signal: AbortSignal): Promise<void>;
}

/** A structured logger: metadata first, static message second. pino satisfies it. */
export interface Logger {
  debug(meta: object, message: string): void;
  info(meta: object, message: string): void;
  warn(meta: object, message: string): void;
  error(meta: object, message: string): void;
  child(bindings: object): Logger;
}

export interface EventRecorder {
  /** Aggregated per object, reason and message; at most a bounded rate per object. Never throws, never blocks. No volatile text in `note`. */
  event(
    regarding: KubeObject,
    event: { type: "Normal" | "Warning"; reason: string; action: string; note: string },
  ): void;
}

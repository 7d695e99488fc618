/** The Reflector: list once, watch for ever, and after any trouble carry on from where it was. */
import type { Deps } from "../base/deps.ts";
import { statusError } from "./api-error.ts";
import { createBackoff } from "./backoff.ts";
import type { KubeObject, ResourceType } from "./kube.ts";
import { createStore } from "./store.ts";
import { ApiError, type Client, type Logger, type Reflector, type StoreChange, type WatchEvent } from "./types.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<Client, "list" | "watch">;
  readonly type: ResourceType<T>;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Keeps metadata only; T's other fields are then absent whatever its type says. */
  readonly metadataOnly?: boolean | undefined;
  readonly deps: Deps;
  readonly log: Logger;
}

const PAGE_SIZE = 500;

/**
 * A peer that died without a word must be noticed within half a minute. Bookmarks come once a minute only, TCP keepalive does not see a stuck
 * process or a proxy that lost its back end, and another request that succeeds says nothing about this connection. So each watch is short:
 * the server ends it after 20 s, sending a bookmark just before, and silence 5 s past that is a dead connection. The next watch goes on
 * over the same socket from the last resourceVersion: one small request, and the bookmark keeps that version from ageing into a 410.
 */
const WATCH_SECONDS = 20;

/** A watch that ends sooner without an event is trouble, or reconnecting would spin. */
const SHORTEST_WATCH_MS = 1_000;

/** Objects keep no managedFields, and always carry apiVersion and kind. */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, type, deps } = options;
  const log = options.log.child({ reflector: type.plural });
  const { namespace, labelSelector, metadataOnly } = options;
  const store = createStore<T>();
  const handlers: ((change: StoreChange<T>) => void)[] = [];
  const emit = (changes: StoreChange<T>[]): void => notify(handlers, changes, log);
  let hasSynced = false;
  /** Where the next watch begins; undefined: list first. */
  let resourceVersion: string | undefined;

  async function list(signal: AbortSignal): Promise<void> {
    const objects: T[] = [];
    let next: string | undefined;
    let version: string | undefined;
    do {
      const selection = { namespace, labelSelector, metadataOnly, limit: PAGE_SIZE, continue: next, signal };
      const page = await client.list(type, selection);
      for (const item of page.items) objects.push(tidy(type, item));
      next = page.metadata.continue || undefined;
      version = page.metadata.resourceVersion;
    } while (next !== undefined);
    if (!version) throw new ApiError(`list ${type.plural}: the answer has no resourceVersion`, 0, "InvalidAnswer");
    emit(store.replace(objects));
    resourceVersion = version;
    hasSynced = true;
  }

  async function watch(from: string, signal: AbortSignal): Promise<void> {
    const started = deps.clock.monotonic();
    let events = 0;
    const selection = { namespace, labelSelector, metadataOnly, timeoutSeconds: WATCH_SECONDS, signal };
    for await (const event of client.watch(type, { ...selection, resourceVersion: from })) {
      events += 1;
      take(event);
    }
    if (events === 0 && deps.clock.monotonic() - started < SHORTEST_WATCH_MS) {
      throw new ApiError(`watch ${type.plural}: ended at once`, 0, "ShortWatch");
    }
  }

  function take(event: WatchEvent<T>): void {
    switch (event.type) {
      case "ADDED":
      case "MODIFIED":
        emit(store.put(tidy(type, event.object)));
        break;
      case "DELETED":
        emit(store.remove(tidy(type, event.object)));
        break;
      case "BOOKMARK":
        break;
      case "ERROR":
        throw statusError(`watch ${type.plural}`, event.object);
    }
    resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
  }

  return {
    store,
    get hasSynced() {
      return hasSynced;
    },
    onChange: (handler) => void handlers.push(handler),
    async run(signal) {
      const backoff = createBackoff(deps);
      while (!signal.aborted) {
        try {
          if (resourceVersion === undefined) await list(signal);
          else await watch(resourceVersion, signal);
        } catch (err) {
          if (signal.aborted) return;
          const expired = isExpired(err);
          if (expired) resourceVersion = undefined;
          const waitMs = Math.max(backoff.next(), (err instanceof ApiError && err.retryAfterMs) || 0);
          const message = expired ? "Listing anew: the resource version is too old" : describe(err);
          log[levelOf(err, expired)]({ err, waitMs: Math.round(waitMs) }, message);
          await deps.clock.sleep(waitMs, signal).catch(() => {});
        }
      }
    },
  };
}

function notify<T>(handlers: readonly ((change: T) => void)[], changes: readonly T[], log: Logger): void {
  for (const change of changes) {
    for (const handler of handlers) {
      try {
        handler(change);
      } catch (err) {
        log.error({ err }, "Change handler failed");
      }
    }
  }
}

function tidy<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  return { ...object, apiVersion, kind: type.kind, metadata };
}

/** The version to watch from, or the token to list on with, is no longer kept by the server. */
function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === "Expired" || error.reason === "Gone");
}

/** That the server cannot be reached is told once for all reflectors, where it is noticed. */
function levelOf(error: unknown, expired: boolean): "debug" | "info" | "warn" {
  if (expired) return "info";
  return error instanceof ApiError && error.status === 0 && error.reason !== "ShortWatch" ? "debug" : "warn";
}

function describe(error: unknown): string {
  if (error instanceof ApiError && error.notFound) return "The API server does not serve this kind; apply its CRD";
  if (error instanceof ApiError && error.status === 403)
    return "The API server forbids it; bind the role that this error names";
  return "List or watch failed";
}

/** The Reflector: list once, watch for ever, and after any trouble carry on from where it was. */

import type { Deps } from "../base/deps.ts";
import { createPacer } from "../base/slices.ts";
import { HOUR_MS, MINUTE_MS } from "../base/time.ts";
import { statusError } from "./api-error.ts";
import { createBackoff } from "./backoff.ts";
import { ANSWER_TOO_LARGE } from "./caller.ts";
import type { KubeObject, ResourceType } from "./kube.ts";
import { createRewind, isOlderVersion, type Rewind } from "./rewind.ts";
import { createStore, type WritableStore } from "./store.ts";
import {
  ApiError,
  type Client,
  type ListOptions,
  type Logger,
  type Reflector,
  type StoreChange,
  type WatchEvent,
} from "./types.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<Client, "list" | "watch">;
  readonly type: ResourceType<T>;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Keeps metadata only; T's other fields are then absent whatever its type says. */
  readonly metadataOnly?: boolean | undefined;
  /** Which labels and annotations are kept of an object with more metadata than its own needs. @default all */
  readonly isOwnKey?: ((key: string) => boolean) | undefined;
  /** What is kept of an object, where that is not as it came. */
  readonly taken?: ((object: T) => T) | undefined;
  /** Shared by all who watch the same server. @default one of its own */
  readonly rewind?: Rewind | undefined;
  readonly deps: Deps;
  readonly log: Logger;
}

const PAGE_SIZE = 500;
/** Of an object's metadata, as JSON: what people add beyond that is not kept here. */
const LARGEST_METADATA = 4096;
const LONGEST_OWN_VALUE = 1024;

/**
 * A peer that died without a word must be noticed within half a minute. Bookmarks come once a minute only, TCP keepalive does not see a stuck
 * process or a proxy that lost its back end, and another request that succeeds says nothing about this connection. So each watch is short:
 * the server ends it after 20 s, sending a bookmark just before, and silence 5 s past that is a dead connection. The next watch goes on
 * over the same socket from the last resourceVersion: one small request, and the bookmark keeps that version from ageing into a 410.
 */
const WATCH_SECONDS = 20;

/** A watch that ends sooner without an event is trouble, or reconnecting would spin. */
const SHORTEST_WATCH_MS = 1_000;

/**
 * A server that was restored from a backup of etcd counts on from an older version, and a watch from a newer one hears
 * nothing for ever. So the version is asked for now and then, and everything is listed anew within the hour. Whoever else
 * notices it first tells by the Rewind that all share.
 */
const ASK_VERSION_MS = 5 * MINUTE_MS;
const RELIST_MS = HOUR_MS;

/**
 * Objects keep no managedFields, and always carry apiVersion and kind. Of metadata that is larger than its own could make it
 * only that is kept, without a resourceVersion where nothing else is known of the object: whoever needs it whole asks.
 */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, type, deps, namespace, labelSelector, metadataOnly } = options;
  const log = options.log.child({ reflector: type.plural });
  const selection = { namespace, labelSelector, metadataOnly };
  const rewind = options.rewind ?? createRewind(log);
  const store = createStore<T>();
  const handlers: ((change: StoreChange<T>) => void)[] = [];
  const emit = (changes: StoreChange<T>[]): void => notify(handlers, changes, log);
  const place = createPlace();
  const [steps, backoff] = [createSteps(), createBackoff(deps)];
  const due = createDue(deps);
  const trouble = createTrouble(log, namespace);

  rewind.onTold(() => {
    place.wentBack();
    steps.interrupt(new Error("the versions of the API server went back"));
  });

  /** One step: a list, or a watch to its end. */
  async function step(signal: AbortSignal): Promise<void> {
    const from = place.version;
    if (from === undefined || due.isList()) return list(signal);
    const isBehind = due.isAsk() && isOlderVersion(await newestVersion(client, type, { ...selection, signal }), from);
    signal.throwIfAborted();
    return isBehind ? rewind.tell() : watch(from, signal);
  }

  async function list(signal: AbortSignal): Promise<void> {
    const { objects, version } = await listAll(options, { ...selection, signal });
    signal.throwIfAborted();
    if (isOlderVersion(version, place.version)) return rewind.tell();
    due.listed();
    await takeEach(store.replace(objects, place.versions), emit, signal);
    place.listed(version);
    trouble.over();
  }

  async function watch(from: string, signal: AbortSignal): Promise<void> {
    for await (const event of watchOnce(client, type, { ...selection, resourceVersion: from, signal }, deps)) {
      if (signal.aborted) return;
      trouble.over();
      take(event);
    }
  }

  function take(event: WatchEvent<T>): void {
    if (event.type === "ERROR") throw statusError(`watch ${type.plural}`, event.object);
    emit(changesOf(store, options, event));
    const version = event.object.metadata.resourceVersion;
    if (event.type === "BOOKMARK" && isOlderVersion(version, place.version)) rewind.tell();
    else place.version = version ?? place.version;
  }

  async function recover(thrown: unknown, signal: AbortSignal): Promise<void> {
    const expired = isExpired(thrown);
    if (expired) place.version = undefined;
    const waitMs = Math.max(backoff.next(), (thrown instanceof ApiError && thrown.retryAfterMs) || 0);
    trouble.tell(thrown, waitMs, expired);
    await deps.clock.sleep(waitMs, signal).catch(() => {});
  }

  return {
    type,
    store,
    namespace,
    get version() {
      return place.version;
    },
    get hasSynced() {
      return place.hasSynced;
    },
    get trouble() {
      return trouble.last;
    },
    onChange: (handler) => void handlers.push(handler),
    run: (signal) => steps.run(signal, step, recover),
  };
}

/** How far the store has come. */
function createPlace() {
  const place = {
    /** Where the next watch begins; undefined: list first. */
    version: undefined as string | undefined,
    versions: "comparable" as "comparable" | "went back",
    hasSynced: false,
    listed: (version: string): void => void Object.assign(place, { version, versions: "comparable", hasSynced: true }),
    wentBack: (): void => void Object.assign(place, { version: undefined, versions: "went back", hasSynced: false }),
  };
  return place;
}

/** One step after the other. Each has a signal of its own: whoever interrupts it has the next one begin at once. */
function createSteps() {
  let current = new AbortController();
  return {
    interrupt: (reason: Error) => current.abort(reason),
    async run(
      signal: AbortSignal,
      step: (signal: AbortSignal) => Promise<void>,
      recover: (thrown: unknown, signal: AbortSignal) => Promise<void>,
    ): Promise<void> {
      signal.addEventListener("abort", () => current.abort(signal.reason), { once: true });
      while (!signal.aborted) {
        current = new AbortController();
        const own = current.signal;
        await step(own).catch((thrown: unknown) => (own.aborted ? undefined : recover(thrown, own)));
      }
    },
  };
}

/** The version that the API server is at now. */
async function newestVersion<T extends KubeObject>(
  client: Pick<Client, "list">,
  type: ResourceType<T>,
  options: Parameters<Client["list"]>[1],
): Promise<string | undefined> {
  const { metadata } = await client.list(type, { ...options, limit: 1 });
  return metadata.resourceVersion;
}

/** One watch to its end. One that ends at once and without an event is an error: it would be asked for again and again. */
async function* watchOnce<T extends KubeObject>(
  client: Pick<Client, "watch">,
  type: ResourceType<T>,
  options: Omit<Parameters<Client["watch"]>[1], "timeoutSeconds">,
  { clock }: Pick<Deps, "clock">,
): AsyncGenerator<WatchEvent<T>> {
  const started = clock.monotonic();
  let events = 0;
  for await (const event of client.watch(type, { ...options, timeoutSeconds: WATCH_SECONDS })) {
    events += 1;
    yield event;
  }
  if (events === 0 && clock.monotonic() - started < SHORTEST_WATCH_MS)
    throw new ApiError(`watch ${type.plural}: ended at once`, 0, "ShortWatch");
}

function changesOf<T extends KubeObject>(
  store: WritableStore<T>,
  options: Tidying<T>,
  event: Exclude<WatchEvent<T>, { type: "ERROR" }>,
): StoreChange<T>[] {
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
      return store.put(tidied(event.object, options));
    case "DELETED":
      return store.remove(tidied(event.object, options));
    case "BOOKMARK":
      return [];
  }
}

/** Page by page, with smaller ones where people have written much into the objects. */
async function listAll<T extends KubeObject>(
  { client, ...options }: Tidying<T> & Pick<ReflectorOptions<T>, "client">,
  selection: ListOptions,
): Promise<{ readonly objects: T[]; readonly version: string }> {
  const objects: T[] = [];
  let next: string | undefined;
  let version: string | undefined;
  let limit = PAGE_SIZE;
  do {
    const page = await client
      .list(options.type, { ...selection, limit, continue: next || undefined })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.reason !== ANSWER_TOO_LARGE || limit === 1) throw error;
        return undefined;
      });
    if (page === undefined) {
      limit = Math.ceil(limit / 8);
      next ??= "";
      continue;
    }
    for (const item of page.items) objects.push(tidied(item, options));
    next = page.metadata.continue || undefined;
    version = page.metadata.resourceVersion;
  } while (next !== undefined);
  if (!version)
    throw new ApiError(`list ${options.type.plural}: the answer has no resourceVersion`, 0, "InvalidAnswer");
  return { objects, version };
}

/** What is in the store was told: an interruption loses no change. */
async function takeEach<T>(steps: Iterable<T>, take: (step: T) => void, signal: AbortSignal): Promise<void> {
  const pacer = createPacer(signal);
  for (const step of steps) {
    take(step);
    const pause = pacer.pause();
    if (pause !== undefined) await pause;
  }
  signal.throwIfAborted();
}

/** When the server is asked for its version, and when everything is listed anew. */
function createDue({ clock, random }: Deps) {
  let [askAt, listAt] = [0, 0];
  return {
    /** Once, when it is due. */
    isAsk() {
      const isDue = clock.monotonic() >= askAt;
      if (isDue) askAt = clock.monotonic() + ASK_VERSION_MS;
      return isDue;
    },
    isList: () => clock.monotonic() >= listAt,
    listed() {
      askAt = clock.monotonic() + ASK_VERSION_MS;
      listAt = clock.monotonic() + RELIST_MS * (1 - random() / 4);
    },
  };
}

/** Tells trouble once: the same again and again is to nobody's use. */
function createTrouble(log: Logger, namespace: string | undefined) {
  let last: string | undefined;
  return {
    get last() {
      return last;
    },
    over() {
      last = undefined;
    },
    tell(err: unknown, waitMs: number, expired: boolean) {
      const meta = { err, waitMs: Math.round(waitMs), namespace };
      if (expired) {
        log.info(meta, "Listing anew: the resource version is too old");
        return;
      }
      const cause = err instanceof ApiError ? `${err.status} ${err.reason}` : "Unknown";
      log[last === cause ? "debug" : levelOf(err)](meta, describe(err));
      last = cause;
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

type Tidying<T extends KubeObject> = Pick<ReflectorOptions<T>, "type" | "isOwnKey" | "metadataOnly" | "taken">;

function tidied<T extends KubeObject>(object: T, { type, isOwnKey, metadataOnly, taken }: Tidying<T>): T {
  const { managedFields: _, ...metadata } = object.metadata;
  const apiVersion = type.group === "" ? type.version : `${type.group}/${type.version}`;
  const tidy = { ...(taken?.(object) ?? object), apiVersion, kind: type.kind, metadata };
  if (isOwnKey === undefined || JSON.stringify(metadata).length <= LARGEST_METADATA) return tidy;
  const { labels = {}, annotations = {}, ownerReferences = [], finalizers: __, resourceVersion, ...rest } = metadata;
  const own = {
    ...rest,
    labels: ownOf(labels, isOwnKey),
    annotations: ownOf(annotations, isOwnKey),
    ownerReferences: ownerReferences.filter(({ controller }) => controller === true),
  };
  const isKnown = metadataOnly !== true && resourceVersion !== undefined;
  return { ...tidy, metadata: isKnown ? { ...own, resourceVersion } : own };
}

const ownOf = (values: Readonly<Record<string, string>>, isOwnKey: (key: string) => boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => isOwnKey(key))
      .map(([key, value]) => [key, value.slice(0, LONGEST_OWN_VALUE)]),
  );

/** The version to watch from, or the token to list on with, is no longer kept by the server. */
function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === "Expired" || error.reason === "Gone");
}

/** That the server cannot be reached is told once for all reflectors, where it is noticed. */
function levelOf(error: unknown): "debug" | "warn" {
  return error instanceof ApiError && error.status === 0 && error.reason !== "ShortWatch" ? "debug" : "warn";
}

function describe(error: unknown): string {
  if (error instanceof ApiError && error.notFound) return "The API server does not serve this kind; apply its CRD";
  if (error instanceof ApiError && error.status === 403)
    return "The API server forbids it; bind the role that this error names";
  return "List or watch failed";
}

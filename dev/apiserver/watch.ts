/** Watches: what happened since a resource version, and then whatever happens, one JSON event a line. */
import type { Context } from "./context.ts";
import { partialOf, tableOf, viewOf } from "./forms.ts";
import { parseVersion, selectorOf } from "./list.ts";
import type { Form } from "./media.ts";
import { expired, type StatusError } from "./status.ts";
import type { Change } from "./storage.ts";
import { apiVersionOf, type Json, type Kind, type StoredObject } from "./types.ts";

export interface WatchRequest {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly form: Form;
}

export interface WatchSink {
  /** One line of the answer, without its end. */
  readonly send: (line: string) => void;
  readonly end: () => void;
}

type EventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

const BOOKMARK_MS = 60_000;
/** The real one takes between 30 and 60 minutes. */
const DEFAULT_SECONDS = 1800;
const INITIAL_EVENTS_END = { "k8s.io/initial-events-end": "true" };

/** Checks the request, and throws a 400, before anything is answered; what it returns starts the watch and answers how to stop it. */
export function prepareWatch(context: Context, request: WatchRequest): (sink: WatchSink) => () => void {
  const { kind, namespace, query } = request;
  const selects = selectorOf(kind, namespace, query);
  const version = query.get("resourceVersion") ?? "";
  const withInitialEvents = query.get("sendInitialEvents") === "true";
  const from = version === "" || version === "0" || withInitialEvents ? undefined : parseVersion(version);
  const encode = encoder(context, request);
  return (sink) => {
    const emit = (type: EventType, object: StoredObject): void => sink.send(encode(type, object));
    const take = (change: Change): void => {
      if (change.revision <= (from ?? 0)) return;
      const event = change.table === kind.table ? eventFor(change, selects) : undefined;
      if (event) emit(event.type, event.object);
    };
    if (!replay(context, request, from, { emit, take, selects })) {
      sink.send(errorLine(expired(`too old resource version: ${version} (${context.storage.revision})`)));
      sink.end();
      return () => {};
    }
    return follow(context, request, { from, take, emit, sink });
  };
}

interface Emitter {
  readonly emit: (type: EventType, object: StoredObject) => void;
  readonly take: (change: Change) => void;
  readonly selects: (object: StoredObject) => boolean;
}

/** What is there, or what happened since `from`; false when that is no longer known. */
function replay(
  { storage }: Context,
  { kind, query }: WatchRequest,
  from: number | undefined,
  emitter: Emitter,
): boolean {
  const { emit, take, selects } = emitter;
  if (from !== undefined) {
    const missed = storage.changesAfter(kind.table, from);
    missed?.forEach(take);
    return missed !== undefined;
  }
  for (const object of storage.list(kind.table).filter(selects)) emit("ADDED", object);
  if (query.get("sendInitialEvents") === "true") emit("BOOKMARK", bookmark(kind, storage.revision, INITIAL_EVENTS_END));
  return true;
}

/** Until the time is over or somebody stops it. */
function follow(
  context: Context,
  { kind, query }: WatchRequest,
  { from = 0, take, emit, sink }: Pick<Emitter, "take" | "emit"> & { from: number | undefined; sink: WatchSink },
): () => void {
  const unsubscribe = context.storage.subscribe(take);
  const sendBookmark = (): void => {
    // To who is ahead of a server that was put back to a backup it says nothing, as the real one.
    const isAhead = from > context.storage.revision;
    if (!isAhead && /^(true|1)$/.test(query.get("allowWatchBookmarks") ?? ""))
      emit("BOOKMARK", bookmark(kind, context.storage.revision));
  };
  const ticking = setInterval(sendBookmark, BOOKMARK_MS);
  const seconds = Number(query.get("timeoutSeconds") ?? 0) || DEFAULT_SECONDS;
  const ending = setTimeout(() => {
    sendBookmark();
    stop();
    sink.end();
  }, seconds * 1000);
  const stop = (): void => {
    unsubscribe();
    clearInterval(ticking);
    clearTimeout(ending);
  };
  return stop;
}

/** What a change is to who sees only part of the objects: coming into sight is an addition, going out of it a deletion. */
function eventFor(
  change: Change,
  selects: (object: StoredObject) => boolean,
): { type: EventType; object: StoredObject } | undefined {
  const { object, previous } = change;
  const was = previous !== undefined && selects(previous);
  const is = change.type !== "DELETED" && selects(object);
  if (is) return { type: was ? "MODIFIED" : "ADDED", object };
  if (!was) return undefined;
  const { resourceVersion } = object.metadata;
  return {
    type: "DELETED",
    object: { ...previous, metadata: { ...previous.metadata, ...(resourceVersion && { resourceVersion }) } },
  };
}

function bookmark(kind: Kind, revision: number, annotations?: Record<string, string>): StoredObject {
  const metadata = { resourceVersion: String(revision), ...(annotations && { annotations }) };
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } as unknown as StoredObject;
}

export function errorLine(error: StatusError): string {
  return JSON.stringify({ type: "ERROR", object: error.body });
}

/** Ten watchers of a thousand objects would write each object ten times. */
const texts = new WeakMap<StoredObject, string>();

function encoder({ now }: Context, { kind, form }: WatchRequest): (type: EventType, object: StoredObject) => string {
  let isFirst = true;
  const whole = (object: StoredObject): string => {
    if (kind.fromTable) return JSON.stringify(viewOf(object, kind));
    const text = texts.get(object) ?? JSON.stringify(object);
    texts.set(object, text);
    return text;
  };
  const table = (type: EventType, object: StoredObject): Json => {
    const rows = type === "BOOKMARK" ? [] : [object];
    const made = tableOf(rows, kind, { resourceVersion: object.metadata.resourceVersion ?? "" }, now(), isFirst);
    isFirst = false;
    return made;
  };
  return (type, object) => {
    const text =
      form === "object" ? whole(object) : JSON.stringify(form === "Table" ? table(type, object) : partialOf(object));
    return `{"type":"${type}","object":${text}}`;
  };
}

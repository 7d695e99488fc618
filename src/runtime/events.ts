/** Records events.k8s.io/v1 Events in the background: repeated ones become a series, noisy objects are throttled. */

import { createDeadline, untilAborted } from "../base/abort.ts";
import type { Deps } from "../base/deps.ts";
import { ANSWER_TOO_LARGE, INVALID_ANSWER } from "./caller.ts";
import { EVENT, type KubeEvent, type KubeObject } from "./kube.ts";
import { microTime } from "./micro-time.ts";
import { createTokenBuckets } from "./token-buckets.ts";
import { ApiError, type Client, type EventRecorder, type Logger } from "./types.ts";

export interface EventRecorderOptions {
  readonly client: Pick<Client, "create" | "patch">;
  readonly deps: Deps;
  readonly log: Logger;
  /** reportingController, a qualified name such as `example.com/operator`. */
  readonly controller: string;
  /** reportingInstance, e.g. the pod's name. */
  readonly instance: string;
}

export interface FlushableEventRecorder extends EventRecorder {
  /**
   * Before the end: what waits for another try is tried at once, and nothing waits any more. Resolves when what was recorded
   * until now has been sent, or has failed; after `ms` at the latest.
   */
  flush(ms: number): Promise<void>;
}

interface Recorded {
  readonly event: KubeEvent;
  count: number;
  /** As it is told, and by the clock that nobody sets. */
  lastSeen: number;
  seenAt: number;
  /** The count that the server knows; 0 before it knows the event. */
  sent: number;
}

/** What the API server takes; the name of a pod may be longer. */
const NOTE_BYTES = 1024;
const INSTANCE_CHARACTERS = 128;
/** A repetition within this time joins the series. */
const SERIES_MS = 600_000;
/** Memory is bounded whatever happens: the least recent events are forgotten, and so begin anew; events that cannot be sent are dropped. */
const MOST_REMEMBERED = 4096;
const MOST_WAITING = 256;
/** An API server that is away for a moment loses no event, as with client-go: most are told once, when something begins. */
const MOST_TRIES = 12;
const PAUSE_MS = 10_000;

export function createEventRecorder(options: EventRecorderOptions): FlushableEventRecorder {
  const { deps, log, controller, instance } = options;
  const { clock } = deps;
  const recorded = new Map<string, Recorded>();
  const buckets = createTokenBuckets(clock);
  let waiting = 0;
  let queue: Promise<void> = Promise.resolve();
  const ending = new AbortController();

  function remember(identity: string, make: () => KubeEvent): Recorded {
    const known = recorded.get(identity);
    recorded.delete(identity);
    const isRecent = known !== undefined && clock.monotonic() - known.seenAt < SERIES_MS;
    const entry = isRecent ? known : { event: make(), count: 0, lastSeen: 0, seenAt: 0, sent: 0 };
    entry.count += 1;
    Object.assign(entry, { lastSeen: clock.now(), seenAt: clock.monotonic() });
    recorded.set(identity, entry);
    const [oldest] = recorded.keys();
    if (recorded.size > MOST_REMEMBERED && oldest !== undefined) recorded.delete(oldest);
    return entry;
  }

  function enqueue(entry: Recorded): void {
    if (waiting >= MOST_WAITING) {
      log.debug({ reason: entry.event.reason }, "Dropped an event: too many are waiting");
      return;
    }
    waiting += 1;
    queue = queue
      .then(() => sendPatiently(options, entry, ending.signal))
      .catch((err: unknown) => log.warn({ err, reason: entry.event.reason }, "Recording an event failed"))
      .finally(() => void waiting--);
  }

  return {
    event(regarding, { type, reason, action, note }) {
      const { uid, namespace, name } = regarding.metadata;
      const object = uid ?? `${regarding.kind}/${namespace}/${name}`;
      const make = (): KubeEvent => ({
        ...newEvent(regarding, deps),
        reportingController: controller,
        reportingInstance: instance.slice(0, INSTANCE_CHARACTERS),
        type,
        reason,
        action,
        note: cutNote(note),
      });
      // Counted even when throttled: the next event that is sent tells the sum.
      const entry = remember(JSON.stringify([object, type, reason, action, note]), make);
      if (buckets.take(object)) enqueue(entry);
    },
    async flush(ms) {
      ending.abort();
      const patience = createDeadline(clock, ms);
      try {
        await untilAborted(queue, patience.signal);
      } catch {
        log.warn({ waiting }, "Gave up events that could not be sent before the end");
      } finally {
        patience.release();
      }
    },
  };
}

/** Waits out an API server that does not answer; once `ending` is aborted it is tried once more, without waiting. */
async function sendPatiently(
  { client, deps }: EventRecorderOptions,
  entry: Recorded,
  ending: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await send(client, entry);
      return;
    } catch (error) {
      if (!mayPass(error) || tries === MOST_TRIES || ending.aborted) throw error;
    }
    await deps.clock.sleep(PAUSE_MS * (1 - deps.random() / 2), ending).catch(() => {});
  }
}

/** A repetition changes the event that was sent before, where the server still has it. */
async function send(client: EventRecorderOptions["client"], entry: Recorded): Promise<void> {
  const { event, count, lastSeen } = entry;
  if (entry.sent === count) return;
  const series = count > 1 ? { series: { count, lastObservedTime: microTime(lastSeen) } } : {};
  if (entry.sent > 0) {
    try {
      await client.patch(EVENT, event.metadata, series);
      entry.sent = count;
      return;
    } catch (error) {
      // The server keeps events for an hour or so.
      if (!(error instanceof ApiError && error.notFound)) throw error;
    }
  }
  try {
    await client.create(EVENT, { ...event, ...series });
  } catch (error) {
    // An earlier try came through, and its answer did not.
    if (!(error instanceof ApiError && error.alreadyExists)) throw error;
    if (count > 1) await client.patch(EVENT, event.metadata, series);
  }
  entry.sent = count;
}

/**
 * No answer at all: it is the same for every event. One of the server, 429 of a limit for a namespace included, may concern
 * this event alone, and the others wait behind it.
 */
const mayPass = (error: unknown): boolean =>
  error instanceof ApiError &&
  error.status === 0 &&
  error.reason !== ANSWER_TOO_LARGE &&
  error.reason !== INVALID_ANSWER;

function newEvent(regarding: KubeObject, deps: EventRecorderOptions["deps"]) {
  const { namespace = "default", name } = regarding.metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { namespace, name: eventName(name, deps) },
    eventTime: microTime(deps.clock.now()),
    regarding: reference(regarding),
  } as const;
}

function reference({ apiVersion, kind, metadata }: KubeObject): KubeEvent["regarding"] {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(namespace !== undefined && { namespace }),
    name,
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}

/** Unique, and at most 253 characters. */
function eventName(name: string, { clock, random }: Deps): string {
  const suffix = Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
  return `${name.slice(0, 220).replace(/[-.]+$/, "")}.${clock.now().toString(16)}${suffix}`;
}

/** Cut between characters to what the API server takes. */
function cutNote(note: string): string {
  if (Buffer.byteLength(note) <= NOTE_BYTES) return note;
  const ellipsis = "…";
  const bytes = Buffer.from(note).subarray(0, NOTE_BYTES - Buffer.byteLength(ellipsis));
  // A character that was cut in two decodes to the replacement character.
  return bytes.toString("utf8").replace(/\uFFFD+$/, "") + ellipsis;
}

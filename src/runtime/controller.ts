/** The Controller: takes keys from a work queue, reconciles each, and decides when to look again. */

import { createDeadline } from "../base/abort.ts";
import type { Deps } from "../base/deps.ts";
import { createQueue, type QueueObserver } from "./queue.ts";
import type { Controller, Logger, Reconcile } from "./types.ts";
import type { Fairness } from "./waiting.ts";

/** Told what happens in a controller, for metrics. */
export interface ControllerObserver extends QueueObserver {
  reconciled(result: "success" | "requeue_after" | "error", seconds: number): void;
  timedOut(): void;
  /** How many reconciles are running now. */
  active(workers: number): void;
  /** What can be asked for at any time, given once. */
  watch?(probe: { longestRunningSeconds(): number; unfinishedSeconds(): number }): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly reconcile: Reconcile;
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  /** Absent: keys are worked on in the order in which they come. */
  readonly fairness?: Fairness | undefined;
  /** After this long a reconcile's signal aborts. */
  readonly timeoutMs: number;
  readonly deps: Deps;
  readonly log: Logger;
  readonly observer?: ControllerObserver | undefined;
}

export interface StuckWorkerProbe {
  /** Well above `timeoutMs` it means that a reconcile ignores its signal: its key stays locked, so that it never runs twice. */
  longestRunningSeconds(): number;
}

/** Keys may be enqueued before it runs; they wait. It can run once. */
export function createController(options: ControllerOptions): Controller & StuckWorkerProbe {
  const { name, reconcile, concurrency, fairness, timeoutMs, deps, observer } = options;
  const log = options.log.child({ controller: name });
  const queue = createQueue({ clock: deps.clock, fairness, observer });
  let active = 0;
  observer?.watch?.(queue);

  async function work(key: string, signal: AbortSignal): Promise<void> {
    const reconcileId = shortId(deps.random);
    const [namespace, name] = key.split("/");
    const keyLog = log.child({ namespace, name, reconcileID: reconcileId });
    const deadline = createDeadline(deps.clock, timeoutMs, signal);
    const started = deps.clock.monotonic();
    const seconds = (): number => (deps.clock.monotonic() - started) / 1000;
    observer?.active(++active);
    try {
      const { requeueAfterMs } = await reconcile(key, {
        signal: deadline.signal,
        reconcileId,
        queuedAt: queue.queuedAt(key),
        log: keyLog,
      });
      if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
      queue.forget(key);
      observer?.reconciled(requeueAfterMs === undefined ? "success" : "requeue_after", seconds());
    } catch (err) {
      if (signal.aborted) {
        keyLog.info({}, "Reconcile cut short by shutdown");
        return;
      }
      if (deadline.expired) observer?.timedOut();
      observer?.reconciled("error", seconds());
      keyLog.error({ err, retryAfterMs: queue.addRateLimited(key) }, "Reconcile failed");
    } finally {
      deadline.release();
      observer?.active(--active);
      queue.done(key);
    }
  }

  async function worker(signal: AbortSignal): Promise<void> {
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) await work(key, signal);
  }

  return {
    name,
    enqueue: (key) => queue.add(key),
    longestRunningSeconds: () => queue.longestRunningSeconds(),
    async run(signal) {
      if (signal.aborted) queue.shutDown();
      signal.addEventListener("abort", () => queue.shutDown(), { once: true });
      await Promise.all(Array.from({ length: concurrency }, () => worker(signal)));
    },
  };
}

/** Eight characters that tie the log lines of one reconcile together. */
function shortId(random: () => number): string {
  return Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, "0");
}

/** Leader election on a Lease, after client-go: of all contenders at most one believes that it leads, as long as their clocks run at the same speed. */

import { createDeadline, type Deadline, untilAborted } from "../base/abort.ts";
import type { Deps } from "../base/deps.ts";
import { createLeaseLock } from "./lease-lock.ts";
import type { Rewind } from "./rewind.ts";
import type { Client, Logger } from "./types.ts";

export interface LeaderElectorOptions {
  readonly client: Pick<Client, "get" | "create" | "replace">;
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other process, also of this pod's earlier ones. */
  readonly identity: string;
  readonly deps: Deps;
  readonly log: Logger;
  /** Told when the Lease is older than it was. */
  readonly rewind?: Pick<Rewind, "tell"> | undefined;
  /** How long others leave the lease alone after they saw it renewed. @default 15 s */
  readonly leaseMs?: number;
  /** After this long without a renewal the leader gives up. Less than leaseMs. @default 10 s */
  readonly renewDeadlineMs?: number;
  /** Between two tries. @default 2 s */
  readonly retryMs?: number;
}

interface LeaderHandlers {
  /** The lease is ours; the signal aborts when it is lost or `run` is told to stop. */
  onStarted(signal: AbortSignal): void;
  /** The lease was lost: another may lead by now, so the process must end. Not called after a stop. */
  onLost(): void;
}

export interface LeaderElector {
  readonly isLeader: boolean;
  /** Waits for the lease and holds it until the signal aborts (then the lease is released) or it is lost. Never rejects. */
  run(signal: AbortSignal, handlers: LeaderHandlers): Promise<void>;
}

/** Contenders wait up to this many retryMs longer, by chance, so that they do not collide again and again. */
const JITTER = 1.2;

const timesDoNotFit = (): RangeError =>
  new RangeError("leader election: leaseMs must be above renewDeadlineMs, and that above 1.2 x retryMs");

/** Throws RangeError when the times do not fit together. */
export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  const { identity, deps, leaseMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000 } = options;
  if (!(leaseMs > renewDeadlineMs && renewDeadlineMs > JITTER * retryMs)) throw timesDoNotFit();
  const { clock } = deps;
  const log = options.log.child({ lease: `${options.namespace}/${options.name}`, identity });
  const lock = createLeaseLock({ ...options, leaseMs, clock });
  let isLeader = false;

  /** One bounded try: when it holds the lease, how long we may believe so, counted from before we asked. */
  async function tryHold(signal: AbortSignal, parent: AbortSignal): Promise<Deadline | undefined> {
    const term = createDeadline(clock, renewDeadlineMs, parent);
    const patience = createDeadline(clock, renewDeadlineMs / 2, signal);
    try {
      if (await untilAborted(lock.hold(patience.signal), patience.signal)) return term;
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, isLeader ? "Renewing the lease failed" : "Acquiring the lease failed");
    } finally {
      patience.release();
    }
    term.release();
    return undefined;
  }

  async function acquire(signal: AbortSignal): Promise<Deadline | undefined> {
    while (!signal.aborted) {
      const term = await tryHold(signal, signal);
      if (term) return term;
      await clock.sleep(retryMs * (1 + deps.random() * JITTER), signal).catch(() => {});
    }
    return undefined;
  }

  /** Resolves when the signal aborts, the term ends without a renewal, or another holds the lease. */
  async function keep(first: Deadline, signal: AbortSignal): Promise<void> {
    let term = first;
    while (!term.signal.aborted && lock.isOurs) {
      await clock.sleep(retryMs, term.signal).catch(() => {});
      const next = term.signal.aborted ? undefined : await tryHold(term.signal, signal);
      if (!next) continue;
      term.release();
      term = next;
    }
    term.release();
  }

  async function release(): Promise<void> {
    const patience = createDeadline(clock, renewDeadlineMs / 2);
    try {
      await untilAborted(lock.release(patience.signal), patience.signal);
    } catch (err) {
      log.warn({ err }, "Releasing the lease failed; it expires by itself");
    } finally {
      patience.release();
    }
  }

  return {
    get isLeader() {
      return isLeader;
    },
    async run(signal, handlers) {
      const term = await acquire(signal);
      if (term) {
        const leading = new AbortController();
        isLeader = true;
        log.info({}, "Leading");
        handlers.onStarted(leading.signal);
        await keep(term, signal);
        isLeader = false;
        leading.abort(signal.aborted ? signal.reason : new Error("the leader lease was lost"));
      }
      lock.close();
      // Also when we never led: the last write may have reached the server after we stopped waiting for it.
      if (signal.aborted) await release();
      else handlers.onLost();
    },
  };
}

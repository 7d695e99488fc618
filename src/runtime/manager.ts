/** The Manager: starts the parts in order, and stops them in the order that hands over cleanly. */

import { aborted } from "../base/abort.ts";
import type { Clock, Deps } from "../base/deps.ts";
import type { KubeObject } from "./kube.ts";
import type { LeaderElector } from "./leader.ts";
import type { Controller, Logger, Reflector } from "./types.ts";

type Cache = Pick<Reflector<KubeObject>, "namespace" | "hasSynced" | "trouble" | "run">;

export interface ManagerOptions {
  /** Run on every replica, so that a standby takes over with warm caches. */
  readonly reflectors: readonly Cache[];
  /** Run on the leader only. */
  readonly controllers: readonly Pick<Controller, "run">[];
  /** Absent: this process always leads. */
  readonly elector?: LeaderElector | undefined;
  /**
   * How long running reconciles may take to end after a stop. With 5 s to release the lease and what the caller does then,
   * a pod ends before it is killed after 30 s. @default 20 s
   */
  readonly drainMs?: number;
  readonly deps: Deps;
  readonly log: Logger;
}

type ManagerState = "starting" | "standby" | "leading" | "stopping" | "stopped";

export interface Manager {
  readonly state: ManagerState;
  /**
   * Whether all caches have synced: a standby is ready too. Where namespaces are watched one by one, those that cannot be
   * listed keep the others from nothing.
   */
  ready(): boolean;
  /**
   * Runs until the signal aborts, then drains, releases the lease and resolves.
   * Rejects when the lease is lost, a part fails, or draining takes too long (the lease is then left to expire): the process must end.
   */
  run(signal: AbortSignal): Promise<void>;
}

const SYNC_POLL_MS = 100;

/** It can run once. */
export function createManager(options: ManagerOptions): Manager {
  const { reflectors, controllers, elector, drainMs = 20_000, deps, log } = options;
  const caches = new AbortController();
  const work = new AbortController();
  const lease = new AbortController();
  let state: ManagerState = "starting";
  let working: Promise<unknown> = Promise.resolve();

  const ready = (): boolean => canServe(reflectors);

  async function waitForSync(signal: AbortSignal): Promise<void> {
    while (!ready() && !signal.aborted) await deps.clock.sleep(SYNC_POLL_MS, signal).catch(() => {});
  }

  function lead(fail: (error: unknown) => void): void {
    state = "leading";
    log.info({ controllers: controllers.length }, "Starting controllers");
    working = Promise.all(controllers.map((controller) => controller.run(work.signal)));
    working.catch(fail);
  }

  /** Resolves when told to stop; rejects when there is no going on. */
  async function serve(signal: AbortSignal, electing: (run: Promise<void>) => void): Promise<void> {
    await waitForSync(signal);
    if (signal.aborted) return;
    log.info({}, "Caches synced");
    const failed = new Promise<never>((_, reject) => {
      if (!elector) {
        lead(reject);
        return;
      }
      state = "standby";
      const onLost = (): void => {
        work.abort(new Error("the leader lease was lost"));
        reject(new Error("the leader lease was lost: another replica may lead now"));
      };
      electing(elector.run(lease.signal, { onStarted: () => lead(reject), onLost }));
    });
    await Promise.race([aborted(signal), failed]);
  }

  async function drain(): Promise<void> {
    work.abort(new Error("shutting down"));
    await within(deps.clock, drainMs, working, `reconciles still ran ${drainMs / 1000} s after they were told to stop`);
  }

  return {
    get state() {
      return state;
    },
    ready,
    async run(signal) {
      let election: Promise<void> = Promise.resolve();
      const reflecting = reflectors.map((reflector) => reflector.run(caches.signal));
      try {
        await serve(signal, (run) => {
          election = run;
        });
        state = "stopping";
        log.info({}, "Stopping");
        await drain();
        lease.abort(new Error("shutting down"));
        await election;
      } finally {
        state = "stopped";
        work.abort();
        caches.abort();
      }
      await Promise.all(reflecting);
    },
  };
}

/** As the work ends; rejects with `late` where it takes longer. */
async function within(clock: Clock, ms: number, work: Promise<unknown>, late: string): Promise<void> {
  const timer = new AbortController();
  const limit = clock.sleep(ms, timer.signal).then(() => {
    throw new Error(late);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    limit.catch(() => {});
    timer.abort();
  }
}

/** One that cannot be listed keeps no other from being served. */
function canServe(caches: readonly Cache[]): boolean {
  const namespaces = [...new Set(caches.map(({ namespace }) => namespace))];
  const of = (wanted: string | undefined): Cache[] => caches.filter(({ namespace }) => namespace === wanted);
  const open = namespaces.filter((namespace) => of(namespace).some(({ hasSynced }) => !hasSynced));
  const isTold = (namespace: string | undefined): boolean => of(namespace).some(({ trouble }) => trouble !== undefined);
  return open.length === 0 || (open.length < namespaces.length && open.every(isTold));
}

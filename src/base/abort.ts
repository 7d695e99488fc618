/** Abort signals that also fire after a time, without leaking listeners on long-lived parents. */
import type { Clock } from "./deps.ts";

export interface Deadline {
  /** Aborts with a TimeoutError when the time is up, or with the parent's reason. */
  readonly signal: AbortSignal;
  /** True when the time was up, false when only the parent aborted. */
  readonly expired: boolean;
  /** Counts the full time again from now. */
  restart(): void;
  /** Drops the timer and the listener; call it once the guarded work has ended. */
  release(): void;
}

/** Starts counting `ms` at once. */
export function createDeadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const expire = (): void => {
    expired = true;
    parent?.removeEventListener("abort", onParentAbort);
    controller.abort(new DOMException(`no result within ${ms} ms`, "TimeoutError"));
  };
  const onParentAbort = (): void => {
    cancel();
    controller.abort(parent?.reason);
  };
  let cancel = clock.setTimeout(expire, ms);
  if (parent?.aborted) onParentAbort();
  else parent?.addEventListener("abort", onParentAbort, { once: true });

  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    restart() {
      cancel();
      if (!controller.signal.aborted) cancel = clock.setTimeout(expire, ms);
    },
    release() {
      cancel();
      parent?.removeEventListener("abort", onParentAbort);
    },
  };
}

/** The promise's outcome, or a rejection with the signal's reason when that comes first: for work that cannot be told to stop. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Lets many callers wait for one piece of work; it is aborted only when the last of them gives up. */

/** Calls made while the work runs join it. A caller whose signal aborts gets the signal's reason and leaves the others alone. */
export function singleFlight<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let flight: { readonly result: Promise<T>; readonly controller: AbortController; waiters: number } | undefined;

  return async (signal) => {
    signal.throwIfAborted();
    if (flight === undefined) {
      const controller = new AbortController();
      flight = { result: work(controller.signal), controller, waiters: 0 };
    }
    const joined = flight;
    joined.waiters++;
    try {
      return await untilAborted(joined.result, signal);
    } finally {
      joined.waiters--;
      if (joined.waiters === 0) {
        joined.controller.abort();
        if (flight === joined) flight = undefined;
      }
    }
  };
}

function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    void result.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

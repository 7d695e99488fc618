/** Whether this process is alive and ready. */
import type { Clock } from "../base/deps.ts";
import type { Answer } from "./server.ts";

export interface Health {
  /** 200 while the event loop turns and no reconcile hangs; kubelet restarts the pod otherwise. */
  healthz(): Answer;
  /** 200 when the caches have synced, on a standby too. */
  readyz(): Answer;
}

export interface HealthOptions {
  readonly clock: Clock;
  readonly ready: () => boolean;
  /** Namespaces that cannot be served now, and why. */
  readonly unserved: () => readonly { readonly namespace: string; readonly trouble: string | undefined }[];
  /** How long the reconcile that runs longest has been running, in seconds. */
  readonly longestRunningSeconds: () => number;
  /** Beyond this it ignores its signal, and its key is locked for good. */
  readonly stuckAfterSeconds: number;
}

const TICK_MS = 1_000;
const LATE_MS = 30_000;

/** Watches the event loop until the signal aborts. */
export function watchHealth(options: HealthOptions, signal: AbortSignal): Health {
  const { clock, ready, unserved, longestRunningSeconds, stuckAfterSeconds } = options;
  let lastTick = clock.monotonic();
  const tick = (): void => {
    lastTick = clock.monotonic();
    if (!signal.aborted) clock.setTimeout(tick, TICK_MS);
  };
  tick();

  return {
    healthz() {
      // The probe itself is served by the loop: what it can see is a loop that stood still until just now, again and again.
      if (clock.monotonic() - lastTick > LATE_MS) return { status: 500, body: "the event loop is stuck\n" };
      if (longestRunningSeconds() > stuckAfterSeconds) return { status: 500, body: "a reconcile is stuck\n" };
      return { status: 200, body: "ok\n" };
    },
    readyz() {
      if (!ready()) return { status: 503, body: "caches have not synced yet\n" };
      const lines = unserved().map(
        ({ namespace, trouble }) => `namespace ${namespace} is not served: ${trouble ?? "not listed yet"}\n`,
      );
      return { status: 200, body: `ok\n${lines.join("")}` };
    },
  };
}

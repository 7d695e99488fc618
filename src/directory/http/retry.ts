/** Repeats a request that failed in a way that may pass: up to 4 attempts, growing pauses, Retry-After honoured in full. */

import type { Deps } from "../../base/deps.ts";
import type { Failure } from "../../base/failure.ts";
import { HOUR_MS, MINUTE_MS } from "../../base/time.ts";

/** How long a request is worth waiting for: for a run nearly any time, for a person who looks on little. */
export type Patience = "long" | "short";
const ATTEMPTS_OF: Readonly<Record<Patience, number>> = { long: 4, short: 1 };
const LONGEST_PAUSE_MS = MINUTE_MS;

/** `retry` makes the failure that ends the run when no attempt is left; `retryAt` is when the server will hear us again. */
export type Attempt<T> =
  | { readonly done: T }
  | { readonly retry: (retryAt: number | undefined) => Failure; readonly retryAfterMs: number | undefined };

/**
 * Runs `attempt` until it is done. Pauses 1, 2, 4 s (±20 %), or as long as Retry-After says where that is longer;
 * one beyond 60 s is not waited for, it ends the run with a Failure that carries `retryAt`.
 */
export async function retrying<T>(
  { clock, random }: Deps,
  signal: AbortSignal,
  attempt: () => Promise<Attempt<T>>,
  patience: Patience = "long",
): Promise<T> {
  for (let made = 1; ; made++) {
    const outcome = await attempt();
    if ("done" in outcome) {
      return outcome.done;
    }
    const { retryAfterMs } = outcome;
    if (made === ATTEMPTS_OF[patience] || (retryAfterMs ?? 0) > LONGEST_PAUSE_MS) {
      throw outcome.retry(retryAfterMs === undefined ? undefined : clock.now() + retryAfterMs);
    }
    const backoffMs = 1000 * 2 ** (made - 1) * (0.8 + 0.4 * random());
    await clock.sleep(Math.max(backoffMs, retryAfterMs ?? 0), signal);
  }
}

/** Daily slots are a day apart: whoever asks for more is asked again with the next one. */
export const LONGEST_PAUSE_HOURS = 24;
const LONGEST_RETRY_AFTER_MS = LONGEST_PAUSE_HOURS * HOUR_MS;

/**
 * Milliseconds that a Retry-After header (seconds or an HTTP date) asks for, at most a day; undefined where it is absent
 * or says nothing that can be read. An instant in the past is no pause.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const asked = askedPause(value, now);
  return asked === undefined ? undefined : Math.min(asked, LONGEST_RETRY_AFTER_MS);
}

export const asksTooLong = (value: string | undefined, now: number): boolean =>
  (askedPause(value, now) ?? 0) > LONGEST_RETRY_AFTER_MS;

function askedPause(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  // Date.parse reads nearly everything as some date.
  const at = / GMT\s*$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

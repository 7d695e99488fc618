/** What keeps reconciles from ending, and so from writing a status of their own, is told once it lasts. */

import type { Clock } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import type { Reconcile } from "./types.ts";

/** What passes sooner is not worth a change of Ready; what the API server refuses does not pass. */
const HICCUP_MS = MINUTE_MS;

export interface Telling<T> {
  readonly clock: Clock;
  /** Whether what failed before is only waited with. */
  readonly goesOn?: (key: string) => boolean;
  readonly inWords: (error: unknown) => T;
  /** That fails too may be told at the next try. */
  readonly tell: (key: string, trouble: T, signal: AbortSignal) => Promise<void>;
}

/**
 * `reconcile` itself, its results and errors; beside that, `tell` is called with an error that a person must cure, and with
 * any that follows others for a minute.
 */
export function tellingLasting<T extends { readonly stalled?: boolean | undefined }>(
  { clock, goesOn = () => false, inWords, tell }: Telling<T>,
  reconcile: Reconcile,
): Reconcile {
  /** By the monotonic clock: somebody may set the other. */
  const since = new Map<string, number>();
  return async (key, context) => {
    try {
      const result = await reconcile(key, context);
      if (!goesOn(key)) since.delete(key);
      return result;
    } catch (error) {
      const now = clock.monotonic();
      const first = since.get(key) ?? now;
      since.set(key, first);
      const trouble = inWords(error);
      const lasts = trouble.stalled === true || now - first >= HICCUP_MS;
      if (lasts && !context.signal.aborted)
        await tell(key, trouble, context.signal).catch((err: unknown) =>
          context.log.debug({ err }, "The trouble could not be told"),
        );
      throw error;
    }
  };
}

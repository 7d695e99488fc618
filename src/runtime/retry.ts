/** When a request to the API server is worth repeating, and after how long. */
import { ApiError } from "./types.ts";

const MOST_ATTEMPTS = 4;
const LONGEST_WAIT_MS = 30_000;

/**
 * Milliseconds to wait before the next attempt, or undefined when the error is final.
 * Reads are repeated after 429, 5xx but 501 (not implemented, and not a moment later either), and a refused or reset connection; writes only when the server surely did nothing: 429, refused connection.
 * A Retry-After longer than 30 s is left to the caller, who has better things to do than to sleep.
 */
export function retryDelay(error: unknown, method: string, attempt: number, random: () => number): number | undefined {
  if (!(error instanceof ApiError) || attempt >= MOST_ATTEMPTS) return undefined;
  const didNothing = error.status === 429 || error.reason === "ECONNREFUSED";
  const mayPass =
    (error.status >= 500 && error.status !== 501) ||
    (error.status === 0 && ["ECONNRESET", "EPIPE"].includes(error.reason));
  if (!didNothing && !(mayPass && method === "GET")) return undefined;
  const wait = error.retryAfterMs ?? 2 ** (attempt - 1) * 1000 * (1 - random() / 2);
  return wait > LONGEST_WAIT_MS ? undefined : wait;
}

/** Looks at permissions that somebody outside asks for, such as the page that an administrator comes back to. */
import type { Clock } from "../../base/deps.ts";
import { HOUR_MS, MINUTE_MS } from "../../base/time.ts";

export interface Checks {
  /**
   * Asks for a look at the object `namespace/name` with a fresh token, at most one in 10 s and 60 in an hour, and resolves
   * when it was done, or after 5 s: nothing may lead here, or something else is in the way.
   */
  ask(key: string): Promise<void>;
  isAsked(key: string): boolean;
  /** The look was done and is in the status. */
  done(key: string): void;
}

interface Request {
  readonly since: number;
  readonly waiting: (() => void)[];
  done: boolean;
}

/** Entra answers a loop of the same request with AADSTS50196. */
const PAUSE_MS = 10_000;
const PATIENCE_MS = 5_000;
/** What nobody served by then is forgotten. */
const FORGET_MS = MINUTE_MS;
const MOST_AN_HOUR = 60;

export function createChecks(clock: Clock, wake: (key: string) => void): Checks {
  const requests = new Map<string, Request>();
  /** When looks were asked for within the last hour. */
  const recent = new Map<string, number[]>();

  function current(key: string): Request | undefined {
    const found = requests.get(key);
    if (found === undefined) return undefined;
    if (clock.monotonic() - found.since < (found.done ? PAUSE_MS : FORGET_MS)) return found;
    requests.delete(key);
    return undefined;
  }

  function begin(key: string): Request | undefined {
    const times = (recent.get(key) ?? []).filter((time) => time > clock.monotonic() - HOUR_MS);
    if (times.length >= MOST_AN_HOUR) return undefined;
    recent.set(key, [...times, clock.monotonic()]);
    const request: Request = { since: clock.monotonic(), waiting: [], done: false };
    requests.set(key, request);
    wake(key);
    return request;
  }

  return {
    async ask(key) {
      const request = current(key) ?? begin(key);
      if (request === undefined || request.done) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimeout(resolve, PATIENCE_MS);
        request.waiting.push(() => {
          cancel();
          resolve();
        });
      });
    },
    isAsked: (key) => current(key)?.done === false,
    done(key) {
      const request = requests.get(key);
      if (request === undefined) return;
      request.done = true;
      for (const tell of request.waiting.splice(0)) tell();
    },
  };
}

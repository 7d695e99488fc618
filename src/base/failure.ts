/**
 * How a step says that a run cannot go on. Everything in it is public: it reaches conditions, events, logs and mails,
 * so it never holds a secret, a token, a response body or an address.
 *
 * - `stalled`: a person must act; tried again slowly.
 * - `retry`: it may pass by itself; tried again with backoff, not before `retryAt`.
 * - `wait`: something watched or polled is not there yet.
 */
export type FailureKind = "stalled" | "retry" | "wait";

export interface FailureDetails {
  /** Milliseconds since the epoch; not before this instant. */
  readonly retryAt?: number | undefined;
  /** The message without what differs at every repetition (ids, times), so that repeated events become one series. */
  readonly note?: string | undefined;
  readonly cause?: unknown;
}

export class Failure extends Error {
  override readonly name = "Failure";
  readonly retryAt: number | undefined;
  /** For events. */
  readonly note: string;

  constructor(
    readonly kind: FailureKind,
    /** CamelCase, one class of error; becomes a condition's reason. */
    readonly reason: string,
    /** Names cause, field or object at fault, and the cure. */
    message: string,
    details: FailureDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.retryAt = details.retryAt;
    this.note = details.note ?? message;
  }

  /** How loud the log is about it. */
  get level(): "info" | "warn" {
    return this.kind === "stalled" || this.kind === "retry" ? "warn" : "info";
  }
}

/** Faults that a test orders from the simulated tenant: which request, from which on, how often, and what happens. */
import type { DirectoryEntry } from "./company.ts";

/** What a request asks for. */
export type RequestKind =
  | "token"
  | "metadata"
  | "consent"
  | "users"
  | "groups"
  | "contacts"
  | "delta"
  | "organization"
  | "batch"
  | "part";

export type Effect =
  /** An answer of this status with Graph's kind of body. */
  | { readonly kind: "status"; readonly status: number; readonly code?: string; readonly retryAfter?: string }
  /** Exactly this answer, whoever gives it: Entra's errors, a proxy's page, bytes that are not what their headers say. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A function makes another one for each request. */
      readonly body: string | Uint8Array | (() => string);
    }
  /** The connection is reset before a byte is answered. */
  | { readonly kind: "reset" }
  /** Half of the body, then the connection is reset. */
  | { readonly kind: "resetWithin" }
  /** Half of the body, then the connection ends. */
  | { readonly kind: "truncate" }
  /** Half of the body as if it were all of it. */
  | { readonly kind: "halve" }
  /** Nothing, until the client gives up. */
  | { readonly kind: "hang" }
  | { readonly kind: "delay"; readonly ms: number }
  /** The body comes a few bytes at a time, one portion in `ms`. */
  | { readonly kind: "trickle"; readonly ms: number }
  /** Changes the body of a success. */
  | { readonly kind: "edit"; readonly edit: (body: Record<string, unknown>) => unknown }
  /** A page is well-formed, and these objects are silently not on it. */
  | { readonly kind: "lose"; readonly lose: (entry: DirectoryEntry) => boolean };

export interface Fault {
  readonly on: RequestKind;
  /** 1 for the next such request; default 1. */
  readonly from?: number;
  /** How many requests it hits; default all until cancelled. */
  readonly times?: number;
  readonly effect: Effect;
}

export interface Faults {
  /** Answers a function that takes the fault back. */
  add(fault: Fault): () => void;
  /** What happens to this request. */
  next(kind: RequestKind): Effect | undefined;
}

export function createFaults(): Faults {
  const active = new Set<{ readonly fault: Fault; seen: number }>();
  return {
    add(fault) {
      const entry = { fault, seen: 0 };
      active.add(entry);
      return () => void active.delete(entry);
    },
    next(kind) {
      let hit: Effect | undefined;
      for (const entry of active) {
        const { on, from = 1, times = Number.POSITIVE_INFINITY, effect } = entry.fault;
        if (on !== kind) continue;
        entry.seen++;
        if (entry.seen >= from && entry.seen < from + times) hit ??= effect;
      }
      return hit;
    },
  };
}

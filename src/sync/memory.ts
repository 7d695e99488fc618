/** What a process remembers of each object between reconciles. Losing it costs a request, never correctness. Times are of its monotonic clock. */
import type { Failure } from "../base/failure.ts";
import { createFullReads, type FullReads } from "./additions/full-reads.ts";
import { type Followed, followedAnew } from "./additions/places.ts";

export interface Remembered {
  /** When tables were last rendered again, in milliseconds. */
  lastRender: number | undefined;
  /** Why it could not be done. */
  renderFailure: Failure | undefined;
  /** Starts of manual runs within the last hour, in milliseconds. */
  manualRuns: number[];
  /** When permissions were last looked at, in milliseconds. */
  lastCheck: number | undefined;
  /** The Secret version that the last run used. */
  runSecret: string | undefined;
  /** The run that an error cut short here, and how it goes on: not before `until`, however often it is woken. */
  cutShort: { readonly id: string; readonly times: number; readonly until: number } | undefined;
  /** Conflicts in a row. */
  conflicts: number;
  /** What the MailDomain and output asked for when rendering that was held. */
  heldRender: string | undefined;
  /** What lasts and was told last, so that it is told once. */
  told: ReadonlySet<string>;
  /** Patterns of excludeRecords that left nobody out in the last read, by their place. */
  idlePatterns: readonly number[];
  /** How it follows its tenant. */
  readonly followed: Followed;
  /** One for all objects. */
  readonly fullReads: FullReads;
}

export interface Memory {
  /** `uid`: an object that was deleted and made again since is a new one. */
  of(key: string, uid?: string): Remembered;
  forget(key: string): void;
}

export function createMemory(): Memory {
  const entries = new Map<string, Remembered>();
  const uids = new Map<string, string>();
  const fullReads = createFullReads();
  return {
    of(key, uid) {
      if (uid !== undefined) {
        if (uids.get(key) !== uid) entries.delete(key);
        uids.set(key, uid);
      }
      const found = entries.get(key) ?? {
        lastRender: undefined,
        renderFailure: undefined,
        manualRuns: [],
        lastCheck: undefined,
        runSecret: undefined,
        cutShort: undefined,
        conflicts: 0,
        heldRender: undefined,
        told: new Set(),
        idlePatterns: [],
        followed: followedAnew(),
        fullReads,
      };
      entries.set(key, found);
      return found;
    },
    forget(key) {
      entries.delete(key);
      uids.delete(key);
    },
  };
}

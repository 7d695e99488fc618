/** Whoever listens to events and reads metrics, and whether they hear what is written into the status. */
import { expect } from "vitest";
import type { EventRecorder } from "../../../../src/runtime/types.ts";
import type { SyncObserver } from "../../../../src/sync/services.ts";
import type { Told } from "./ledger.ts";

export interface Audience {
  readonly events: EventRecorder;
  readonly observer: SyncObserver;
  /** What was heard since the last comparison is exactly what was written. */
  compare(written: readonly Told[]): void;
  /** Nothing was heard: the process died, or the API server failed, between writing and telling. */
  compareNothing(written: readonly Told[]): void;
  heard(): { readonly told: number; readonly untold: number };
}

export function createAudience(): Audience {
  let [told, untold] = [0, 0];
  let heard: { ended: string[]; missed: number };
  let counted: { ended: string[]; missed: number };
  const forget = (): void => {
    heard = { ended: [], missed: 0 };
    counted = { ended: [], missed: 0 };
  };
  forget();
  const sizeOf = (written: readonly Told[]): number =>
    written.reduce((sum, { ended, missed }) => sum + (ended === undefined ? 0 : 1) + missed, 0);
  const isSilent = (): boolean => heard.ended.length + heard.missed + counted.ended.length + counted.missed === 0;

  return {
    events: {
      event(_, { reason, note }) {
        // Told beside what comes of runs: that the API server cannot be reached, and what a spec has for nothing.
        if (reason === "KubernetesAPI" || reason === "PatternMatchesNobody") return;
        if (reason === "ScheduleMissed") heard.missed += Number(/^\d+/.exec(note)?.[0]);
        else heard.ended.push(reason);
      },
    },
    observer: {
      runEnded: ({ trigger, result }) => void counted.ended.push(`${trigger} ${result}`),
      mailEnded: () => {},
      polled: () => {},
      unpolled: () => {},
      missedSlots(count) {
        counted.missed += count;
      },
    },
    compare(written) {
      const size = sizeOf(written);
      if (size === 0 && isSilent()) return;
      const ends = written.flatMap(({ ended = [] }) => ended);
      const missed = written.reduce((sum, one) => sum + one.missed, 0);
      expect(heard).toEqual({ ended: ends.filter(({ isNews }) => isNews).map(({ reason }) => reason), missed });
      expect(counted).toEqual({ ended: ends.map(({ trigger, result }) => `${trigger} ${result}`), missed });
      told += size;
      forget();
    },
    compareNothing(written) {
      untold += sizeOf(written);
      expect({ heard, counted }).toEqual({ heard: { ended: [], missed: 0 }, counted: { ended: [], missed: 0 } });
    },
    heard: () => ({ told, untold }),
  };
}

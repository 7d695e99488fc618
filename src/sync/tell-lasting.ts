/** What lasts without harming the list, and what a person would want to know of it: told by an event, once. */
import type { O365Sync } from "../api/types.generated.ts";
import { MINUTE_MS } from "../base/time.ts";
import { someOf } from "../base/words.ts";
import { leavingFor } from "../publication/inspect.ts";
import type { View } from "./gather.ts";
import type { Remembered } from "./memory.ts";
import type { SyncServices } from "./services.ts";
import { annotationNotes } from "./status/annotations.ts";

interface Note {
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** Again only when it was over in between, or this process is a new one. */
export function tellLasting(
  { events, maps, deps }: SyncServices,
  { standing }: View,
  object: O365Sync,
  memory: Remembered,
): void {
  const { current } = standing.manifest;
  const leaving =
    current === undefined ? [] : leavingFor(object, maps.known(object), current, deps.clock.now() - MINUTE_MS);
  const notes: readonly Note[] = [
    ...annotationNotes(object).map((note) => ({ reason: "UnknownAnnotation", action: "Request", note })),
    ...leaving.map(({ name, finalizers = [] }) => ({
      reason: "ConfigMapNotDeleted",
      action: "Publish",
      note: `the ConfigMap ${name} of an older layout is deleted and stays until whoever put the finalizer ${someOf(finalizers)} on it lets it go`,
    })),
    ...idleNote(memory.idlePatterns),
  ];
  for (const { reason, action, note } of notes)
    if (!memory.told.has(note)) events.event(object, { type: "Warning", reason, action, note });
  memory.told = new Set(notes.map(({ note }) => note));
}

/** By their place: a pattern may be an address. */
function idleNote(places: readonly number[]): Note[] {
  if (places.length === 0) return [];
  const named = someOf(places.map((place) => `spec.excludeRecords[${place}]`));
  const note = `${named}: leaves out nobody that no pattern before it leaves out; mind how it is spelt`;
  return [{ reason: "PatternMatchesNobody", action: "Sync", note }];
}

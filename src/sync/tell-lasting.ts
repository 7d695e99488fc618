/**
 * What lasts, and what a person would want to know of it: told by an event, once. Not by what the status said before: a
 * process that wrote the status and died, or never had the answer, would have told nobody.
 */
import type { O365Sync } from "../api/types.generated.ts";
import { DAY_MS, MINUTE_MS } from "../base/time.ts";
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
  /** What stays the same while the words change; default: the note. */
  readonly identity?: string;
}

/** Again only when it was over in between, or this process is a new one. */
export function tellLasting(
  { events, maps, deps }: SyncServices,
  { standing, obstacle }: View,
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
    ...mailNote(object, deps.clock.now()),
    ...additionsNote(object),
    ...(obstacle === undefined ? [] : [told(obstacle.reason, "Sync", obstacle.note)]),
  ];
  const identityOf = ({ note, identity = note }: Note): string => identity;
  for (const each of notes) {
    const { reason, action, note } = each;
    if (!memory.told.has(identityOf(each))) events.event(object, { type: "Warning", reason, action, note });
  }
  memory.told = new Set(notes.map(identityOf));
}

const told = (reason: string, action: string, note: string): Note => ({ reason, action, note, identity: reason });

/** Until a mail goes out, or nobody wants one; one of long ago is no news to a new process. */
function mailNote({ spec, status }: O365Sync, now: number): Note[] {
  const last = status?.notifications?.last;
  if (
    !spec.notifications.enabled ||
    last === undefined ||
    last.result === "Sent" ||
    now - Date.parse(last.time) > DAY_MS
  )
    return [];
  return [{ reason: `Notification${last.result}`, action: "Notify", note: last.message }];
}

/** What is not accepted any more. */
function additionsNote({ status }: O365Sync): Note[] {
  const { additions } = status ?? {};
  if (additions === undefined || additions.state === "Current") return [];
  return [told(`Additions${additions.state}`, "Add", additions.message)];
}

/** By their place: a pattern may be an address. */
function idleNote(places: readonly number[]): Note[] {
  if (places.length === 0) return [];
  const named = someOf(places.map((place) => `spec.excludeRecords[${place}]`));
  const note = `${named}: leaves out nobody that no pattern before it leaves out; mind how it is spelt`;
  return [{ reason: "PatternMatchesNobody", action: "Sync", note }];
}

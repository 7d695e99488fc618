/**
 * What lasts, and what a person would want to know of it: told by an event, once. Not by what the status said before: a
 * process that wrote the status and died, or never had the answer, would have told nobody.
 */
import type { O365Sync } from "../api/types.generated.ts";
import { MINUTE_MS } from "../base/time.ts";
import { someOf } from "../base/words.ts";
import { leavingFor } from "../publication/inspect.ts";
import { wantsAdditions } from "./additions/poll-times.ts";
import type { Remembered } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
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
  { view: { standing, obstacle }, polled }: Pick<Outcome, "view" | "polled">,
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
    ...mailNote(object),
    ...additionsNote(object, polled !== undefined, memory.told),
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

/** As long as it is put off; what failed for good is tried no more, and told where it failed. */
function mailNote({ spec, status }: O365Sync): Note[] {
  const { last, pending = [] } = status?.notifications ?? {};
  const isOwed = pending.some(({ id }) => id === last?.id);
  if (!spec.notifications.enabled || last === undefined || last.result === "Sent" || !isOwed) return [];
  return [{ reason: `Notification${last.result}`, action: "Notify", note: last.message }];
}

/** What is not accepted any more, where this process asked the tenant: what the status said before is what another one knew. */
function additionsNote(object: O365Sync, isPolled: boolean, before: ReadonlySet<string>): Note[] {
  const { additions } = object.status ?? {};
  if (additions === undefined || additions.state === "Current") return [];
  const note = told(`Additions${additions.state}`, "Add", additions.message);
  return wantsAdditions(object) && (isPolled || before.has(note.reason)) ? [note] : [];
}

/** By their place: a pattern may be an address. */
function idleNote(places: readonly number[]): Note[] {
  if (places.length === 0) return [];
  const named = someOf(places.map((place) => `spec.excludeRecords[${place}]`));
  const note = `${named}: leaves out nobody that no pattern before it leaves out; mind how it is spelt`;
  return [{ reason: "PatternMatchesNobody", action: "Sync", note }];
}

/** Tells people through events what came of a reconcile; what lasts is told by tell-lasting.ts. Notes carry nothing volatile and no addresses. */

import type { O365Sync } from "../api/types.generated.ts";
import type { Retiring } from "../publication/manifest.ts";
import { isTest } from "../publication/run-records.ts";
import type { EventRecorder } from "../runtime/types.ts";
import type { Outcome } from "./outcome.ts";

/** `retiring`: what was kept for its day before this reconcile. */
export function announce(
  events: EventRecorder,
  outcome: Outcome,
  object: O365Sync,
  retiring: readonly Retiring[] = [],
): void {
  const normal = (reason: string, action: string, note: string): void =>
    events.event(object, { type: "Normal", reason, action, note });
  const warn = (reason: string, action: string, note: string): void =>
    events.event(object, { type: "Warning", reason, action, note });

  const { run, end, isNews = false, rendered, missedSlots = 0, nearlyFull, heldNote } = outcome;
  if (run !== undefined && end !== undefined && isNews) {
    const action = isTest(run) ? "Test" : "Sync";
    const tell = end.result === "Held" || end.result === "Failed" ? warn : normal;
    tell(end.result === "Held" ? "Held" : end.reason, action, end.failure?.note ?? end.message);
  }
  if (heldNote !== undefined) warn("Held", "Render", heldNote);
  if (rendered !== undefined) normal("Rendered", "Render", RENDERED[rendered]);
  if (missedSlots > 0) warn("ScheduleMissed", "Sync", describeMissed(missedSlots));
  if (nearlyFull !== undefined) {
    const cure =
      nearlyFull.suggestedShards === undefined ? "" : `; set spec.output.shards to ${nearlyFull.suggestedShards}`;
    warn("OutputNearlyFull", "Publish", `a ConfigMap of the tables is more than 70 % full${cure}`);
  }
  announceRetiring(outcome, retiring, warn);
  for (const { reason, failure } of outcome.unwritten ?? []) warn(reason, "Sync", failure.note);
  if ((outcome.damagedRecords ?? 0) > 0) warn("HistoryDamaged", "Sync", DAMAGED);
  announceLostMail(outcome, warn);
}

/** That what gateways may still mount is no longer kept current is told when it happens. */
function announceRetiring(
  { view }: Outcome,
  before: readonly Retiring[],
  warn: (reason: string, action: string, note: string) => void,
): void {
  const keyOf = ({ shards, formats, stale, gone }: Retiring): string => JSON.stringify([shards, formats, stale, gone]);
  const known = new Set(before.map(keyOf));
  for (const each of view.standing.manifest.current?.retiring ?? []) {
    if (known.has(keyOf(each))) continue;
    const what = `the tables ${each.formats.join(", ")} of shards: ${each.shards}, which the spec no longer asks for,`;
    if (each.stale === true)
      warn("TablesStale", "Publish", `${what} stay as they were: the list does not fit them any more`);
    if (each.gone === true)
      warn("TablesGivenUp", "Publish", `${what} were given up before their day was over: they do not fit any more`);
  }
}

const RENDERED: Readonly<Record<NonNullable<Outcome["rendered"]>, string>> = {
  Drifted: "the tables were not as published, and were put right from the published accounts",
  Changed: "spec.output or the Mirror domains changed: the tables were made anew from the published accounts",
};

const DAMAGED = "records of past runs were not as they were written, by an edit of their ConfigMap, and are gone";

const describeMissed = (slots: number): string =>
  `${slots === 1 ? "1 slot" : `${slots} slots`} passed while nothing could run, too late to be caught up`;

/** A mail that nobody tries again; one that is put off lasts. The same trouble with the next mail is told once. */
function announceLostMail({ view, mail }: Outcome, warn: (reason: string, action: string, note: string) => void): void {
  if (mail === undefined || mail.result === "Sent" || mail.result === "Deferred") return;
  const before = view.object.status?.notifications?.last;
  if (before?.result === mail.result && before.message === mail.message) return;
  warn(`Notification${mail.result}`, "Notify", mail.message);
}

/** What a reconcile works with, and what it answers to the one place that writes conditions. */

import type { O365Sync, O365SyncStatus } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import type { Failure } from "../base/failure.ts";
import type { Delivered, Notifier } from "../notify/notifier.ts";
import type { HistoryWriter } from "../publication/history-writer.ts";
import type { Run } from "../publication/records.ts";
import type { EventRecorder } from "../runtime/types.ts";
import type { Checks } from "./access/checks.ts";
import type { GatherServices, View } from "./gather.ts";
import type { RunServices } from "./run/run.ts";
import type { Facts, Finding } from "./status/conditions.ts";
import type { StatusWriter } from "./status/status-writer.ts";
import type { RunEnd } from "./status/transitions.ts";

export interface SyncSettings {
  /** Runs that people may ask for, per object. */
  readonly manualRunsPerHour: number;
  /** Milliseconds; a run that takes longer fails. */
  readonly runDeadlineMs: number;
  /** The admin-consent link of an object's cloud and tenant; undefined where no client id is known. */
  readonly consentUrl: (object: O365Sync) => string | undefined;
}

export interface SyncServices extends RunServices, GatherServices {
  readonly deps: Deps;
  readonly events: EventRecorder;
  readonly histories: HistoryWriter;
  readonly statuses: StatusWriter;
  readonly notifier: Notifier;
  readonly settings: SyncSettings;
  readonly observer?: SyncObserver | undefined;
  /** Looks at permissions that others ask for. */
  readonly checks?: Checks | undefined;
}

/** Told what came of runs, for metrics. */
export interface SyncObserver {
  runEnded(run: {
    readonly trigger: string;
    readonly result: string;
    readonly seconds: number;
    /** How late it began, for the first attempt at a slot. */
    readonly delaySeconds?: number | undefined;
  }): void;
  missedSlots(count: number): void;
  /** Told of every attempt at a mail. */
  mailEnded(mail: { readonly result: string }): void;
}

/** What came of one decision. */
export interface Outcome {
  /** As it stands now; its object is the one that the status is written to. */
  readonly view: View;
  /** Before conditions. */
  readonly status: O365SyncStatus;
  readonly authorized?: Finding | undefined;
  readonly failure?: Failure | undefined;
  /** Of the run that ended. */
  readonly run?: Run | undefined;
  readonly end?: RunEnd | undefined;
  /** Whether the end of the run is worth an event. */
  readonly isNews?: boolean;
  /** How long it took. */
  readonly seconds?: number;
  readonly nearlyFull?: { readonly suggestedShards: number | undefined } | undefined;
  /** Tables were rendered again: they were not as published, or other ones are asked for. */
  readonly rendered?: "Drifted" | "Changed";
  /** Why rendering them was held. */
  readonly heldNote?: string;
  readonly missedSlots?: number;
  /** Why its record is not in the history. */
  readonly unwritten?: Failure;
  /** What came of an attempt at a mail. */
  readonly mail?: Delivered;
}

export function factsOf(
  { settings }: SyncServices,
  { object, domain, obstacle, access, standing, accountsDamaged, missingTables }: View,
  now: number,
  { authorized, failure }: Pick<Outcome, "authorized" | "failure"> = {},
): Facts {
  return {
    domain,
    obstacle,
    now,
    published: standing.manifest.current,
    accountsDamaged,
    missingTables,
    consentUrl: settings.consentUrl(object),
    access,
    authorized,
    failure,
  };
}

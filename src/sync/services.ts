/** What the rooms of sync work with, from the least that a room needs to all of it. */
import type { O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import type { DirectoryProvider } from "../directory/types.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { ChangesWriter } from "../publication/changes-writer.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import type { HistoryWriter } from "../publication/history-writer.ts";
import type { Plans } from "../publication/plans.ts";
import type { Publisher } from "../publication/publish.ts";
import type { ObjectMeta } from "../runtime/kube.ts";
import type { StatusWriter } from "../runtime/status-writer.ts";
import type { Client, EventRecorder } from "../runtime/types.ts";
import type { Checks } from "./access/checks.ts";
import type { GatherServices } from "./gather.ts";

export interface GateServices {
  readonly statuses: StatusWriter<O365Sync>;
  readonly client: Client;
  readonly maps: ConfigMaps;
  readonly publisher: Publisher;
  readonly plans: Plans;
  readonly deps: Deps;
  /** Percent; what no object's deletionGuard may exceed. */
  readonly maxDeletionPercent: number;
}

export interface RunServices extends GateServices {
  readonly changes: ChangesWriter;
  readonly directories: DirectoryProvider;
}

export interface SyncSettings {
  /** Runs that people may ask for, per object. */
  readonly manualRunsPerHour: number;
  /** Milliseconds; a run that takes longer fails. */
  readonly runDeadlineMs: number;
  /** The admin-consent link of an object's cloud and tenant; undefined where no client id is known. */
  readonly consentUrl: (object: O365Sync) => string | undefined;
  /** How often an object asks what is new. */
  readonly additionsIntervalMs: (object: O365Sync) => number;
}

export interface SyncServices extends RunServices, GatherServices {
  readonly deps: Deps;
  readonly events: EventRecorder;
  readonly histories: HistoryWriter;
  readonly statuses: StatusWriter<O365Sync>;
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
  /** Told of every time the tenant was asked what is new. */
  polled(object: Pick<ObjectMeta, "namespace" | "name">, poll: Polled): void;
  /** Told of every object that does not want that, or is gone. */
  unpolled(object: Pick<ObjectMeta, "namespace" | "name">): void;
}

/** What came of asking the tenant what is new. */
export interface Polled {
  readonly result: "Added" | "Nothing" | "Limited" | "Waiting" | "Failed";
  /** When the tenant answered, in milliseconds since the epoch; absent where it did not. */
  readonly answered?: number;
  readonly accountAdds?: number;
  readonly aliasAdds?: number;
  /** Of what was added, in seconds, as far as its object says when it was made. */
  readonly ages?: readonly number[];
}

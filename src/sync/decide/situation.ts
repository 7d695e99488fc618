/** What a decision is made from, and what can be decided. */

import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import type { Failure } from "../../base/failure.ts";
import type { HandledTokens, Run } from "../../publication/run-records.ts";
import type { Slots } from "../../schedule/object-schedule.ts";
import type { OwedMail } from "../mail/owed.ts";
import type { PendingRequest } from "./requests.ts";

export interface Situation {
  readonly object: O365Sync;
  readonly domain: MailDomain | undefined;
  /** Why nothing can run now: a claim, a reference or a type that is wrong. */
  readonly obstacle: Failure | undefined;
  /** Why tables cannot be put right either. */
  readonly tablesObstacle: Failure | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Something was published, but its accounts cannot be read. */
  readonly accountsDamaged: boolean;
  /** The ConfigMaps are not what accounts, MailDomain and output say. */
  readonly tablesDiffer: boolean;
  /** ConfigMaps carry other labels or owners than they must. */
  readonly misowned: boolean;
  /** When tables were last rendered again, in milliseconds. */
  readonly lastRender: number | undefined;
  /** Starts of this object's manual runs, in milliseconds. */
  readonly manualRuns: readonly number[];
  readonly manualRunsPerHour: number;
  /** When tables that retire are due to go, in milliseconds. */
  readonly retiringUntil: number | undefined;
  /** When permissions were last looked at, in milliseconds. */
  readonly lastCheck: number | undefined;
  /** The Secret is another one than that of the last run. */
  readonly secretChanged: boolean;
  /** Somebody asked to look at permissions now. */
  readonly checkAsked: boolean;
  /** Tokens that manifest and history know as handled: they matter where the status is gone. */
  readonly handledBefore: HandledTokens;
  /** Before when a run that an error cut short must not ask the tenant again, in milliseconds. */
  readonly resumeAt: number | undefined;
  /** When the tenant is to be asked what is new, in milliseconds; undefined where no list stands or nobody wants it. */
  readonly pollAt: number | undefined;
  /** When the credential ends, in milliseconds. */
  readonly credentialEnd: number | undefined;
}

export interface Answer {
  readonly request: PendingRequest;
  readonly state: "Accepted" | "Rejected" | "Failed";
  readonly reason: string;
  readonly message: string;
}

export type Decision =
  /** Nothing now; look again at `until`. */
  | { readonly do: "wait"; readonly until: number | undefined }
  /** Tell people what became of their requests, without running anything. */
  | { readonly do: "answer"; readonly answers: readonly Answer[] }
  /** Another schedule is in force from now on. */
  | { readonly do: "adopt"; readonly slots: Slots }
  /** Slots passed that will not run. */
  | { readonly do: "miss"; readonly latest: number; readonly count: number }
  /** Look whether the tenant lets us in, and has what was missing. */
  | { readonly do: "recheck" }
  /** The cause of the last failure is gone. */
  | { readonly do: "cure" }
  /** Tokens that were handled, of a status that is lost: they ask nothing. */
  | { readonly do: "recall"; readonly requests: readonly PendingRequest[] }
  /** Ask the tenant what is new. */
  | { readonly do: "poll"; readonly due: number }
  /** Put the tables right from the accounts. */
  | { readonly do: "render" }
  /** Put labels and owners right, and leave the data alone. */
  | { readonly do: "relabel" }
  /** A mail is owed. */
  | { readonly do: "notify"; readonly owed: OwedMail }
  /** A run that was interrupted may not go on. */
  | { readonly do: "abandon"; readonly run: Run; readonly reason: string; readonly message: string }
  | { readonly do: "run"; readonly run: Run };

/**
 * One line of the checklist. It answers what is done now, or the instant at which it is to be asked again although
 * nothing changed (milliseconds since the epoch), or nothing, where only a change of the object can bring it about.
 */
export type Rule = (situation: Situation) => Decision | number | undefined;

/** What a reconcile answers to the one place that writes conditions. */

import type { O365SyncStatus } from "../api/types.generated.ts";
import type { Failure } from "../base/failure.ts";
import type { Delivered } from "../notify/notifier.ts";
import type { Run } from "../publication/run-records.ts";
import type { Unwritten } from "./besides.ts";
import type { View } from "./gather.ts";
import type { Polled, SyncServices } from "./services.ts";
import type { Facts, Finding } from "./status/conditions.ts";
import type { RunEnd } from "./status/transitions.ts";

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
  /** What beside the list could not be written, and why. */
  readonly unwritten?: readonly Unwritten[];
  /** Records of the history that were not as they were written, and are gone. */
  readonly damagedRecords?: number;
  /** What came of an attempt at a mail. */
  readonly mail?: Delivered;
  readonly polled?: Polled;
}

export function factsOf(
  { settings }: Pick<SyncServices, "settings">,
  { object, domain, obstacle, access, standing, accountsDamaged, missingTables, brokenStale }: View,
  now: number,
  { authorized, failure }: Pick<Outcome, "authorized" | "failure"> = {},
): Facts {
  return {
    domain,
    obstacle,
    now,
    published: standing.manifest.current,
    predecessor: standing.predecessor?.sync,
    accountsDamaged,
    missingTables,
    brokenStale,
    consentUrl: settings.consentUrl(object),
    access,
    authorized,
    failure,
  };
}

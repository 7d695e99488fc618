/** Runs and what the history keeps of them: the vocabulary of this folder. */
import type { ChangeCounts, Source } from "../recipients/model.ts";

export type Trigger = "Schedule" | "Manual" | "Initial" | "SpecChange" | "DomainChange" | "Repair" | "Approval";

/** What put a record into the history: a run, or what came in between two of them. */
export type RecordTrigger = Trigger | "Additions";

export type RequestKind = "sync" | "testSync" | "testConnection" | "approve";

/** Tokens that reached a final state. */
export type HandledTokens = Readonly<Partial<Record<RequestKind, readonly string[]>>>;

export type RunResult = "Published" | "Unchanged" | "Held" | "Failed";

/** Why a run is made: a slot, an annotation with its value, or what changed. The kind of request follows from it, and from nothing else. */
export type Cause =
  | {
      readonly trigger: "Schedule";
      /** The nominal slot, RFC 3339. */
      readonly slotTime?: string;
      readonly request?: undefined;
      readonly token?: undefined;
    }
  | {
      readonly trigger: "Manual";
      /** The annotation that asked for it. */
      readonly request: Exclude<RequestKind, "approve">;
      /** Its value; a status of version 0.1.0 may lack it. */
      readonly token?: string;
      readonly slotTime?: undefined;
    }
  | {
      readonly trigger: "Approval";
      readonly request: "approve";
      /** The digest. */
      readonly token?: string;
      readonly slotTime?: undefined;
    }
  | {
      readonly trigger: Exclude<Trigger, "Schedule" | "Manual" | "Approval">;
      readonly request?: undefined;
      readonly token?: undefined;
      readonly slotTime?: undefined;
    };

/** One run as it is persisted when it starts: enough to finish it after a crash under the same identity. */
export type Run = Cause & {
  /** Names the history record; the same for every attempt at one slot or one request. */
  readonly id: string;
  /** RFC 3339. */
  readonly startTime: string;
  /** 1 for the first attempt. */
  readonly attempts: number;
};

/** The cause of a sync, of what a status keeps of it. Tests are no syncs: what is manual was asked for by `sync`. */
export function causeOf({ trigger, token, slotTime }: { trigger: Trigger; token?: string; slotTime?: string }): Cause {
  const asked = token === undefined ? {} : { token };
  if (trigger === "Schedule") return { trigger, ...(slotTime === undefined ? {} : { slotTime }) };
  if (trigger === "Manual") return { trigger, request: "sync", ...asked };
  if (trigger === "Approval") return { trigger, request: "approve", ...asked };
  return { trigger };
}

export const isTest = (run: Run): boolean => run.request === "testSync" || run.request === "testConnection";

/** A violation as status and history keep it. */
export interface RecordedViolation {
  readonly limit: string;
  readonly allowed: number;
  readonly actual: number;
}

export interface ReadCounts extends Readonly<Record<Source, number>> {
  readonly requests: number;
}

/** One row of the product's Sync History: Synced, Synced By, Test Sync, Summary, and what is behind them. */
export interface HistoryRecord {
  readonly id: string;
  /** When the run started, RFC 3339. */
  readonly synced: string;
  readonly completed: string;
  readonly syncedBy: string;
  readonly testSync: boolean;
  readonly summary: string;
  readonly trigger: RecordTrigger;
  /** The annotation that asked for it. */
  readonly request?: RequestKind;
  /** Its value: whoever finds it here after a restore asks nothing with it again. */
  readonly token?: string;
  readonly result: RunResult | "Succeeded";
  readonly reason: string;
  readonly attempts: number;
  readonly read?: ReadCounts;
  readonly changes?: ChangeCounts;
  readonly violations?: readonly RecordedViolation[];
  /** The plan that was held. */
  readonly plan?: { readonly digest: string; readonly approvable: boolean };
  readonly dropped?: Readonly<Record<string, number>>;
  readonly conflicts?: number;
  /** Up to 100 addresses each; older records lose theirs first when room is short. */
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
  readonly contested?: readonly Contested[];
  /** As records of version 0.1.0 have them: without their owners. */
  readonly conflictAddresses?: readonly string[];
  /** Where every address that the run changed stands. */
  readonly changesIn?: ListPlace;
  /** How many addresses do not stand in this record, of those that it counts. */
  readonly cut?: RecordCut;
}

/** An address that several objects have. */
export interface Contested {
  readonly address: string;
  /** Ids of objects. */
  readonly keptBy: string;
  readonly lostBy: readonly string[];
}

export interface ListPlace {
  readonly configMap: string;
  /** Of its binaryData. */
  readonly key: string;
  /** How many changes had no room there. */
  readonly cut: number;
}

export interface RecordCut {
  readonly added: number;
  readonly removed: number;
  readonly contested: number;
}

export const ADDRESSES_KEPT = 100;
/** Of one contested address. */
export const LOSERS_KEPT = 8;

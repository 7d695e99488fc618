/** What a row of the table of docs/reliability.md consists of: the text that people read, and how it is played. */
import type { Catcher } from "../../../dev/smtp/index.ts";
import type { MailDomainSpec, O365SyncSpec } from "../../../src/api/types.generated.ts";
import type { Identity, Obstacles, TakeAway } from "../obstacles.ts";
import type { ShiftClock } from "../shift-clock.ts";
import type { World } from "../world.ts";

export interface Stage {
  readonly world: World;
  readonly clock: ShiftClock;
  readonly obstacles: Obstacles;
  /** Of this row's operator. */
  readonly identity: Identity;
  readonly mail: Catcher;
  /** Of this row's files. */
  readonly folder: string;
  /** Lets that much time pass, minute by minute. */
  pass(minutes: number): Promise<void>;
  /** Lets the next slot of the schedule come. */
  slot(): Promise<void>;
}

export type Promised =
  | "at once"
  | "1 minute"
  | "5 minutes"
  | "10 minutes"
  | "1 hour"
  | "the next slot"
  | "the pause asked for";

export interface Row {
  /** What a person may break. */
  readonly cause: string;
  /** Of which object; default O365Sync. */
  readonly of?: "O365Sync" | "MailDomain";
  /**
   * What it says: the reason of Ready=False, or a condition such as `Published=False/TablesMissing`. `event:` with a
   * reason for what stands in no condition: it is over before anybody looks, or keeps no list from being right.
   */
  readonly says: string;
  /** A piece of the message. */
  readonly words: string;
  /** Whether that waits for a person. */
  readonly stalled?: boolean;
  /** Whether Ready and the others stay as they should all the while. */
  readonly harmless?: true;
  /** What heals it. */
  readonly cure: string;
  readonly after: Promised;
  /** Of the object; automatic sync is on unless told. */
  readonly spec?: Partial<O365SyncSpec>;
  readonly domain?: Partial<MailDomainSpec>;
  readonly flags?: readonly string[] | ((folder: string) => readonly string[]);
  /** Whether the break is there before the first sync. Default false: a list stands. */
  readonly first?: true;
  /** What holds beside the conditions once it is healed, where they were never touched. */
  readonly proof?: (stage: Stage) => Promise<boolean>;
  /** Where it is played; default everywhere. */
  readonly only?: "real" | "embedded";
  /** Breaks it, and answers what cures the cause and does nothing else. */
  readonly play: (stage: Stage) => Promise<TakeAway>;
}

export interface Chapter {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Which addresses of these domains are not on the list, and why: bounded, and the same whatever the order of input. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Roster } from "./packed/roster.ts";
import { compilePatterns } from "./patterns.ts";
import type { DropReason } from "./smtp-address.ts";

/** The first of them are told first where there are too many: what nobody expects before what somebody configured. */
export const LEFT_OUT_REASONS = [
  "conflict",
  "noAddress",
  "quoted",
  "nonAscii",
  "blanks",
  "localPartTooLong",
  "tooLong",
  "noAt",
  "sourceRoute",
  "format",
  "excluded",
] as const;

export type LeftOutReason = DropReason | (typeof LEFT_OUT_REASONS)[number];

export interface LeftOutEntry {
  /** As the directory has it; absent where it has none: of a mail-enabled group, or behind a prefix. */
  readonly address?: string;
  /** The directory's id. */
  readonly object?: string;
  readonly reason: LeftOutReason;
  /** Of excludeRecords. */
  readonly pattern?: string;
  /** The id of the object that has the address instead. */
  readonly keptBy?: string;
}

/** Sorted by reason, address and object. */
export interface LeftOut {
  readonly entries: readonly LeftOutEntry[];
  /** How many more there are. */
  readonly more: number;
}

/** Of the file that tells them, and so of what is kept of them in memory. */
export const MOST_BYTES = 512 * 1024;
/** For the line that counts the rest. */
const ROOM_FOR_COUNT = 64;
const LONGEST_SHOWN = 320;

interface Row extends LeftOutEntry {
  /** What a pattern matched, where that is not the address itself: the primary of its account. */
  readonly matched?: string;
}

export interface LeftOutCollector {
  /** `matched`: what the pattern matched, for one that is excluded. */
  add(entry: LeftOutEntry, matched?: string): void;
  finish(patterns: readonly string[]): Steps<LeftOut>;
}

export function createLeftOut(): LeftOutCollector {
  let rows: { readonly key: string; readonly row: Row; readonly bytes: number }[] = [];
  let bytes = 0;
  let more = 0;
  /** What sorts behind this is only counted. */
  let last: string | undefined;

  function prune(): void {
    rows.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1));
    const kept: typeof rows = [];
    bytes = 0;
    for (const entry of rows) {
      // A page that came twice tells of an object twice.
      if (entry.key === kept.at(-1)?.key) continue;
      bytes += entry.bytes;
      if (bytes <= MOST_BYTES) kept.push(entry);
      else more++;
    }
    if (kept.length < rows.length && bytes > MOST_BYTES) last = kept.at(-1)?.key;
    bytes = Math.min(bytes, MOST_BYTES);
    rows = kept;
  }

  return {
    add(entry, matched) {
      const { address = "", ...known } = entry;
      const { object = "", reason } = known;
      const shown = address.slice(0, LONGEST_SHOWN);
      const key = `${String(LEFT_OUT_REASONS.indexOf(reason)).padStart(2, "0")} ${shown} ${object}`;
      if (last !== undefined && key > last) {
        more++;
        return;
      }
      const row: Row = {
        ...known,
        ...(address === "" ? {} : { address: shown }),
        ...(matched === undefined ? {} : { matched }),
      };
      const size = lineOf(row).length;
      rows.push({ key, row, bytes: size });
      bytes += size;
      if (bytes > 2 * MOST_BYTES) prune();
    },

    *finish(patterns) {
      prune();
      yield;
      const patternOf = compilePatterns(patterns);
      const entries: LeftOutEntry[] = [];
      let room = MOST_BYTES - ROOM_FOR_COUNT;
      for (const { row } of rows) {
        const { matched, ...entry } = row;
        const pattern = row.reason === "excluded" ? patternOf(matched ?? row.address ?? "") : undefined;
        const told: LeftOutEntry = pattern === undefined ? entry : { ...entry, pattern };
        room -= Buffer.byteLength(lineOf(told));
        if (room < 0) more++;
        else entries.push(told);
        if (isPauseDue()) yield;
      }
      return { entries, more };
    },
  };
}

/**
 * Of what was left out of a list that was not published: what the list that stands has not either. An address that an
 * object lost is told while that object has it on the list no more.
 */
export function* lackedBy(standing: Roster, { entries, more }: LeftOut): Steps<LeftOut> {
  const holders = new Map<string, string | undefined>();
  for (const { address } of entries) if (address !== undefined) holders.set(address, undefined);
  for (let index = 0; index < standing.length; index++) {
    const count = standing.countOf(index);
    for (let place = 0; place < count; place++) {
      const address = standing.addressAt(index, place);
      if (holders.has(address)) holders.set(address, standing.idOf(index));
      if (isPauseDue()) yield;
    }
  }
  const isLacked = ({ address = "", object, reason }: LeftOutEntry): boolean => {
    const holder = holders.get(address);
    // A format has no room for what the list has.
    return holder === undefined || reason === "format" || (reason === "conflict" && holder !== object);
  };
  return { entries: entries.filter(isLacked), more };
}

/**
 * What is known, after some objects were looked at again: of those only what is told of them now. The other objects are
 * as they were, and so are conflicts, which nobody can tell who has not looked at all.
 */
export function* renewed(
  known: LeftOut,
  found: LeftOut,
  { objects, patterns }: { readonly objects: ReadonlySet<string>; readonly patterns: readonly string[] },
): Steps<LeftOut> {
  const collector = createLeftOut();
  for (const entry of known.entries) {
    if (entry.reason === "conflict" || !objects.has(entry.object ?? "")) collector.add(entry);
  }
  for (const entry of found.entries) collector.add(entry);
  const { entries, more } = yield* collector.finish(patterns);
  return { entries, more: more + known.more + found.more };
}

/** One line of the file. */
export const lineOf = (entry: LeftOutEntry): string => {
  const { address, object, reason, pattern, keptBy } = entry;
  return `${JSON.stringify({ address, object, reason, pattern, keptBy })}\n`;
};

/** The places of the patterns that leave out nobody whom an earlier one does not; none where not everybody is told. */
export function idlePatterns(patterns: readonly string[], { entries, more }: LeftOut): number[] {
  if (more > 0) return [];
  const used = new Set(entries.map(({ pattern }) => pattern));
  return patterns.flatMap((pattern, place) =>
    used.has(pattern) && patterns.indexOf(pattern) === place ? [] : [place],
  );
}

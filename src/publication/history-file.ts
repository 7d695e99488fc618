/** The history ConfigMap: newest first, one record a run, in JSON and as the product's table. Pure. */

import * as v from "valibot";
import { parseBounded } from "../base/bounded-json.ts";
import { readableTime } from "../base/time.ts";
import { ADDRESSES_KEPT, type HistoryRecord } from "./run-records.ts";
import { FILE_LIMITS, historyRecord } from "./shapes.ts";

/** Of both keys together: well below what a ConfigMap may hold. */
const LARGEST_BYTES = 800 * 1024;

/** Of tests and of runs that changed nothing: they must not push out what was done. */
const OTHERS_KEPT = 10;

/** What historyLimit counts. */
const isCounted = ({ testSync, result }: HistoryRecord): boolean => !testSync && result !== "Unchanged";

/**
 * Puts a record in, in place of the one with its id: a slot that is retried has one record. In the order in which runs
 * ended, not by their times: a clock that was set back must not push out what happened last.
 */
export function withRecord(records: readonly HistoryRecord[], record: HistoryRecord, limit: number): HistoryRecord[] {
  const others = records.filter(({ id }) => id !== record.id);
  let [counted, apart] = [0, 0];
  return [record, ...others].filter((each) => (isCounted(each) ? ++counted <= limit : ++apart <= OTHERS_KEPT));
}

/** Forgets where a list stood that made room for a newer one. `stands`: the keys that are there now. */
export const withoutLost = (records: readonly HistoryRecord[], stands: ReadonlySet<string>): HistoryRecord[] =>
  records.map((record) => {
    const { changesIn, ...rest } = record;
    return changesIn === undefined || stands.has(changesIn.key) ? record : rest;
  });

export interface ReadHistory {
  readonly records: HistoryRecord[];
  /** How many were not as they were written; all that a file held that cannot be read count as one. */
  readonly damaged: number;
}

/** What `history.json` holds; a record that is not as it was written is left out, and so is all where it cannot be read. */
export function readHistory(text: string | undefined): ReadHistory {
  if (text === undefined) return { records: [], damaged: 0 };
  const file = v.safeParse(HISTORY, parseBounded(text, FILE_LIMITS));
  if (!file.success) return { records: [], damaged: 1 };
  const records = file.output.records.slice(0, MOST_RECORDS).flatMap((each) => {
    const record = v.safeParse(historyRecord, each, { abortEarly: true });
    return record.success ? record.output : [];
  });
  return { records, damaged: file.output.records.length - records.length };
}

export const parseHistory = (text: string | undefined): HistoryRecord[] => readHistory(text).records;

const HISTORY = v.object({ records: v.array(v.unknown()) });
/** Of spec.historyLimit, and beside it. */
const MOST_RECORDS = 100 + OTHERS_KEPT;

/**
 * The keys of the ConfigMap. Where room is short, older records lose their addresses first, then fall off: what does not
 * stand there is counted.
 */
export function historyData(records: readonly HistoryRecord[]): Record<string, string> {
  const kept = records.map(withCut);
  let bytes = Buffer.byteLength(json(kept, records.length)) + Buffer.byteLength(table(kept));
  for (let last = kept.length - 1; last >= 0 && bytes > LARGEST_BYTES; last--) {
    const record = kept[last] as HistoryRecord;
    const shorter = withCut(withoutAddresses(record));
    bytes -= bytesOf(record) - bytesOf(shorter);
    kept[last] = shorter;
  }
  for (; kept.length > 1 && bytes > LARGEST_BYTES; kept.pop()) bytes -= bytesOf(kept.at(-1) as HistoryRecord);
  return { "history.json": json(kept, records.length), "history.txt": table(kept) };
}

/** Rises when a reader of the version before would misread it; fields may be added without that (docs/history.md). */
const SCHEMA_VERSION = 1;

const json = (records: readonly HistoryRecord[], of: number): string =>
  `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, cut: of - records.length, records }, null, 1)}\n`;

/** What a record takes among others in `history.json`. */
const bytesOf = (record: HistoryRecord): number => Buffer.byteLength(json([record], 1));

function withoutAddresses(record: HistoryRecord): HistoryRecord {
  const { added: _added, removed: _removed, contested: _contested, conflictAddresses: _conflicts, ...rest } = record;
  return rest;
}

/** With the number of addresses that it counts and does not have. */
function withCut(record: HistoryRecord): HistoryRecord {
  const { cut: _before, ...rest } = record;
  const { changes, conflicts = 0, added = [], removed = [], contested, conflictAddresses = [] } = record;
  const adds = changes === undefined ? added.length : changes.accountAdds + changes.aliasAdds;
  const deletes = changes === undefined ? removed.length : changes.accountDeletes + changes.aliasDeletes;
  const cut = {
    added: Math.max(0, adds - added.length),
    removed: Math.max(0, deletes - removed.length),
    contested: Math.max(0, conflicts - (contested ?? conflictAddresses).length),
  };
  return cut.added + cut.removed + cut.contested === 0 ? rest : { ...rest, cut };
}

/** At most this many of a run's addresses are kept in its record. */
export const firstAddresses = (addresses: readonly string[]): readonly string[] => addresses.slice(0, ADDRESSES_KEPT);

/** What others said stands in it too, such as the API server: a row stays a row. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");

function table(records: readonly HistoryRecord[]): string {
  const rows = records.map(({ synced, syncedBy, testSync, summary }) => {
    return [readableTime(Date.parse(synced)), syncedBy, testSync ? "yes" : "no", summary].map(oneLine);
  });
  const all = [["SYNCED", "SYNCED BY", "TEST SYNC", "SUMMARY"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell)).join("   ");
  return `${all.map(line).join("\n")}\n`;
}

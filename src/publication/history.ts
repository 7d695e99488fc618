/** The history ConfigMap: newest first, one record a run, in JSON and as the product's table. Pure. */

import { readableTime } from "../base/time.ts";
import { ADDRESSES_KEPT, type HistoryRecord } from "./records.ts";

/** Of both keys together: well below what a ConfigMap may hold. */
const LARGEST_BYTES = 800 * 1024;

/**
 * Puts a record in, in place of the one with its id: a slot that is retried has one record. In the order in which runs
 * ended, not by their times: a clock that was set back must not push out what happened last.
 */
export function withRecord(records: readonly HistoryRecord[], record: HistoryRecord, limit: number): HistoryRecord[] {
  const others = records.filter(({ id }) => id !== record.id);
  return [record, ...others].slice(0, limit);
}

/** What `history.json` holds; nothing where it cannot be read. */
export function parseHistory(text: string | undefined): HistoryRecord[] {
  if (text === undefined) return [];
  try {
    const { records } = JSON.parse(text) as { records?: unknown };
    return Array.isArray(records) ? records.filter(isRecord) : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is HistoryRecord {
  const { id, synced, summary } = (value ?? {}) as Partial<Record<keyof HistoryRecord, unknown>>;
  return typeof id === "string" && typeof synced === "string" && typeof summary === "string";
}

/** The keys of the ConfigMap. Where room is short, older records lose their addresses first, then fall off. */
export function historyData(records: readonly HistoryRecord[]): Record<string, string> {
  let kept = records;
  for (let last = kept.length - 1; last >= 0 && bytesOf(kept) > LARGEST_BYTES; last--) {
    kept = kept.map((record, index) => (index === last ? withoutAddresses(record) : record));
  }
  while (kept.length > 1 && bytesOf(kept) > LARGEST_BYTES) kept = kept.slice(0, -1);
  return { "history.json": json(kept), "history.txt": table(kept) };
}

const json = (records: readonly HistoryRecord[]): string =>
  `${JSON.stringify({ schemaVersion: 1, records }, null, 1)}\n`;

const bytesOf = (records: readonly HistoryRecord[]): number =>
  Buffer.byteLength(json(records)) + Buffer.byteLength(table(records));

function withoutAddresses(record: HistoryRecord): HistoryRecord {
  const { added: _added, removed: _removed, conflictAddresses: _conflicts, ...rest } = record;
  return rest;
}

/** At most this many of a run's addresses are kept in its record. */
export const firstAddresses = (addresses: readonly string[]): readonly string[] => addresses.slice(0, ADDRESSES_KEPT);

function table(records: readonly HistoryRecord[]): string {
  const rows = records.map(({ synced, syncedBy, testSync, summary }) => {
    return [readableTime(Date.parse(synced)), syncedBy, testSync ? "yes" : "no", summary];
  });
  const all = [["SYNCED", "SYNCED BY", "TEST SYNC", "SUMMARY"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell)).join("   ");
  return `${all.map(line).join("\n")}\n`;
}

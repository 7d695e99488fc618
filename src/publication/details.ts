/** What a mail shows of a run beside the status: known again in the history ConfigMap by its digest, which the status keeps. Pure. */
import { sha256 } from "../recipients/revision.ts";
import type { HistoryRecord } from "./run-records.ts";

/** Numbers, plan and addresses. The texts of a mail are in the status. */
export type RunDetails = Pick<
  HistoryRecord,
  "read" | "changes" | "violations" | "plan" | "dropped" | "conflicts" | "added" | "removed"
>;

export function detailsOf(record: HistoryRecord): RunDetails {
  const { read, changes, violations, plan, dropped, conflicts, added, removed } = record;
  return withoutAbsent({ read, changes, violations, plan, dropped, conflicts, added, removed });
}

/** Bound to the run, so that the details of one cannot be told of another. */
export const detailsDigest = (record: HistoryRecord): string =>
  sha256(JSON.stringify(sorted([record.id, detailsOf(record)])));

const withoutAbsent = (details: { [K in keyof RunDetails]: RunDetails[K] | undefined }): RunDetails =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)) as RunDetails;

/** The order of keys is nothing that a reader of JSON has to keep. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [key, sorted(child)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

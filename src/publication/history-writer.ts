/** Puts a run's record into the history ConfigMap, and finds it there. */

import { historyName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { ApiError } from "../runtime/types.ts";
import type { ConfigMaps } from "./configmaps.ts";
import { historyData, parseHistory, type ReadHistory, readHistory, withoutLost, withRecord } from "./history-file.ts";
import { asObstacle } from "./obstacle.ts";
import type { HistoryRecord } from "./run-records.ts";

export interface HistoryWriter {
  /**
   * Adds the record, or replaces the one with its id, and answers all that are kept, newest first, and how many were
   * damaged and are gone. `lists`: the keys of the full lists that stand, where a run has changed them.
   */
  put(
    object: O365Sync,
    record: HistoryRecord,
    lists: ReadonlySet<string> | undefined,
    signal: AbortSignal,
  ): Promise<ReadHistory>;
  /** All that are kept, newest first; none where it cannot be read, whatever the cause: nothing depends on a side file. */
  list(object: O365Sync, signal: AbortSignal): Promise<HistoryRecord[]>;
  /** The record with this id, while it is kept. */
  find(object: O365Sync, id: string, signal: AbortSignal): Promise<HistoryRecord | undefined>;
}

const ATTEMPTS = 3;

export function createHistoryWriter(maps: ConfigMaps): HistoryWriter {
  return {
    async list(object, signal) {
      try {
        const found = await maps.read(object, historyName(object.metadata.name), "history", signal);
        return parseHistory(found?.object.data?.["history.json"]);
      } catch (error) {
        if (signal.aborted || asObstacle(error) === undefined) throw error;
        return [];
      }
    },
    async find(object, id, signal) {
      const found = await maps.read(object, historyName(object.metadata.name), "history", signal);
      return parseHistory(found?.object.data?.["history.json"]).find((record) => record.id === id);
    },
    async put(object, record, lists, signal) {
      const name = historyName(object.metadata.name);
      for (let attempt = 1; ; attempt++) {
        const found = await maps.read(object, name, "history", signal);
        const before = readHistory(found?.object.data?.["history.json"]);
        const all = withRecord(before.records, record, object.spec.historyLimit);
        const records = lists === undefined ? all : withoutLost(all, lists);
        try {
          await maps.put(object, { name, role: "history", data: historyData(records) }, found, signal);
          return { records, damaged: before.damaged };
        } catch (error) {
          // Somebody edited it in between: their edit is read again.
          const again = error instanceof ApiError && (error.conflict || error.alreadyExists);
          if (!again || attempt === ATTEMPTS) throw error;
        }
      }
    },
  };
}

/** What was done: the records of the history ConfigMap, newest first. */
import { historyName } from "../../src/api/names.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { parseHistory } from "../../src/publication/history-file.ts";
import type { HistoryRecord } from "../../src/publication/run-records.ts";
import { getConfigMap, type Session } from "../session.ts";

export async function readHistory(session: Session, { metadata }: O365Sync): Promise<HistoryRecord[]> {
  const found = await getConfigMap(session, metadata.namespace ?? "", historyName(metadata.name));
  return parseHistory(found?.data?.["history.json"]);
}

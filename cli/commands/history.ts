/** `history`: what was done, as the product's table. */
import { readableTime } from "../../src/base/time.ts";
import { EXIT, type ExitCode } from "../command-error.ts";
import { isData, oneLine } from "../output.ts";
import { readHistory } from "../read/history.ts";
import { getSync, type Session } from "../session.ts";

export async function history(session: Session, name: string): Promise<ExitCode> {
  const { output } = session;
  const records = await readHistory(session, await getSync(session, name));
  if (isData(output)) output.data(records);
  else if (records.length === 0) output.progress(`${name} has no history yet.`);
  else
    output.table(
      ["SYNCED", "SYNCED BY", "TEST SYNC", "RESULT", "SUMMARY"],
      records.map(({ synced, syncedBy, testSync, result, summary }) => [
        readableTime(Date.parse(synced)),
        oneLine(syncedBy),
        testSync ? "yes" : "no",
        output.paint(result === "Failed" ? "red" : result === "Held" ? "yellow" : "green", result),
        oneLine(summary),
      ]),
    );
  return EXIT.ok;
}

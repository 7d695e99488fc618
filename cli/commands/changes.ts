/** `changes`: which addresses came and went, all of them. */
import { readableTime } from "../../src/base/time.ts";
import { CommandError, EXIT, type ExitCode } from "../command-error.ts";
import { isData, oneLine, toJson } from "../output.ts";
import { isRemoval, runsOf } from "../read/changes.ts";
import { getSync, type Session } from "../session.ts";

export interface ChangesOptions {
  /** "90m", "12h", "7d". */
  readonly since?: string | undefined;
  readonly address?: string | undefined;
}

export async function changes(session: Session, name: string, { since, address }: ChangesOptions): Promise<ExitCode> {
  const { output, clock } = session;
  const from = since === undefined ? 0 : clock.now() - duration(since);
  const wanted = address?.toLowerCase();
  const runs = (await runsOf(session, await getSync(session, name))).filter(({ time }) => Date.parse(time) >= from);
  let found = 0;
  for (const run of runs) {
    let headed = false;
    for await (const change of run.read(wanted === undefined ? undefined : [wanted])) {
      const { op, address: changed, of } = change;
      if (wanted !== undefined && changed !== wanted) continue;
      found++;
      if (isData(output)) {
        // One line a change: an answer of any length can be read as it comes.
        session.streams.write(`${toJson({ time: run.time, run: run.run, op, address: changed, of: of ?? null })}\n`);
        continue;
      }
      if (!headed) output.line(output.paint("bold", `${readableTime(Date.parse(run.time))}  ${oneLine(run.run)}`));
      headed = true;
      const shown = oneLine(of === undefined ? changed : `${changed} (of ${of})`);
      output.line(isRemoval(change) ? output.paint("red", `- ${shown}`) : output.paint("green", `+ ${shown}`));
    }
    if (run.cut > 0) output.progress(`… and ${run.cut} more of ${oneLine(run.run)}, of which no list is kept`);
  }
  if (found === 0) output.progress("No address came or went, as far as it is kept.");
  return EXIT.ok;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function duration(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const ms = UNITS[unit];
  if (count === undefined || ms === undefined)
    throw new CommandError(`--since must be a number and a unit, such as 90m, 12h or 7d, not ${text}`);
  return Number(count) * ms;
}

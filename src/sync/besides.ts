/** What a run writes beside the list: whoever reads it later misses something, and no list depends on it. */
import type { Failure } from "../base/failure.ts";
import { asFailure } from "../publication/obstacle.ts";
import type { Logger } from "../runtime/types.ts";

export interface Unwritten {
  /** Of the event that tells it. */
  readonly reason: "HistoryNotWritten" | "LeftOutNotWritten";
  readonly failure: Failure;
}

/** What was published stays so, and what was learned is told in the status: a side file that cannot be written is told and decides nothing. */
export async function besides(
  log: Logger,
  signal: AbortSignal,
  what: string,
  work: Promise<unknown>,
): Promise<Failure | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const failure = asFailure(error);
    if (signal.aborted || failure === undefined) throw error;
    log.warn({ err: error }, `${what} cannot be written`);
    return failure;
  }
}

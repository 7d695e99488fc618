/** Tells in the status what a run is at, while it takes longer than people wait without a word. */

import type { O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import type { Deps } from "../../base/deps.ts";
import type { Run } from "../../publication/run-records.ts";
import type { StatusWriter } from "../../runtime/status-writer.ts";
import type { Logger } from "../../runtime/types.ts";

type Progress = NonNullable<O365SyncStatus["progress"]>;

export interface ProgressTeller {
  /** For whatever else the run writes into its status: one after the other, each from what the last one left. */
  readonly statuses: StatusWriter<O365Sync>;
  /** Says nothing more; answers the object as it stands. */
  stop(): Promise<O365Sync>;
}

const EVERY_MS = 10_000;

interface Telling {
  readonly statuses: StatusWriter<O365Sync>;
  readonly deps: Deps;
  readonly object: O365Sync;
  readonly run: Run;
  /** What the run is at now. */
  readonly look: () => Pick<Progress, "phase" | "objects">;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** That it cannot be said keeps no run from going on. */
export function tellProgress({ statuses, deps, object, run, look, log, signal }: Telling): ProgressTeller {
  let latest = object;
  let queue: Promise<unknown> = Promise.resolve();
  let stopped = false;
  let cancel = (): void => {};

  function inTurn(write: () => Promise<O365Sync>): Promise<O365Sync> {
    const turn = queue.then(async () => {
      latest = await write();
      return latest;
    });
    queue = turn.catch(() => {});
    return turn;
  }
  async function tell(): Promise<void> {
    if (stopped) return;
    const progress = (): Progress => ({ ...look(), since: run.startTime });
    await inTurn(() => statuses.write(latest, { ...latest.status, progress: progress() }, signal)).catch(
      (err: unknown) => log.debug({ err }, "Progress could not be told"),
    );
    if (!stopped) arm();
  }
  function arm(): void {
    cancel = deps.clock.setTimeout(() => void tell(), EVERY_MS);
  }
  arm();

  return {
    statuses: {
      write: (_, status, each) => inTurn(() => statuses.write(latest, status, each)),
      writeExactly: (_, status, each) => inTurn(() => statuses.writeExactly(latest, status, each)),
    },
    async stop() {
      stopped = true;
      cancel();
      await queue;
      return latest;
    },
  };
}

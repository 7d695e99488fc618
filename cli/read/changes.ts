/** Which addresses came and went with the last publications. */
import { changesName } from "../../src/api/names.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { UnzipError } from "../../src/base/unzip.ts";
import {
  type ChangedAddress,
  type ChangesMap,
  type ChangesRun,
  changesOf,
  MOST_MAPS,
  parseChanges,
} from "../../src/publication/changes.ts";
import { isDelete } from "../../src/recipients/changes.ts";
import { CommandError } from "../errors.ts";
import { getConfigMap, type Session } from "../session.ts";

/** The last time that an address came or went, as far as it is kept. */
export interface Arrival {
  readonly kind: "added" | "removed";
  readonly time: string;
  readonly run: string;
  /** Whether what came since is kept whole: else it may have gone and come again. */
  readonly isLast: boolean;
}

export interface RunChanges extends ChangesRun {
  /** One after the other: half a million are no list. `some`: these addresses, and perhaps others. */
  read(some?: readonly string[]): AsyncGenerator<ChangedAddress>;
}

/** Newest first. */
export async function runsOf(session: Session, { metadata }: O365Sync): Promise<RunChanges[]> {
  const maps: ChangesMap[] = [];
  for (let index = 0; index < MOST_MAPS; index++) {
    const found = await getConfigMap(session, metadata.namespace ?? "", changesName(metadata.name, index));
    const map = found && parseChanges(found);
    if (map !== undefined) maps.push(map);
  }
  return maps
    .sort((a, b) => b.sequence - a.sequence)
    .flatMap((map) => map.runs.map((run) => ({ ...run, read: (some) => readRun(map, run, some) })));
}

async function* readRun(
  map: ChangesMap,
  run: ChangesRun,
  some: readonly string[] | undefined,
): AsyncGenerator<ChangedAddress> {
  try {
    yield* changesOf(map, run, some);
  } catch (error) {
    if (!(error instanceof UnzipError)) throw error;
    throw new CommandError(`what ${run.run} changed cannot be read: ${error.message}`);
  }
}

/**
 * Of one of these addresses; undefined where no publication that is still kept changed it. A move from one account to
 * another is an arrival.
 */
export async function lastChange(
  session: Session,
  sync: O365Sync,
  addresses: readonly string[],
): Promise<Arrival | undefined> {
  let isLast = true;
  for (const run of await runsOf(session, sync)) {
    let kind: Arrival["kind"] | undefined;
    for await (const change of run.read(addresses)) {
      if (!addresses.includes(change.address)) continue;
      if (!isDelete(change.op)) kind = "added";
      else kind ??= "removed";
    }
    if (run.cut > 0 && kind === undefined) isLast = false;
    if (kind !== undefined) return { kind, time: run.time, run: run.run, isLast };
  }
  return undefined;
}

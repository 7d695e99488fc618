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
} from "../../src/publication/changes-file.ts";
import type { HistoryRecord } from "../../src/publication/run-records.ts";
import type { ChangeKind } from "../../src/recipients/model.ts";
import { isDelete } from "../../src/recipients/roster-changes.ts";
import { CommandError } from "../command-error.ts";
import { getConfigMap, type Session } from "../session.ts";
import { readHistory } from "./history.ts";

/** The last time that an address came or went, as far as it is kept. */
export interface Arrival {
  readonly kind: "added" | "removed";
  readonly time: string;
  readonly run: string;
  /** Whether what came since is kept whole: else it may have gone and come again. */
  readonly isLast: boolean;
}

/** `add` and `delete`: of a run whose full list is not kept nobody can tell whether they are accounts or aliases. */
export interface Changed extends Omit<ChangedAddress, "op"> {
  readonly op: ChangeKind | "add" | "delete";
}

export const isRemoval = ({ op }: Changed): boolean => op === "delete" || (op !== "add" && isDelete(op));

export interface RunChanges {
  readonly run: string;
  readonly time: string;
  /** How many changes are not kept. */
  readonly cut: number;
  /** One after the other: half a million are no list. `some`: these addresses, and perhaps others. */
  read(some?: readonly string[]): AsyncIterable<Changed> | Iterable<Changed>;
}

/** What was published, newest first: the full lists, and what the history has of runs without one. */
export async function runsOf(session: Session, sync: O365Sync): Promise<RunChanges[]> {
  const lists = await listsOf(session, sync);
  const listed = new Set(lists.map(({ run }) => run));
  const others = (await readHistory(session, sync)).filter(
    ({ id, trigger, result, changes }) =>
      // What came between syncs has one record and many lists.
      result === "Published" && trigger !== "Additions" && changes?.total !== 0 && !listed.has(id),
  );
  const all = [...lists, ...others.map(fromRecord)];
  return all.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

function fromRecord({ id, completed, added = [], removed = [], changes }: HistoryRecord): RunChanges {
  const shown: Changed[] = [
    ...removed.map((address): Changed => ({ op: "delete", address })),
    ...added.map((address): Changed => ({ op: "add", address })),
  ];
  return { run: id, time: completed, cut: Math.max(0, (changes?.total ?? 0) - shown.length), read: () => shown };
}

async function listsOf(session: Session, { metadata }: O365Sync): Promise<RunChanges[]> {
  const maps: ChangesMap[] = [];
  for (let index = 0; index < MOST_MAPS; index++) {
    const found = await getConfigMap(session, metadata.namespace ?? "", changesName(metadata.name, index));
    const map = found && parseChanges(found);
    if (map !== undefined) maps.push(map);
  }
  return maps
    .sort((a, b) => b.sequence - a.sequence)
    .flatMap((map) =>
      map.runs.map((entry) => {
        const { run, time, cut } = entry;
        return { run, time, cut, read: (some?: readonly string[]) => readRun(map, entry, some) };
      }),
    );
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
      if (!isRemoval(change)) kind = "added";
      else kind ??= "removed";
    }
    if (run.cut > 0 && kind === undefined) isLast = false;
    if (kind !== undefined) return { kind, time: run.time, run: run.run, isLast };
  }
  return undefined;
}

/**
 * What each of the last publications added and removed, in full: `<sync>-changes-<i>`. A run has one gzipped key there, of
 * JSON lines; `changes.json` beside it says which key is whose. The fullest of four makes room for the oldest. Pure.
 */
import { createHash } from "node:crypto";
import { constants, gzipSync } from "node:zlib";
import * as v from "valibot";
import { parseBounded } from "../base/bounded-json.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { UnzipError, unzipLines } from "../base/unzip.ts";
import type { ChangeKind, Plan } from "../recipients/model.ts";
import { isDelete } from "../recipients/roster-changes.ts";
import type { ConfigMap } from "../runtime/kube.ts";
import { count, FILE_LIMITS, listOf, time, word } from "./shapes.ts";

export const INDEX_KEY = "changes.json";
/** So many ConfigMaps hold them, at most. */
export const MOST_MAPS = 4;
/** Base64 characters of all runs in one ConfigMap; the index and the API server's own limit leave room beside them. */
const LARGEST_MAP = 860 * 1024;
/** Of one run, in bytes before base64: a first publication of some 100,000 addresses. */
const LARGEST_RUN = 600 * 1024;
const MOST_RUNS = 200;
const PIECE_CHARACTERS = 256 * 1024;

/** One publication, as the index names it. */
export interface ChangesRun {
  /** The run's id, as in the history. */
  readonly run: string;
  /** When it was published, RFC 3339. */
  readonly time: string;
  /** Of `binaryData`. */
  readonly key: string;
  readonly added: number;
  readonly removed: number;
  /** How many changes had no room. */
  readonly cut: number;
}

/** One line of a run's key. */
export interface ChangedAddress {
  readonly op: ChangeKind;
  readonly address: string;
  /** Of an alias: the primary address of its account, where that is known. */
  readonly of?: string;
}

export interface ChangesMap {
  /** Grows with every ConfigMap that is begun: the one with the highest is written to. */
  readonly sequence: number;
  /** Newest first. */
  readonly runs: readonly ChangesRun[];
  readonly binaryData: Readonly<Record<string, string>>;
}

const SCHEMA_VERSION = 1;

/** A ConfigMap's key may hold no colon, and a run's id does. */
export const keyOf = (run: string): string => `${createHash("sha256").update(run).digest("hex").slice(0, 16)}.jsonl.gz`;

export interface PackedRun {
  readonly entry: ChangesRun;
  /** Base64. */
  readonly value: string;
}

/** Removals first, as a plan has them; what has no room is counted. */
export function* packRun({ changes }: Plan, run: string, at: string): Steps<PackedRun> {
  const members: Buffer[] = [];
  let [bytes, open, kept, inOpen] = [0, "", 0, 0];
  let [added, removed] = [0, 0];
  let full = false;
  const close = (): void => {
    const member = gzipSync(open, { level: constants.Z_BEST_SPEED });
    full = bytes + member.length > LARGEST_RUN;
    if (!full) {
      members.push(member);
      bytes += member.length;
      kept += inOpen;
    }
    [open, inOpen] = ["", 0];
  };
  for (const { kind, address, account } of changes) {
    if (isDelete(kind)) removed++;
    else added++;
    if (!full) {
      const alias = account !== undefined && account.address !== address;
      open += `${JSON.stringify({ op: kind, address, ...(alias ? { of: account.address } : {}) })}\n`;
      inOpen++;
      if (open.length >= PIECE_CHARACTERS) close();
    }
    if (isPauseDue()) yield;
  }
  if (!full && (open !== "" || members.length === 0)) close();
  const cut = added + removed - kept;
  return {
    entry: { run, time: at, key: keyOf(run), added, removed, cut },
    value: Buffer.concat(members).toString("base64"),
  };
}

/** Which of the ConfigMaps is written, and what it holds then. */
export interface ChangesWrite {
  readonly index: number;
  readonly data: Record<string, string>;
  readonly binaryData: Record<string, string>;
}

/** Puts a run into the ConfigMap that is being filled, or begins the next one, in place of the oldest. */
export function withRun(maps: ReadonlyMap<number, ChangesMap>, { entry, value }: PackedRun): ChangesWrite {
  const [newest, before] = [...maps].sort(([, a], [, b]) => b.sequence - a.sequence)[0] ?? [MOST_MAPS - 1, undefined];
  const others = before?.runs.filter(({ run }) => run !== entry.run) ?? [];
  const used = others.reduce((sum, { key }) => sum + (before?.binaryData[key]?.length ?? 0), 0);
  if (before !== undefined && used + value.length <= LARGEST_MAP && others.length < MOST_RUNS) {
    const kept = Object.fromEntries(others.map(({ key }) => [key, before.binaryData[key] ?? ""]));
    return written(newest, before.sequence, [entry, ...others], { ...kept, [entry.key]: value });
  }
  return written((newest + 1) % MOST_MAPS, (before?.sequence ?? 0) + 1, [entry], { [entry.key]: value });
}

function written(
  index: number,
  sequence: number,
  runs: readonly ChangesRun[],
  binaryData: Record<string, string>,
): ChangesWrite {
  const text = `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, sequence, runs }, null, 1)}\n`;
  return { index, data: { [INDEX_KEY]: text }, binaryData };
}

const RUN: v.GenericSchema<unknown, ChangesRun> = v.pipe(
  v.object({ run: word(128), time, key: word(64), added: count, removed: count, cut: count }),
  v.check(({ run, key }) => key === keyOf(run)),
);
const INDEX = v.object({ schemaVersion: v.literal(SCHEMA_VERSION), sequence: count, runs: listOf(RUN, MOST_RUNS) });

/** Undefined for what `withRun` did not write: such a ConfigMap is begun anew. */
export function parseChanges(found: Pick<ConfigMap, "data" | "binaryData">): ChangesMap | undefined {
  const text = found.data?.[INDEX_KEY];
  const index = v.safeParse(INDEX, text === undefined ? undefined : parseBounded(text, FILE_LIMITS));
  if (!index.success) return undefined;
  const { sequence, runs } = index.output;
  const binaryData = found.binaryData ?? {};
  return runs.every(({ key }) => Object.hasOwn(binaryData, key)) ? { sequence, runs, binaryData } : undefined;
}

const LINE: v.GenericSchema<unknown, ChangedAddress> = v.object({
  op: v.picklist(["accountAdd", "accountDelete", "aliasAdd", "aliasDelete"]),
  address: word(254),
  of: v.exactOptional(word(254)),
});
const LINE_LIMITS = { characters: 1024, values: 8, depth: 1 };
const UNZIP_LIMITS = { characters: 32 * 1024 * 1024, line: 1024 };

/**
 * What a run changed, in the order of its plan. `some`: only these addresses are asked for, and most lines that have none
 * of them are passed over unread. Throws UnzipError for what is not as it was written.
 */
export async function* changesOf(
  { binaryData }: ChangesMap,
  { key }: ChangesRun,
  some?: readonly string[],
): AsyncGenerator<ChangedAddress> {
  const packed = Buffer.from(binaryData[key] ?? "", "base64");
  const needles = some?.map((address) => JSON.stringify(address));
  for await (const lines of unzipLines([packed], UNZIP_LIMITS)) {
    for (const text of lines) {
      if (needles?.some((needle) => text.includes(needle)) === false) continue;
      const change = v.safeParse(LINE, parseBounded(text, LINE_LIMITS));
      if (!change.success) throw new UnzipError("a line is not as it was written");
      yield change.output;
    }
  }
}

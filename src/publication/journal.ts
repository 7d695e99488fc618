/** The redo log of a publication: which accounts change, so that whoever finishes it needs nothing else. */
import { createHash } from "node:crypto";
import { type JsonLimits, parseBounded } from "../base/bounded-json.ts";
import { inSlices } from "../base/slices.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { UnzipError, type UnzipLimits, unzipLines } from "../base/unzip.ts";
import { gzipInPieces } from "../base/zip.ts";
import { createAccountLines } from "../recipients/packed/account-lines.ts";
import {
  comparePrimaries,
  isOneRecord,
  isSameAccount,
  type Roster,
  type RosterBuilder,
} from "../recipients/packed/roster.ts";
import { toAccount } from "./chunks.ts";

/** Beside a manifest of a few hundred KiB it still fits one ConfigMap. */
export const INLINE_BYTES = 128 * 1024;
/** Of one piece, before base64. */
const PIECE_BYTES = 640 * 1024;

export interface Journal {
  readonly sha256: string;
  /** Gzip, cut where a ConfigMap is full. */
  readonly pieces: readonly Buffer[];
}

/**
 * What leads from `before` to `after`. `rewrite`: every account of `after` is in it, because the ConfigMaps that hold
 * the others will be cut anew.
 */
export function* writeJournal(before: Roster | undefined, after: Roster, rewrite: boolean): Steps<Journal> {
  const members = yield* gzipInPieces(linesOf(before, after, rewrite));
  const sha256 = yield* digestOf(members);
  const bytes = members.reduce((sum, { length }) => sum + length, 0);
  return { sha256, pieces: yield* cut(members, bytes) };
}

function* digestOf(parts: readonly Buffer[]): Steps<string> {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(part);
    if (isPauseDue()) yield;
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Takes the members away one by one: all of them twice would be much. */
function* cut(members: Buffer[], bytes: number): Steps<Buffer[]> {
  if (bytes <= INLINE_BYTES) return [Buffer.concat(members)];
  const pieces: Buffer[] = [];
  let [left, piece, filled] = [bytes, Buffer.alloc(Math.min(bytes, PIECE_BYTES)), 0];
  for (let member = members.shift(); member !== undefined; member = members.shift()) {
    if (isPauseDue()) yield;
    for (let from = 0; from < member.length; ) {
      const copied = member.copy(piece, filled, from);
      [from, filled, left] = [from + copied, filled + copied, left - copied];
      if (filled < piece.length) continue;
      pieces.push(piece);
      [piece, filled] = [Buffer.alloc(Math.min(left, PIECE_BYTES)), 0];
    }
  }
  return pieces;
}

/** Lines are told some at a time: a text each costs more than what is done with it. */
const TOLD_BYTES = 16 * 1024;

/** A line is an id with its account as it shall be; null takes it away. Both lists are sorted by address: an account that stands in both as it is stands at one address. Empty texts are pauses. */
function* linesOf(before: Roster | undefined, after: Roster, rewrite: boolean): Generator<string> {
  const written = new Set<string>();
  const gone: string[] = [];
  const lines = createAccountLines(after);
  let old = 0;
  for (let index = 0; index < after.length; index++) {
    if (lines.length >= TOLD_BYTES) {
      yield lines.bytes().toString();
      lines.clear();
    }
    if (isPauseDue()) yield "";
    if (before !== undefined && !rewrite && old < before.length && isOneRecord(before, old, after, index)) {
      old++;
      continue;
    }
    if (before !== undefined) old = passOver(before, old, { after, index }, gone);
    const met = before !== undefined && old < before.length && comparePrimaries(before, old, after, index) === 0;
    const same = met && isSameAccount(before, old, after, index);
    // An account that changes its address and keeps its id is found here, and in `gone` under its old one.
    if (met && !same) gone.push(before.idOf(old));
    if (met) old++;
    if (same && !rewrite) continue;
    if (!same && before !== undefined) written.add(after.idOf(index));
    lines.addEntry(index);
  }
  yield lines.bytes().toString();
  if (before !== undefined) passOver(before, old, undefined, gone);
  for (const id of gone) if (!written.has(id)) yield `${JSON.stringify([id, null])}\n`;
}

/** Notes the accounts of `before` from `old` on that stand at addresses lower than `until`; answers the first that does not. */
function passOver(
  before: Roster,
  old: number,
  until: { readonly after: Roster; readonly index: number } | undefined,
  gone: string[],
): number {
  let next = old;
  for (; next < before.length; next++) {
    if (until !== undefined && comparePrimaries(before, next, until.after, until.index) >= 0) break;
    gone.push(before.idOf(next));
  }
  return next;
}

/** No account takes more, however many aliases it has. */
const LINE_LIMITS: JsonLimits = { characters: 1024 * 1024, values: 25_000, depth: 3 };
/** Of all lines: more than a list can hold, because an account may be taken away and come again. */
const LIMITS: UnzipLimits = { characters: 256 * 1024 * 1024, line: LINE_LIMITS.characters };
/** Of all pieces. */
export const MOST_JOURNAL_BYTES = 64 * 1024 * 1024;

/**
 * Plays a journal on what `accounts` holds, whichever of its changes it has already; the same id twice is the same
 * account. False: the pieces are not those that were written, and `accounts` is of no use.
 */
export async function replayJournal(
  accounts: RosterBuilder,
  pieces: readonly Buffer[],
  digest: string,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await inSlices(digestOf(pieces), signal)) !== digest) return false;
  try {
    for await (const lines of unzipLines(pieces, LIMITS)) {
      for (const line of lines) if (!play(accounts, line) || accounts.isFull) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof UnzipError) return false;
    throw error;
  }
}

function play(accounts: RosterBuilder, line: string): boolean {
  const entry = parseBounded(line, LINE_LIMITS);
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [id, value] = entry as [unknown, unknown];
  if (typeof id !== "string") return false;
  const account = value === null ? null : toAccount(value);
  if (account === undefined) return false;
  if (account === null) accounts.drop(id);
  else accounts.put(account);
  return true;
}

/** The redo log of a publication: which accounts change, so that whoever finishes it needs nothing else. Pure. */
import { gunzipSync, gzipSync } from "node:zlib";
import type { Account } from "../recipients/model.ts";
import { sha256 } from "../recipients/revision.ts";

/** One line: the account as it shall be; null takes it away. */
type Entry = readonly [id: string, account: Account | null];

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
export function writeJournal(before: readonly Account[], after: readonly Account[], rewrite: boolean): Journal {
  const old = new Map(before.map((account) => [account.id, lineOf(account)]));
  const entries: Entry[] = [];
  for (const account of after) {
    if (rewrite || old.get(account.id) !== lineOf(account)) entries.push([account.id, account]);
    old.delete(account.id);
  }
  for (const id of old.keys()) entries.push([id, null]);
  const bytes = gzipSync(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  const pieces: Buffer[] = [];
  const size = bytes.length <= INLINE_BYTES ? INLINE_BYTES : PIECE_BYTES;
  for (let from = 0; from < bytes.length; from += size) pieces.push(bytes.subarray(from, from + size));
  return { sha256: sha256(bytes), pieces };
}

/**
 * The accounts after a journal, whichever of its changes `accounts` has already; the same id twice is the same account.
 * Undefined: the pieces are not those that were written.
 */
export function replayJournal(
  accounts: readonly Account[],
  pieces: readonly Buffer[],
  digest: string,
): Account[] | undefined {
  const bytes = Buffer.concat(pieces);
  if (sha256(bytes) !== digest) return undefined;
  const byId = new Map(accounts.map((account) => [account.id, account]));
  for (const line of gunzipSync(bytes).toString("utf8").split("\n")) {
    if (line === "") continue;
    const [id, account] = JSON.parse(line) as Entry;
    if (account === null) byId.delete(id);
    else byId.set(id, account);
  }
  return [...byId.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

const lineOf = ({ address, type, aliases }: Account): string => JSON.stringify([address, type, aliases]);

/** Writes D. J. Bernstein's constant database, as Postfix and Exim read it. Source: cr.yp.to/cdb/cdb.txt. */
import { isPauseDue, type Steps } from "../../base/steps.ts";

const TABLES = 256;
/** The size of a database without records. */
const CDB_HEADER_BYTES = TABLES * 8;

/** Bytes of a record beside its key and value: their lengths, and two slots of eight bytes in a table. */
const RECORD_BYTES = 8 + 2 * 8;
const SLOT_BYTES = 8;

export type CdbEntry = readonly [key: string, value: string];

/** How large a database becomes; `content`: bytes of all its keys and values. */
export function cdbBytes(entries: number, content: number): number {
  return CDB_HEADER_BYTES + entries * RECORD_BYTES + content;
}

/**
 * Keys and values are stored as they are, without a NUL at their end. Byte-stable for the same entries in the
 * same order. Throws RangeError beyond the format's 4 GiB.
 */
export function* writeCdb(entries: readonly CdbEntry[]): Steps<Buffer> {
  const content = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  const database = Buffer.alloc(cdbBytes(entries.length, content));
  const hashes = new Uint32Array(entries.length);
  const positions = new Uint32Array(entries.length);
  const counts = new Uint32Array(TABLES);
  let position = CDB_HEADER_BYTES;
  for (const [index, [key, value]] of entries.entries()) {
    const keyStart = position + 8;
    const keyEnd = keyStart + database.write(key, keyStart);
    const valueEnd = keyEnd + database.write(value, keyEnd);
    database.writeUInt32LE(keyEnd - keyStart, position);
    database.writeUInt32LE(valueEnd - keyEnd, position + 4);
    const hash = hashOf(database, keyStart, keyEnd);
    hashes[index] = hash;
    positions[index] = position;
    counts[hash % TABLES] = (counts[hash % TABLES] ?? 0) + 1;
    position = valueEnd;
    if (isPauseDue()) yield;
  }
  writeTables(database, { hashes, positions, counts }, position);
  return database;
}

interface Pointers {
  readonly hashes: Uint32Array;
  readonly positions: Uint32Array;
  /** Records of each table. */
  readonly counts: Uint32Array;
}

/** Open addressing: a record stands in the first free slot from the one that its hash names. */
function writeTables(database: Buffer, { hashes, positions, counts }: Pointers, from: number): void {
  const starts = new Uint32Array(TABLES);
  let position = from;
  for (const [table, count] of counts.entries()) {
    starts[table] = position;
    database.writeUInt32LE(position, table * SLOT_BYTES);
    database.writeUInt32LE(count * 2, table * SLOT_BYTES + 4);
    position += count * 2 * SLOT_BYTES;
  }
  for (const [index, hash] of hashes.entries()) {
    const table = hash % TABLES;
    const slots = (counts[table] ?? 0) * 2;
    const at = (slot: number): number => (starts[table] ?? 0) + slot * SLOT_BYTES;
    let slot = Math.floor(hash / TABLES) % slots;
    while (database.readUInt32LE(at(slot) + 4) !== 0) slot = (slot + 1) % slots;
    database.writeUInt32LE(hash, at(slot));
    database.writeUInt32LE(positions[index] ?? 0, at(slot) + 4);
  }
}

function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = 5381;
  for (let at = from; at < to; at++) hash = (((hash << 5) + hash) ^ (bytes[at] ?? 0)) >>> 0;
  return hash;
}

/** The records in the order in which they stand. Throws RangeError where the database ends in the middle of one. */
export function cdbEntries(database: Buffer): CdbEntry[] {
  // The hash tables follow the records; the first of them begins where they end.
  const end = database.readUInt32LE(0);
  const entries: CdbEntry[] = [];
  for (let position = CDB_HEADER_BYTES; position < end; ) {
    const key = position + 8;
    const value = key + database.readUInt32LE(position);
    const next = value + database.readUInt32LE(position + 4);
    if (next > end || end > database.length) throw new RangeError("the database ends in the middle of a record");
    entries.push([database.toString("latin1", key, value), database.toString("latin1", value, next)]);
    position = next;
  }
  return entries;
}

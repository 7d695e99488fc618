/** Writes D. J. Bernstein's constant database, as Postfix and Exim read it. Source: cr.yp.to/cdb/cdb.txt. */
import { isPauseDue, type Steps } from "../../base/steps.ts";

const TABLES = 256;
/** The size of a database without records. */
export const CDB_HEADER_BYTES = TABLES * 8;

/** Bytes of a record beside its key and value: their lengths, and two slots of eight bytes in a table. */
const RECORD_BYTES = 8 + 2 * 8;
const SLOT_BYTES = 8;

export type CdbEntry = readonly [key: string, value: string];

/** How large a database becomes; `content`: bytes of all its keys and values. */
export function cdbBytes(entries: number, content: number): number {
  return CDB_HEADER_BYTES + entries * RECORD_BYTES + content;
}

/** Writes a database from its records on: whoever takes the bytes puts the header before them in the end. */
export interface CdbStream {
  /** A record as it stands in a database: two lengths, key, value. */
  add(bytes: Buffer, from: number, to: number): void;
  /** Writes what follows the records; answers the header. */
  finish(): Steps<Buffer>;
}

/** `most`: how many records there may be. Byte-stable for the same records in the same order. */
export function createCdbStream(most: number, append: (bytes: Buffer) => void): CdbStream {
  const hashes = new Uint32Array(most);
  const positions = new Uint32Array(most);
  const counts = new Uint32Array(TABLES);
  let count = 0;
  let position = CDB_HEADER_BYTES;
  return {
    add(bytes, from, to) {
      const hash = hashOf(bytes, from + 8, from + 8 + bytes.readUInt32LE(from));
      hashes[count] = hash;
      positions[count] = position;
      counts[hash % TABLES] = (counts[hash % TABLES] ?? 0) + 1;
      count++;
      position += to - from;
      append(bytes.subarray(from, to));
    },
    *finish() {
      const header = Buffer.alloc(CDB_HEADER_BYTES);
      const order = byTable(hashes.subarray(0, count), counts);
      let start = 0;
      for (const [table, length] of counts.entries()) {
        header.writeUInt32LE(position, table * SLOT_BYTES);
        header.writeUInt32LE(length * 2, table * SLOT_BYTES + 4);
        const slots = slotsOf(order.subarray(start, start + length), hashes, positions);
        append(slots);
        position += slots.length;
        start += length;
        yield;
      }
      return header;
    },
  };
}

/** The numbers of the records, those of the first table first; within a table in their order. */
function byTable(hashes: Uint32Array, counts: Uint32Array): Uint32Array {
  const next = new Uint32Array(TABLES);
  for (let table = 1; table < TABLES; table++) next[table] = (next[table - 1] ?? 0) + (counts[table - 1] ?? 0);
  const order = new Uint32Array(hashes.length);
  for (const [index, hash] of hashes.entries()) {
    const table = hash % TABLES;
    order[next[table] ?? 0] = index;
    next[table] = (next[table] ?? 0) + 1;
  }
  return order;
}

/** Open addressing: a record stands in the first free slot from the one that its hash names. */
function slotsOf(records: Uint32Array, hashes: Uint32Array, positions: Uint32Array): Buffer {
  const slots = records.length * 2;
  const table = Buffer.alloc(slots * SLOT_BYTES);
  for (const index of records) {
    const hash = hashes[index] ?? 0;
    let slot = Math.floor(hash / TABLES) % slots;
    while (table.readUInt32LE(slot * SLOT_BYTES + 4) !== 0) slot = (slot + 1) % slots;
    table.writeUInt32LE(hash, slot * SLOT_BYTES);
    table.writeUInt32LE(positions[index] ?? 0, slot * SLOT_BYTES + 4);
  }
  return table;
}

/**
 * Keys and values are stored as they are, without a NUL at their end. Byte-stable for the same entries in the
 * same order. Throws RangeError beyond the format's 4 GiB.
 */
export function* writeCdb(entries: readonly CdbEntry[]): Steps<Buffer> {
  const content = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  const database = Buffer.alloc(cdbBytes(entries.length, content));
  let end = CDB_HEADER_BYTES;
  const stream = createCdbStream(entries.length, (bytes) => {
    // A record is written where it stands; what follows the records is not.
    if (bytes.buffer !== database.buffer || bytes.byteOffset !== database.byteOffset + end) bytes.copy(database, end);
    end += bytes.length;
  });
  for (const [key, value] of entries) {
    const keyEnd = end + 8 + database.write(key, end + 8);
    const valueEnd = keyEnd + database.write(value, keyEnd);
    database.writeUInt32LE(keyEnd - end - 8, end);
    database.writeUInt32LE(valueEnd - keyEnd, end + 4);
    stream.add(database, end, valueEnd);
    if (isPauseDue()) yield;
  }
  const header = yield* stream.finish();
  header.copy(database);
  return database;
}

/** The value of a key, looked up as readers do, in a database that this module wrote. */
export function findInCdb(database: Buffer, key: Buffer): string | undefined {
  const hash = hashOf(key, 0, key.length);
  const table = (hash % TABLES) * SLOT_BYTES;
  const start = database.readUInt32LE(table);
  const slots = database.readUInt32LE(table + 4);
  for (let probe = 0; probe < slots; probe++) {
    const slot = start + ((Math.floor(hash / TABLES) + probe) % slots) * SLOT_BYTES;
    const at = database.readUInt32LE(slot + 4);
    if (at === 0) return undefined;
    if (database.readUInt32LE(slot) !== hash) continue;
    const { key: from, value, next } = cdbRecord(database, at);
    if (key.compare(database, from, value) === 0) return database.toString("latin1", value, next);
  }
  return undefined;
}

/** Where the parts of a record stand. */
export interface CdbRecord {
  readonly key: number;
  readonly value: number;
  /** The next record, or the end of all. */
  readonly next: number;
}

export function cdbRecord(database: Buffer, at: number): CdbRecord {
  const key = at + 8;
  const value = key + database.readUInt32LE(at);
  return { key, value, next: value + database.readUInt32LE(at + 4) };
}

/** Where the records begin, and where they end: there the hash tables follow, and the first of them begins. */
export const cdbRecords = (database: Buffer): readonly [from: number, to: number] => [
  CDB_HEADER_BYTES,
  database.readUInt32LE(0),
];

function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = 5381;
  for (let at = from; at < to; at++) hash = (((hash << 5) + hash) ^ (bytes[at] ?? 0)) >>> 0;
  return hash;
}

/** The records in the order in which they stand. Throws RangeError where the database ends in the middle of one. */
export function cdbEntries(database: Buffer): CdbEntry[] {
  const [from, end] = cdbRecords(database);
  const entries: CdbEntry[] = [];
  for (let position = from; position < end; ) {
    const { key, value, next } = cdbRecord(database, position);
    if (next > end || end > database.length) throw new RangeError("the database ends in the middle of a record");
    entries.push([database.toString("latin1", key, value), database.toString("latin1", value, next)]);
    position = next;
  }
  return entries;
}

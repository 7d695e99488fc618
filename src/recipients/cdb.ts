/** Writes D. J. Bernstein's constant database, as Postfix, Exim and Rspamd read it. Source: cr.yp.to/cdb/cdb.txt. */

const TABLES = 256;
/** The size of a database without records. */
export const CDB_HEADER_BYTES = TABLES * 8;

/** Where a record stands, and under which hash. */
interface Pointer {
  readonly hash: number;
  readonly position: number;
}

/**
 * Keys and values are stored as they are, without a NUL at their end. Byte-stable for the same entries in the same order.
 * Throws RangeError beyond the format's 4 GiB.
 */
export function writeCdb(entries: readonly (readonly [key: string, value: string])[]): Buffer {
  const tables: Pointer[][] = Array.from({ length: TABLES }, () => []);
  const parts: Buffer[] = [];
  let position = CDB_HEADER_BYTES;
  for (const [key, value] of entries) {
    const record = encodeRecord(key, value);
    const hash = hashOf(Buffer.from(key));
    tables[hash % TABLES]?.push({ hash, position });
    parts.push(record);
    position += record.length;
  }
  const header = Buffer.alloc(CDB_HEADER_BYTES);
  for (const [index, pointers] of tables.entries()) {
    const slots = pointers.length * 2;
    header.writeUInt32LE(position, index * 8);
    header.writeUInt32LE(slots, index * 8 + 4);
    const table = encodeTable(pointers, slots);
    parts.push(table);
    position += table.length;
  }
  return Buffer.concat([header, ...parts]);
}

function encodeRecord(key: string, value: string): Buffer {
  const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(keyBytes.length, 0);
  lengths.writeUInt32LE(valueBytes.length, 4);
  return Buffer.concat([lengths, keyBytes, valueBytes]);
}

/** Open addressing: a record stands in the first free slot from the one that its hash names. */
function encodeTable(pointers: readonly Pointer[], slots: number): Buffer {
  const table = Buffer.alloc(slots * 8);
  for (const { hash, position } of pointers) {
    let slot = Math.floor(hash / TABLES) % slots;
    while (table.readUInt32LE(slot * 8 + 4) !== 0) slot = (slot + 1) % slots;
    table.writeUInt32LE(hash, slot * 8);
    table.writeUInt32LE(position, slot * 8 + 4);
  }
  return table;
}

function hashOf(key: Buffer): number {
  let hash = 5381;
  for (const byte of key) hash = (((hash << 5) + hash) ^ byte) >>> 0;
  return hash;
}

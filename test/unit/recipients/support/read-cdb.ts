/** Looks keys up in a constant database as its readers do: by hash, and not by walking the records. */

export function readCdb(database: Buffer, key: string): string | undefined {
  const wanted = Buffer.from(key);
  let hash = 5381n;
  for (const byte of wanted) hash = ((hash * 33n) % 2n ** 32n) ^ BigInt(byte);
  const table = Number(hash % 256n) * 8;
  const [start, slots] = [database.readUInt32LE(table), database.readUInt32LE(table + 4)];
  for (let probe = 0; probe < slots; probe++) {
    const slot = start + ((Number(hash / 256n) + probe) % slots) * 8;
    const at = database.readUInt32LE(slot + 4);
    if (at === 0) return undefined;
    const [keyLength, valueLength] = [database.readUInt32LE(at), database.readUInt32LE(at + 4)];
    const value = at + 8 + keyLength;
    const found = database.subarray(at + 8, value);
    if (BigInt(database.readUInt32LE(slot)) === hash && found.equals(wanted)) {
      return database.subarray(value, value + valueLength).toString();
    }
  }
  return undefined;
}

/** Every key, in the order of the records. */
export function cdbKeys(database: Buffer): string[] {
  const keys: string[] = [];
  const end = database.readUInt32LE(0);
  for (let at = 2048; at < end; ) {
    const [keyLength, valueLength] = [database.readUInt32LE(at), database.readUInt32LE(at + 4)];
    keys.push(database.subarray(at + 8, at + 8 + keyLength).toString());
    at += 8 + keyLength + valueLength;
  }
  return keys;
}

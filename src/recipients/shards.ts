/** Which shard an address stands in. */
import { createHash } from "node:crypto";

/**
 * 0 … shards - 1, by the hash of the local part: a mirrored address is always with its original, also when an alias
 * domain changes between Directory and Mirror. `shards` is a power of two up to 128; where it doubles, shard i is split
 * into i and i + shards.
 */
export function shardOf(address: string, shards: number): number {
  if (shards === 1) return 0;
  const local = address.slice(0, address.lastIndexOf("@"));
  return createHash("sha256").update(local).digest().readUInt16BE(0) % shards;
}

/** Which shard an address stands in. */
import { hash } from "node:crypto";
import type { Steps } from "../../base/steps.ts";
import { type Buckets, dealOut, localOf } from "../packed/buckets.ts";
import type { Roster } from "../packed/roster.ts";

/** The most that a list can be spread over. */
export const MOST_SHARDS = 128;

/**
 * 0 … shards - 1, by the hash of the local part: a mirrored address is always with its original, also when an alias
 * domain changes between Directory and Mirror. `shards` is a power of two up to 128; where it doubles, shard i is split
 * into i and i + shards.
 */
export function shardOf(address: string, shards: number): number {
  return shards === 1 ? 0 : slotOf(localOf(address)) % shards;
}

/** The shard of a local part among 128; modulo a smaller number of shards it is the shard among those. */
export const slotOf = (local: string): number =>
  Number.parseInt(hash("sha256", local, "hex").slice(0, 4), 16) % MOST_SHARDS;

/** Where the addresses of a roster stand among 128 shards. */
export const dealShards = (accounts: Roster): Steps<Buckets> => {
  const { length, countOf, addressAt } = accounts;
  const bucketAt = (index: number, place: number): number => slotOf(localOf(addressAt(index, place)));
  return dealOut({ length, countOf, bucketAt }, MOST_SHARDS);
};

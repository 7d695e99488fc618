import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shardOf } from "../../../../src/recipients/tables/shards.ts";
import { manyMailboxes } from "../support/accounts.ts";

const LAYOUTS = [1, 2, 4, 8, 16, 32, 64, 128];
const local = fc.stringMatching(/^[a-z0-9.#+-]{1,20}$/);

describe("shardOf", () => {
  it("names a shard of the layout, the same for every domain of one local part", () => {
    fc.assert(
      fc.property(local, fc.constantFrom(...LAYOUTS), (local, shards) => {
        const shard = shardOf(`${local}@example.com`, shards);
        expect(shard).toBeGreaterThanOrEqual(0);
        expect(shard).toBeLessThan(shards);
        expect(shardOf(`${local}@another.example`, shards)).toBe(shard);
      }),
    );
  });

  it("splits shard i into i and i + n when the shards double", () => {
    fc.assert(
      fc.property(local, fc.constantFrom(...LAYOUTS.slice(0, -1)), (local, shards) => {
        expect(shardOf(`${local}@example.com`, shards * 2) % shards).toBe(shardOf(`${local}@example.com`, shards));
      }),
    );
  });

  it("spreads evenly", () => {
    const counts = new Map<number, number>();
    for (const { address } of manyMailboxes(16_000)) {
      const shard = shardOf(address, 16);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    expect(Math.min(...counts.values())).toBeGreaterThan(850);
    expect(Math.max(...counts.values())).toBeLessThan(1150);
  });

  // A published layout depends on it: another hash would move every address of every gateway at once.
  it.each([
    ["anna@example.com", 3],
    ["postmaster@example.com", 0],
  ])("keeps %s where it always was", (address, shard) => {
    expect(shardOf(address, 4)).toBe(shard);
  });
});

import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCdb } from "../support/read-cdb.ts";
import { writeCdb } from "../support/whole.ts";

describe("writeCdb", () => {
  it("writes databases in which a reader finds every key, and no other", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, unit: "binary" }), { maxLength: 60 }), (keys) => {
        const database = writeCdb(keys.map((key, index) => [key, `value ${index}`] as const));
        for (const [index, key] of keys.entries()) expect(readCdb(database, key)).toBe(`value ${index}`);
        const absent = keys.map((key) => `${key}!`).filter((key) => !keys.includes(key));
        for (const key of absent) expect(readCdb(database, key)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it("finds keys whose hash uses all 32 bits among thousands that share slots", () => {
    const keys = Array.from({ length: 5000 }, (_, index) => `a.rather.long.local.part.${index}@example.com`);
    const database = writeCdb(keys.map((key) => [key, "OK"] as const));
    expect(keys.filter((key) => readCdb(database, key) !== "OK")).toEqual([]);
  });

  it("lays records out as the format says: header, records with their lengths, no NUL, hash tables", () => {
    const database = writeCdb([["one", "Hello"]]);
    expect(database.length).toBe(2048 + 8 + 3 + 5 + 16);
    expect(database.subarray(2048, 2064)).toEqual(Buffer.from("\x03\0\0\0\x05\0\0\0oneHello"));
  });

  it("points to a record from the table and the slot that its hash names", () => {
    const hash = 193_420_161; // of "one"
    const database = writeCdb([["one", "Hello"]]);
    const [tables, slot] = [2064, 2064 + (Math.floor(hash / 256) % 2) * 8];
    expect([database.readUInt32LE((hash % 256) * 8), database.readUInt32LE((hash % 256) * 8 + 4)]).toEqual([tables, 2]);
    expect([database.readUInt32LE(slot), database.readUInt32LE(slot + 4)]).toEqual([hash, 2048]);
  });

  it("is byte-stable", () => {
    const entries = [
      ["a@example.com", "OK"],
      ["b@example.com", "OK"],
    ] as const;
    const digest = (): string => createHash("sha256").update(writeCdb(entries)).digest("hex");
    expect(digest()).toBe(digest());
  });
});

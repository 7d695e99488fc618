/** What may stand on several objects is told from hashes: it may be too much, and never too little. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { createRecords } from "../../../src/recipients/packed/records.ts";
import { NONE_SUSPECTED, suspectedOf } from "../../../src/recipients/suspects.ts";

function recordsOf(locals: readonly (readonly string[])[]) {
  const records = createRecords();
  for (const [index, each] of locals.entries())
    records.put({ id: `id-${index}`, kind: 0, addresses: each.map((local) => `${local}@example.com`), marks: [] });
  const addresses = locals.reduce((sum, each) => sum + each.length, 0);
  return { records, isSuspect: allSteps(suspectedOf(records, addresses)) };
}

describe("An address", () => {
  it("is suspected where its local part stands twice, on whatever objects", () => {
    const local = fc.integer({ min: 0, max: 60 }).map((number) => `user${number}`);
    fc.assert(
      fc.property(fc.array(fc.array(local, { maxLength: 4 }), { maxLength: 30 }), (locals) => {
        const { records, isSuspect } = recordsOf(locals);
        const counts = new Map<string, number>();
        for (const each of locals.flat()) counts.set(each, (counts.get(each) ?? 0) + 1);
        const twice = locals.flatMap((each, index) =>
          each.flatMap((text, place) => ((counts.get(text) ?? 0) > 1 ? [records.hashOfLocal(index, place)] : [])),
        );
        expect(twice.every(isSuspect)).toBe(true);
      }),
    );
  });

  it("is not where nearly all differ: nothing else is looked at", () => {
    const { isSuspect } = recordsOf([["anna", "a.huber"], ["bert"]]);
    expect(isSuspect).toBe(NONE_SUSPECTED);
  });

  it("is where there are more of them than are noted", () => {
    const many = Array.from({ length: 50_001 }, (_, index) => [`user${index}`, `user${index}`]);
    const { records, isSuspect } = recordsOf(many);
    for (const index of [0, 25_000, 50_000]) expect(isSuspect(records.hashOfLocal(index, 0))).toBe(true);
  });
});

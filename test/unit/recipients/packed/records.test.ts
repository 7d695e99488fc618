/** Records packed into bytes: what is put in comes out, also after it was written anew. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRecords, type PackedRecord } from "../../../../src/recipients/packed/records.ts";

const address = fc.stringMatching(/^[a-z0-9.#"-]{1,60}@example\.com$/);
const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[a-zäöü:-]{1,40}$/));
const body = fc.array(address, { minLength: 1, maxLength: 6 }).chain((addresses) =>
  fc.record({
    kind: fc.integer({ min: 0, max: 255 }),
    addresses: fc.constant(addresses),
    marks: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: addresses.length, maxLength: addresses.length }),
  }),
);

describe("A record", () => {
  it("comes out as it was put in or written anew, shorter or longer, and its neighbours stay", () => {
    const records = fc.uniqueArray(fc.tuple(id, body), { minLength: 1, maxLength: 30, selector: ([id]) => id });
    fc.assert(
      fc.property(records, fc.array(fc.tuple(fc.nat(), body), { maxLength: 60 }), (first, changes) => {
        const packed = createRecords();
        const expected: PackedRecord[] = first.map(([id, record]) => ({ id, ...record }));
        for (const record of expected) packed.put(record);
        for (const [which, record] of changes) {
          const index = which % expected.length;
          packed.rewrite(index, record);
          expected[index] = { id: expected[index]?.id ?? "", ...record };
        }
        expect(expected.map((_, index) => packed.get(index))).toEqual(expected);
        expect(expected.map(({ id }) => packed.find(id))).toEqual(expected.map((_, index) => index));
      }),
    );
  });
});

/** An address of plain characters needs no look at what each format can carry. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlainRecord } from "../../../../src/recipients/packed/plain.ts";
import { FORMAT_NAMES, isCarriedBy } from "../../../../src/recipients/tables/formats/formats.ts";
import { packed } from "../support/whole.ts";

const local = fc.stringMatching(/^[ -?A-~]{1,20}$/).map((text) => text.toLowerCase().replaceAll(" ", "_"));
const address = local.map((text) => `${text}@example.com`);
const record = fc.record({ address, aliases: fc.array(address, { maxLength: 3 }) });

describe("An account of plain addresses", () => {
  it("is carried by every format, each address of it", () => {
    let plain = 0;
    fc.assert(
      fc.property(record, ({ address: primary, aliases }) => {
        const roster = packed([{ id: "1", address: primary, type: "mailbox", aliases }]);
        if (!isPlainRecord(roster, 0)) return;
        plain++;
        for (const each of [primary, ...aliases])
          for (const format of FORMAT_NAMES) expect(isCarriedBy(format, each, primary)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(plain).toBeGreaterThan(50);
  });

  it.each(["#b@example.com", "/b@example.com", "b(c)@example.com", "b,c@example.com"])("is not one with %s", (odd) => {
    expect(isPlainRecord(packed([{ id: "1", address: "anna@example.com", type: "mailbox", aliases: [odd] }]), 0)).toBe(
      false,
    );
  });
});

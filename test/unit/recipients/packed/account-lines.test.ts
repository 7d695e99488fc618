/** The lines of `accounts.jsonl`, made from packed bytes, are what JSON says of each account. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountLine } from "../../../../src/recipients/account-line.ts";
import type { Account } from "../../../../src/recipients/model.ts";
import { createAccountLines } from "../../../../src/recipients/packed/account-lines.ts";
import { packed } from "../support/whole.ts";

const address = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 60 }).map((text) => `${text}@example.com`);
const id = fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }));
const account: fc.Arbitrary<Account> = fc.record({
  id,
  address,
  type: fc.constantFrom("mailbox", "distributionList", "contact", "static"),
  aliases: fc.array(address, { maxLength: 70 }),
});

describe("Lines of accounts", () => {
  it("are as JSON writes them, whatever stands in ids and addresses", () => {
    const accounts = fc.uniqueArray(account, { maxLength: 20, selector: (each) => each.id });
    fc.assert(
      fc.property(accounts, (each) => {
        const roster = packed(each);
        const lines = createAccountLines(roster);
        const expected = [...roster].map(accountLine);
        // Half of them are asked for before they are made.
        const sizes = expected.map((_, index) => {
          const size = index % 2 === 0 ? lines.bytesOf(index) : undefined;
          lines.add(index);
          lines.addEnd();
          return size ?? lines.bytesOf(index);
        });
        expect(lines.bytes().toString()).toBe(expected.map((line) => `${line}\n`).join(""));
        expect(sizes).toEqual(expected.map((line) => Buffer.byteLength(line)));
        lines.clear();
        expect(lines.length).toBe(0);
      }),
    );
  });

  it("are entries of a journal with the id before them", () => {
    fc.assert(
      fc.property(account, (each) => {
        const lines = createAccountLines(packed([each]));
        lines.addEntry(0);
        expect(lines.bytes().toString()).toBe(`[${JSON.stringify(each.id)},${accountLine(each)}]\n`);
      }),
    );
  });
});

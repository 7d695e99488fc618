/** Netstrings, however they are cut and whatever else comes. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNetstringReader, LONGEST_REQUEST, netstring } from "../../../src/gateway/netstring.ts";

describe("A reader of netstrings", () => {
  it("finds the same strings wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 40, unit: "binary" })),
        fc.array(fc.nat({ max: 30 })),
        (texts, cuts) => {
          const bytes = Buffer.from(texts.map(netstring).join(""));
          const reader = createNetstringReader();
          const found: string[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const length = Math.max(1, cuts[turn % Math.max(cuts.length, 1)] ?? 7);
            for (const each of reader.push(bytes.subarray(at, at + length)) ?? ["broken"]) found.push(each.toString());
            at += length;
          }
          expect(found).toEqual(texts);
          expect(reader.isWaiting).toBe(false);
        },
      ),
    );
  });

  it.each([
    ["no length", ":a,"],
    ["no digits", "x:a,"],
    ["a sign", "-1:a,"],
    ["a leading zero", "01:a,"],
    ["a length beyond every request", `${LONGEST_REQUEST + 1}:`],
    ["digits without end", "9".repeat(100)],
    ["another end than a comma", "1:a;"],
    ["a line of SMTP", "EHLO x\r\n"],
    ["a blank", " 1:a,"],
  ])("refuses %s, and everything behind it", (_, text) => {
    const reader = createNetstringReader();
    expect(reader.push(Buffer.from(text))).toBeUndefined();
    expect(reader.push(Buffer.from("1:a,"))).toBeUndefined();
  });

  it("takes the empty string, and the longest one", () => {
    const longest = "x".repeat(LONGEST_REQUEST);
    const found = createNetstringReader().push(Buffer.from(netstring("") + netstring(longest)));
    expect(found?.map(String)).toEqual(["", longest]);
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
        const reader = createNetstringReader();
        for (const piece of pieces) reader.push(Buffer.from(piece));
      }),
    );
  });
});

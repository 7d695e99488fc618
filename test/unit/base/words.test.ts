/** What other programs said is shown without addresses and secrets, and however long it is, at once. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { publicWords } from "../../../src/base/words.ts";
import { timed } from "../../support/slices.ts";

const MOST = 1000;
/** By the processor's clock. A look from each letter on took seconds. */
const MOST_MS = 50;
const LENGTH = 100_000;
const full = (piece: string): string => piece.repeat(Math.ceil(LENGTH / piece.length));

describe("Words of another program", () => {
  it.each([
    ["mail for a.person@example.com is refused", "mail for … is refused"],
    ["<a@b@c.example>, 'x@y'", "<…>, '…'"],
    ["no mailbox bob\u200b@example.com, bob\u2060＠example.com, bob﹫example.com here", "no mailbox …, …, … here"],
    ["see /users/bob%40example.com/x", "see …"],
    ['"john doe"@example.com is refused, "john doe" is not', '… is refused, "john doe" is not'],
    ["see https://user:secret@db.internal/x?token=1 for more", "see https://db.internal for more"],
    ["a key: 0123456789012345678901234567890123456789", "a key: …"],
    ["two\nlines\u202e", "two lines"],
  ])("%j are shown as %j", (text, shown) => {
    expect(publicWords(text, MOST)).toBe(shown);
  });

  it.each([
    ["an address", "a.person.with.a.name@example.com"],
    ["a key", "k".repeat(60)],
  ])("do not show the beginning of %s, wherever they are cut", (_, word) => {
    const longest = 300;
    // What is left out makes room for what stands behind it.
    const out = `${"x".repeat(60)}@y `.repeat(100);
    for (let seen = 4; seen <= word.length; seen++) {
      const before = out.slice(0, 8 * longest - seen - 1);
      expect(publicWords(`${before} ${word}${" more".repeat(500)}`, longest)).not.toContain(word.slice(0, 4));
    }
  });

  it("never say an address, and are never longer than they may be", () => {
    const piece = fc.oneof(
      fc.constantFrom("@", "＠", "%40", "\u200b", '"', " ", "a", "://", "<", "\n", ".", "k".repeat(39)),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (pieces, longest) => {
        const shown = publicWords(pieces.join(""), longest);
        expect(shown).not.toMatch(/[@＠]|%40/);
        expect(shown.length).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it.each([
    ["one letter", full("a")],
    ["quotes", full('"')],
    ["words in quotes", full('"a b" ')],
    ["letters and one @ at the end", `${full("a")}@`],
    ["places of URLs", full("aa://")],
    ["schemes without an end", full("http")],
    ["passwords without a host", full("http://a:")],
    ["@s", full("@")],
    ["blanks", full(" ")],
    ["words that are nearly keys", full(`${"k".repeat(39)}-`)],
    ["quotes", full('"')],
  ])("take no time, also where all of them may be seen: %s", (_, text) => {
    publicWords(text, LENGTH);
    expect(timed(() => void publicWords(text, LENGTH))).toBeLessThan(MOST_MS);
  });
});

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

const LEAKS: readonly (readonly [what: string, text: string, leak: string])[] = [
  ["an apostrophe in a local part", "550 5.1.1 <Patrick.O'Brien@contoso.com>: unknown", "Patrick"],
  ["an apostrophe, no brackets", "no such user Mary.D'Angelo@contoso.com here", "Mary"],
  ["a typographic apostrophe", "no such user Mary.D’Angelo@contoso.com here", "Mary"],
  ["a quote within a quoted local part", 'unknown "jane\\"q doe"@x.test', "jane"],
  ["a comment in a local part", "unknown jane.doe(work)@x.test", "jane"],
  ["a semicolon in a query", "cannot reach https://login.test/cb?code=1;session=S3cr3tT0ken: refused", "S3cr3t"],
  ["a comma in a query", "cannot reach https://login.test/cb?scope=a,token-S3cr3t: refused", "S3cr3t"],
  ["a bracket in a query", "cannot reach https://login.test/cb?f=(x)&token=S3cr3t: refused", "S3cr3t"],
  ["a quote in a query", "cannot reach https://login.test/cb?q='x'&token=S3cr3t: refused", "S3cr3t"],
  ["a quote in a password", "cannot reach https://bob:pa'S3cr3t@host.test/: refused", "bob"],
  ["a slash in a password", "cannot reach https://bob:S3cr3t/x@host.test/: refused", "S3cr3t"],
  ["a path with a query, no host", "GET /v1.0/users?$skiptoken=S3cr3tT0ken refused", "S3cr3t"],
  ["a client secret of Entra", "bad password abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789AB", "dEfGhIjKl"],
  [
    "a key in base64 with slashes",
    "bad key q83vEjRWeJCrze8SNFZ4kKvN7xI0/nh4kKvN7xI0VniQq83vEjRWeJA/CrzeSNFZ4kKvN7xI0VniQq80=",
    "q83vEjRWe",
  ],
  ["a JWT", `token eyJhbGciOiJSUzI1NiJ9.eyJ1cG4iOiJqYW5lIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ`, "eyJ1cG4"],
  ["a variation selector in a key", `bad key ${"0123456789abcdefghij\u{FE0F}".repeat(3)}`, "0123456789"],
  ["a private-use letter in an address", "unknown jane.doe\u{E000}x@x.test", "jane"],
  ["an entity", "unknown jane.doe&#64;x.test", "jane"],
  ["percent twice", "unknown jane.doe%2540x.test", "jane"],
  ["a blank before the sign", "unknown jane.doe @x.test", "jane"],
  ["zero width", "unknown jane\u200b.doe\u200d@x.test", "jane"],
  ["combining grapheme joiner", "unknown jane\u034f.doe@x.test", "jane"],
  ["fullwidth", "unknown jane.doe＠x.test", "jane"],
  ["%40", "unknown jane.doe%40x.test", "jane"],
  ["quoted with blanks", 'unknown "jane doe"@x.test', "jane"],
  ["a long quoted local part", `unknown "jane ${"d".repeat(70)}"@x.test`, "jane"],
];

const KEPT = [
  "forbidden: /apis/o365sync.dev/v1alpha1/namespaces/mail/o365syncs/example-com-with-a-long-name",
  "denied by ValidatingAdmissionPolicy.admissionregistration.k8s.io/v1 of 6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
  "450 4.7.0 [AM6PR0102MB3479.eurprd01.prod.exchangelabs.com] later",
  "spec.schedule.additions.intervalMinutes: 1 is below the minimum of 5 (see status.schedule), and 3 more",
  "Patrick O'Brien's mailbox is full",
];

describe("Words of another program", () => {
  it.each(LEAKS)("say nothing of an address or a secret: %s", (_, text, leak) => {
    expect(publicWords(text, 300)).not.toContain(leak);
  });

  it.each(KEPT)("stay otherwise: %s", (text) => {
    expect(publicWords(text, 300)).toBe(text);
  });

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
    ["an address in quotes", '"jane doe"@x.test'],
    ["an address with a comment", "jane.doe(at work)@x.test"],
    ["an address with a blank", "jane.doe @x.test"],
    ["an address with an apostrophe", "Patrick.O'Brien@x.test"],
    ["a key", "k".repeat(60)],
  ])("do not show the beginning of %s, wherever they are cut", (_, word) => {
    const longest = 300;
    // What is left out makes room for what stands behind it.
    const out = `${"x".repeat(60)}@y `.repeat(100);
    const beginning = word.replace('"', "").slice(0, 4);
    for (let seen = 5; seen <= word.length; seen++) {
      const before = out.slice(0, 8 * longest - seen - 1);
      expect(publicWords(`${before} ${word}${" more".repeat(500)}`, longest)).not.toContain(beginning);
    }
  });

  it("are not cut within a character", () => {
    expect(publicWords(`${"a ".repeat(149)}${"😀".repeat(20)}`, 300)).not.toMatch(/\p{Cs}/u);
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

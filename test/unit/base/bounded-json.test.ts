/** What is within the limits is read as JSON.parse reads it; what exceeds one is never built. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBounded, parseInPieces } from "../../../src/base/bounded-json.ts";
import { allSteps } from "../../../src/base/steps.ts";
import { sliced } from "../../support/slices.ts";

const ROOMY_PAGE = { characters: 24 * 1024 * 1024, values: 1_000_000, depth: 32 };
const ROOMY = { characters: 1_000_000, values: 10_000, depth: 100 };

describe("A JSON text", () => {
  it("within the limits is what JSON.parse makes of it, whatever stands in its strings", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseBounded(text, ROOMY)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["longer than it may be", "[1,2,3]", { ...ROOMY, characters: 6 }],
    ["of more values than there may be", "[1,2,3]", { ...ROOMY, values: 3 }],
    ["of more objects than there may be", "[{},{},{}]", { ...ROOMY, values: 5 }],
    ["nested deeper than it may be", '{"a":[{}]}', { ...ROOMY, depth: 2 }],
    ["that is none", "[1,2", ROOMY],
    ["with a string that never ends", '"\\', ROOMY],
  ])("%s is none", (_, text, limits) => {
    expect(parseBounded(text, limits)).toBeUndefined();
  });

  it("may have brackets and commas in its strings", () => {
    const text = JSON.stringify(['[[[[,,,,\\"{{{{']);
    expect(parseBounded(text, { characters: 100, values: 2, depth: 1 })).toEqual(JSON.parse(text));
  });
});

describe("A long JSON text, read in pieces,", () => {
  const page = (entries: number): string =>
    JSON.stringify({
      "@odata.context": "https://graph.example",
      value: Array.from({ length: entries }, (_, index) => ({
        id: `${index}`,
        mail: null,
        proxyAddresses: [`SMTP:a"]},{[${index}@example.com`, "smtp:ü@example.com"],
      })),
      none: [],
      "@odata.nextLink": "https://graph.example/next",
    });

  it("is what JSON.parse makes of it", () => {
    const text = page(5000);
    expect(allSteps(parseInPieces(text, ROOMY_PAGE))).toEqual(JSON.parse(text));
  });

  /** Elements are built some kibibytes at a time: one that fills such a piece by itself puts its neighbours at its edges. */
  const LONG = `"${"x".repeat(9000)}"`;

  it("is what JSON.parse makes of it, or none, whatever it is", () => {
    const filler = `"${"x".repeat(70_000)}"`;
    const value = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        fc.constantFrom("1", "null", '"[,"', "", " ", "]", "}", "[", "{", ",", '"', LONG),
        fc.array(tie("value"), { maxLength: 3 }).map((each) => `[${each.join(",")}]`),
        fc.array(tie("value"), { maxLength: 3 }).map((each) => `{${each.map((one, i) => `"${i}":${one}`).join(",")}}`),
      ),
    })).value;
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const text = `{"long":${filler},"a":${a},"b":[${b}],"a":${c}}`;
        const expected = ((): unknown => {
          try {
            return JSON.parse(text);
          } catch {
            return undefined;
          }
        })();
        expect(allSteps(parseInPieces(text, ROOMY_PAGE))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["sixty mebibytes of empty lists", `{"value":[${"[],".repeat(7_000_000)}[]]}`],
    ["half a million brackets", `{"value":${"[".repeat(500_000)}${"]".repeat(500_000)}}`],
    ["more than there may be", `{"value":["${"x".repeat(ROOMY_PAGE.characters)}"]}`],
    ["no object", `[${"1,".repeat(50_000)}1]`],
    ["cut", page(5000).slice(0, -100)],
  ])("that is %s is none", (_, text) => {
    expect(allSteps(parseInPieces(text, ROOMY_PAGE))).toBeUndefined();
  });

  it("keeps nobody waiting: 1,000 objects of 400 addresses (4)", () => {
    const proxyAddresses = Array.from({ length: 400 }, (_, index) => `smtp:somebody.number${index}@example.com`);
    const text = JSON.stringify({ value: Array.from({ length: 1000 }, (_, id) => ({ id, proxyAddresses })) });
    const { result, longestMs } = sliced(parseInPieces(text, ROOMY_PAGE));
    expect((result as { value: unknown[] }).value).toHaveLength(1000);
    expect(longestMs).toBeLessThan(50);
  });
});

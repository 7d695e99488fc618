/** What is within the limits is read as JSON.parse reads it; what exceeds one is never built. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBounded } from "../../../src/base/bounded-json.ts";

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

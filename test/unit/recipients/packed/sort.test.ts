/** Sorting packed addresses: the order of their texts, whatever they have in common. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allSteps } from "../../../../src/base/steps.ts";
import { sortedAddresses, sortedBy } from "../../../../src/recipients/packed/sort.ts";

/** Each behind its length, all in one piece of memory. */
function places(texts: readonly string[]) {
  const buffer = Buffer.concat(texts.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])));
  const starts: number[] = [];
  for (let at = 0; at < buffer.length; at += 1 + (buffer[at] ?? 0)) starts.push(at);
  return { bufferOf: () => buffer, placeOf: (item: number) => starts[item] ?? 0 };
}

const expected = (texts: readonly string[]): number[] =>
  [...texts.keys()].sort((a, b) => ((texts[a] ?? "") < (texts[b] ?? "") ? -1 : texts[a] === texts[b] ? a - b : 1));

const sorted = (texts: readonly string[]): number[] => [...allSteps(sortedAddresses(texts.length, places(texts)))];

describe("Addresses", () => {
  it("come in the order of their texts, equal ones in the order in which they were", () => {
    const text = fc.stringMatching(/^[!-~]{0,12}$/).map((end) => end);
    const all = fc.tuple(fc.stringMatching(/^[a-c]{0,8}$/), fc.array(text, { maxLength: 50 }));
    fc.assert(
      fc.property(all, ([start, ends]) => {
        const texts = ends.map((end) => `${start}${end}`);
        expect(sorted(texts)).toEqual(expected(texts));
      }),
    );
  });

  it.each([
    ["many, which begin alike", (index: number) => `somebody.with.a.long.name${(index * 7919) % 20_011}@example.com`],
    ["many that are all the same", () => "a@example.com"],
    ["many that are each the beginning of another", (index: number) => "a".repeat(index % 250)],
  ])("are sorted where they are %s", (_, textAt) => {
    const texts = Array.from({ length: 20_000 }, (_, index) => textAt(index));
    expect(sorted(texts)).toEqual(expected(texts));
    expect([...allSteps(sortedBy(texts.length, (item) => texts[item] ?? ""))]).toEqual(expected(texts));
  });
});

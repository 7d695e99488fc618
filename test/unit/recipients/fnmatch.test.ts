/** Exclude patterns mean what they mean in Python's fnmatch, and take linear time. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compilePatterns } from "../../../src/recipients/patterns.ts";
import { timed } from "../../support/slices.ts";

/** Python's own answers, made by scripts/fnmatch-corpus.py. */
const { texts, answers } = JSON.parse(readFileSync(new URL("../../data/fnmatch.json", import.meta.url), "utf8")) as {
  texts: string[];
  answers: [pattern: string, digits: string][];
};

describe("A pattern", () => {
  it.each(answers)("%s matches what Python says", (pattern, digits) => {
    const matches = compilePatterns([pattern]);
    expect(texts.map((text) => (matches(text) === undefined ? "0" : "1")).join("")).toBe(digits);
  });

  it.each([
    ["crosses @ and dots with *", "t*m", "test@example.com", true],
    ["is compared in lower case", "TEST@Example.com", "test@example.com", true],
    ["is about the whole address", "test", "test@example.com", false],
    ["takes regular expressions for text", "test.@example.com", "test1@example.com", false],
  ])("%s", (_, pattern, address, expected) => {
    expect(compilePatterns([pattern])(address) === pattern).toBe(expected);
  });

  it("is one of many, and any of them will do", () => {
    const matches = compilePatterns(["a@example.com", "b*", "?c@*"]);
    expect(["a@example.com", "bob@x", "xc@y", "d@z"].map(matches)).toEqual(["a@example.com", "b*", "?c@*", undefined]);
    expect(compilePatterns([])("a@example.com")).toBeUndefined();
  });

  it("that would take a backtracking matcher for ever is done at once", () => {
    const matches = compilePatterns([`${"*a".repeat(200)}b`, `${"[a-z]*".repeat(50)}!`]);
    const text = "a".repeat(254);
    matches(text);
    const took = timed(() => {
      for (let index = 0; index < 200; index++) matches(text);
    });
    expect(matches(text)).toBeUndefined();
    expect(took).toBeLessThan(50);
  });

  it("of many together means what it means alone, and the first that matches is told", () => {
    const patterns = answers.map(([pattern]) => pattern);
    const together = compilePatterns(patterns);
    for (const [place, text] of texts.entries()) {
      const first = answers.find(([, digits]) => digits[place] === "1")?.[0];
      expect(together(text)).toBe(first);
    }
  });
});

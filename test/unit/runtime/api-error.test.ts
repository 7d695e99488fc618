import { describe, expect, it } from "vitest";
import { answerError } from "../../../src/runtime/api-error.ts";

const FIVE_MINUTES_MS = 300_000;
const inBody = (retryAfterSeconds: unknown): string =>
  JSON.stringify({ kind: "Status", reason: "TooManyRequests", code: 429, details: { retryAfterSeconds } });

describe("How long an API server asks to be left alone", () => {
  it.each<[asked: string, header: string | undefined, body: string, ms: number | undefined]>([
    ["seconds in the header", "7", "", 7_000],
    ["seconds in the body", undefined, inBody(3), 3_000],
    ["both: the header counts", "7", inBody(3), 7_000],
    ["no time at all", "0", "", 0],
    ["a year", "31536000", "", FIVE_MINUTES_MS],
    ["more than a timer can wait", "9".repeat(40), "", FIVE_MINUTES_MS],
    ["a year in the body", undefined, inBody(31_536_000), FIVE_MINUTES_MS],
    ["a time before now", undefined, inBody(-5), undefined],
    ["words", "soon", "", undefined],
    ["words in the body", undefined, inBody("1e9"), undefined],
    ["a list in the body", undefined, inBody([5]), undefined],
    ["nothing", undefined, "", undefined],
  ])("is read from %s", (_, header, body, ms) => {
    expect(answerError("GET pods", 429, body, header).retryAfterMs).toBe(ms);
  });
});

describe("A value that the API server refused", () => {
  const told = (message: string): string => {
    const details = { causes: [{ field: "spec.x", message }] };
    return answerError(
      "x",
      422,
      JSON.stringify({ kind: "Status", reason: "Invalid", message: "m", details }),
      undefined,
    ).message;
  };
  it.each([
    ["whole", 'Invalid value: "secret words of a person": must be shorter'],
    ["cut off", 'Invalid value: "secret words of a perso...'],
    ["of many megabytes", `Invalid value: "${"secret words ".repeat(1_200_000)}": must be shorter`],
  ])("is not repeated: %s", (_, message) => {
    expect(told(message)).not.toContain("secret");
  });
});

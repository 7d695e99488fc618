/** Exclude patterns against Python itself: random cases, a million of them with CI_DEPTH=full. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { compilePatterns } from "../../../src/recipients/patterns.ts";
import { findTool } from "../../support/tools.ts";

const CASES = process.env["CI_DEPTH"] === "full" ? 1_000_000 : 50_000;
const SEED = 18;
const python = findTool("python3");

type Case = readonly [pattern: string, texts: readonly string[], digits: string];

/** Python's answers, as scripts/fnmatch-corpus.py prints them. */
function casesOf(program: string): Case[] {
  const args = ["scripts/fnmatch-corpus.py", "--cases", `${CASES}`, "--seed", `${SEED}`];
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1024 * 1024 * 1024 });
  if (status !== 0) throw new Error(`python3 failed: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
}

const ours = ([pattern, texts]: Case): string =>
  texts
    .map(compilePatterns([pattern]))
    .map((found) => Number(found !== undefined))
    .join("");

describe.skipIf(python === undefined)(`${CASES} random patterns and texts`, () => {
  it("match what Python 3's fnmatchcase says (issue 18, point 8)", () => {
    const cases = casesOf(python ?? "");
    expect(cases).toHaveLength(CASES / 10);
    expect(cases.filter((each) => ours(each) !== each[2])).toEqual([]);
    // A fuzz in which nothing ever matches would show nothing.
    expect(cases.filter(([, , digits]) => digits.includes("1")).length).toBeGreaterThan(CASES / 500);
  }, 600_000);
});

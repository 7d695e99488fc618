/** A stack of the bundle, told in places of the source. */
import { encode } from "@jridgewell/sourcemap-codec";
import { describe, expect, it } from "vitest";
import { createStackReader } from "../../../src/observe/stack.ts";

const BUNDLE = "/app/operator.cjs";
/** Column 10 to 19 of the second line is line 7 of a file of ours; what follows is a library's. */
const MAP = JSON.stringify({
  version: 3,
  sources: ["src/sync/run.ts", ""],
  mappings: encode([[], [[0], [10, 0, 6, 2], [20]], []]),
});

const reader = (map: string | Error) =>
  createStackReader(BUNDLE, ((path: string) => {
    if (map instanceof Error || path !== `${BUNDLE}.map`) throw map;
    return map;
  }) as never);

describe("A stack in the log", () => {
  it.each([
    ["a frame of ours", "    at run (/app/operator.cjs:2:15)", "    at run (src/sync/run.ts:7)"],
    ["a frame without a name", "    at /app/operator.cjs:2:15", "    at src/sync/run.ts:7"],
    ["a frame of a library", "    at emit (/app/operator.cjs:2:31)", "    at emit (/app/operator.cjs:2:31)"],
    ["a frame of Node.js", "    at emit (node:events:520:28)", "    at emit (node:events:520:28)"],
    [
      "a frame of a library, before ours in the line",
      "    at x (/app/operator.cjs:3:2)",
      "    at x (/app/operator.cjs:3:2)",
    ],
    ["a place that the map does not have", "    at x (/app/operator.cjs:999:1)", "    at x (/app/operator.cjs:999:1)"],
    ["no place at all", "Error: /app/operator.cjs: is no directory", "Error: /app/operator.cjs: is no directory"],
  ])("24.2: has the source of %s", (_, line, told) => {
    expect(reader(MAP)(`Error: x\n${line}`)).toBe(`Error: x\n${told}`);
  });

  it.each([
    ["missing", new Error("ENOENT")],
    ["no JSON", "{"],
    ["no map", "{}"],
    ["of another kind", '{"version":3,"sources":[],"mappings":"!!!!"}'],
  ])("stays as it is where the map is %s", (_, map) => {
    const stack = "Error: x\n    at run (/app/operator.cjs:2:15)";
    expect(reader(map)(stack)).toBe(stack);
  });
});

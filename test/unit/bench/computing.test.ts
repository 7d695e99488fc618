/** What `npm run bench:computing` counts the instructions of does its work. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const PROGRAM = new URL("../../../bench/computing-process.ts", import.meta.url).pathname;

it.each(["nothing", "unchanged", "first", "one alias more"])("computes a sync: %s", (what) => {
  const run = (): string => execFileSync("npx", ["tsx", PROGRAM, what, "200"], { encoding: "utf8", stdio: "pipe" });
  expect(run).not.toThrow();
});

/** The tools for contributors say what they take, and refuse what they have not (issue 25, seen 6). */
import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../support/pages.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", ...args], { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });

describe("A tool", { timeout: 60_000 }, () => {
  it.each([
    ["bench/main.ts", ["--quick", "--check", "--only", "--json"]],
    ["scripts/mutants.ts", ["--part", "--only"]],
    ["test/soak/main.ts", ["--minutes", "--seed", "--obstacles"]],
    ["dev/demo/main.ts", ["--exit", "--mails"]],
  ])("%s tells its flags, one a line", async (tool, flags) => {
    const { code, stdout } = await run(tool, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^npm run \w+ \[/);
    const told = stdout.split("\n").flatMap((line) => /^ {2}(--[a-z]+)\b.* {2}\S/.exec(line)?.[1] ?? []);
    expect(told).toEqual([...flags, "--help"]);
  });

  it.each(["dev/demo/main.ts", "bench/main.ts", "test/soak/main.ts"])(
    "%s answers a flag that it does not know with its usage, and starts nothing",
    async (tool) => {
      const { code, stdout, stderr } = await run(tool, "--wrong");
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^Unknown option '--wrong'; usage: npm run \w+ \[/);
      expect(stderr).not.toContain("    at ");
    },
  );

  it.each([
    ["bench/main.ts", /no case has a name that begins so/],
    ["scripts/mutants.ts", /none of the \d+ breaks/],
  ])("%s says so when nothing has the name that was asked for", async (tool, says) => {
    const { code, stdout, stderr } = await run(tool, "--only", "nope-such-case");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(says);
  });
});

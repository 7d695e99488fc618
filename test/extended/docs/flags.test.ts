import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";

function run(file: string, flag: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", file, flag], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe.each(["dev/demo/main.ts", "bench/main.ts", "test/soak/main.ts"])("The command of %s", (file) => {
  it("answers a flag that it does not know with its usage, and starts nothing", async () => {
    const { code, stdout, stderr } = await run(file, "--wrong");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^Unknown option '--wrong'; usage: npm run \w+ \[/);
    expect(stderr).not.toContain("    at ");
  });

  it("shows its usage with --help", async () => {
    const { code, stdout } = await run(file, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^npm run \w+ \[/);
  });
});

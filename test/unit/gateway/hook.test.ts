/** The command of --on-change: once for changes that come together, never twice at a time, never too often, never for ever. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHook, type Hook } from "../../../src/gateway/hook.ts";
import type { Logger } from "../../../src/runtime/types.ts";
import { createFakeClock, type FakeClock } from "../../support/clock.ts";

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

describe("The command of --on-change", () => {
  let folder: string;
  let clock: FakeClock;
  let codes: number[];
  let hook: Hook;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "o365-sync-hook-"));
    clock = createFakeClock();
    codes = [];
  });
  afterEach(async () => {
    await hook.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (command: string): Hook => {
    hook = createHook({
      command,
      env: { PATH: process.env["PATH"], FOLDER: folder },
      clock,
      log,
      onExit: (code) => void codes.push(code),
    });
    return hook;
  };
  const runs = async (count: number): Promise<void> => {
    while (codes.length < count) await new Promise((resolve) => setImmediate(resolve));
  };

  it("runs once for changes that come together, and not again within five seconds", async () => {
    start('echo run >> "$FOLDER/runs"; exit 7');
    for (let change = 0; change < 10; change++) hook.trigger();
    await clock.advance(500);
    await runs(1);
    hook.trigger();
    await clock.advance(4_000);
    expect(readFileSync(join(folder, "runs"), "utf8")).toBe("run\n");
    await clock.advance(1_000);
    await runs(2);
    expect(codes).toEqual([7, 7]);
    expect(clock.timers).toBe(0);
  });

  it("is ended after a minute with all that it started, and what changed meanwhile is told afterwards", async () => {
    start('[ -e "$FOLDER/first" ] || { : > "$FOLDER/first"; node -e "setTimeout(() => {}, 1e6)" & wait; }');
    hook.trigger();
    await clock.advance(500);
    // Ended before it has begun, it would leave nothing behind.
    while (!existsSync(join(folder, "first"))) await new Promise((resolve) => setImmediate(resolve));
    hook.trigger();
    await clock.advance(500);
    await clock.advance(60_000);
    await runs(1);
    // Its turn comes soon, and it ends by itself: too little time passes for it to be ended.
    for (let step = 0; step < 30; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(100);
    }
    await runs(2);
    expect(codes).toEqual([-1, 0]);
  });

  it("tells a command that there is not", async () => {
    start("/no/such/command 2>/dev/null");
    hook.trigger();
    await clock.advance(500);
    await runs(1);
    expect(codes).toEqual([127]);
  });
});

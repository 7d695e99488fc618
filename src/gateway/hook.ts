/** Runs the command of --on-change after the files were swapped: once for changes that come together, never twice at a time. */

import { spawn } from "node:child_process";
import type { Clock } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import type { Logger } from "../runtime/types.ts";

export interface HookOptions {
  /** For /bin/sh. */
  readonly command: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each run; -1: it was ended, or could not be started. */
  readonly onExit: (code: number) => void;
}

export interface Hook {
  /** Something changed. */
  trigger(): void;
  /** Resolves when nothing runs any more; a run that has begun is ended. */
  stop(): Promise<void>;
}

/** Changes that come together, such as a list and its routing, are one. */
const DEBOUNCE_MS = 500;
/** Between two beginnings: Postfix 3.7 has hung after two reloads within one second. */
const SPACING_MS = 5_000;
/** Then it is ended: a reload takes seconds. */
const TIMEOUT_MS = MINUTE_MS;
const KILL_MS = 5_000;

export function createHook({ command, env, clock, log, onExit }: HookOptions): Hook {
  let cancel: (() => void) | undefined;
  let running: { readonly ended: Promise<void>; readonly end: (signal: NodeJS.Signals) => void } | undefined;
  let again = false;
  let stopped = false;
  let earliest = 0;

  function start(): void {
    cancel = undefined;
    if (stopped) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    running = run();
    void running.ended.then(() => {
      running = undefined;
      if (again) trigger();
      again = false;
    });
  }

  function run() {
    const started = clock.monotonic();
    earliest = started + SPACING_MS;
    // A group of its own, so that what it started ends with it. Its output goes to the log of this process.
    const child = spawn("/bin/sh", ["-c", command], { env: { ...env }, stdio: ["ignore", 2, 2], detached: true });
    const end = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended.
      }
    };
    const cancels = [
      clock.setTimeout(() => end("SIGTERM"), TIMEOUT_MS),
      clock.setTimeout(() => end("SIGKILL"), TIMEOUT_MS + KILL_MS),
    ];
    const ended = new Promise<number>((resolve) => {
      child.once("error", () => resolve(-1));
      child.once("exit", (code) => resolve(code ?? -1));
    }).then((code) => {
      for (const each of cancels) each();
      onExit(code);
      log[code === 0 ? "info" : "error"](
        { code, seconds: (clock.monotonic() - started) / 1000 },
        "Command of --on-change ended",
      );
    });
    return { ended, end };
  }

  function trigger(): void {
    if (!stopped) cancel ??= clock.setTimeout(start, Math.max(DEBOUNCE_MS, earliest - clock.monotonic()));
  }

  return {
    trigger,
    async stop() {
      stopped = true;
      cancel?.();
      running?.end("SIGTERM");
      await running?.ended;
    },
  };
}

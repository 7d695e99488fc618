/** Child processes and a folder that never outlive this process, however it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

export interface Processes {
  /** For their data; removed at the end. */
  readonly folder: string;
  /** Rejects when a process ends or cannot start, with the last lines that it printed; never resolves. */
  readonly failed: Promise<never>;
  /** Answers how to kill it, which is no failure; that resolves when it is gone. */
  start(command: string, args: readonly string[]): () => Promise<void>;
  /** Kills all, removes the folder, and resolves when both are done. */
  stop(): Promise<void>;
}

/**
 * Collects pids from its input; when that closes, because we asked for it or because we are gone, it ends them and
 * removes the folder. A process that is just ending may still write a file: hence the second try.
 */
const WATCHDOG = `
  while read -r pid; do pids="$pids $pid"; done
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null
  rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }
`;

const LINES_KEPT = 20;

export async function createProcesses(name: string): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  // In sessions of their own, so that Ctrl-C reaches only us and we decide in which order things end.
  const watchdog = spawn("sh", ["-c", WATCHDOG, "watchdog", folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const exits: Promise<void>[] = [];
  let stopping = false;
  let fail: (error: Error) => void;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // Nobody may be waiting any more.

  return {
    folder,
    failed,
    start(command, args) {
      const child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
      const lines = lastLines(child);
      let isKilled = false;
      child.on("error", (error) => fail(new Error(`${basename(command)} cannot start: ${error.message}`)));
      if (child.pid === undefined) return () => Promise.resolve();
      watchdog.stdin.write(`${child.pid}\n`);
      const exit = new Promise<void>((resolve) => {
        child.once("exit", () => {
          if (!stopping && !isKilled) fail(new Error(`${basename(command)} ended by itself:\n${lines().join("\n")}`));
          resolve();
        });
      });
      exits.push(exit);
      return () => {
        isKilled = true;
        child.kill("SIGKILL");
        return exit;
      };
    },
    async stop() {
      stopping = true;
      const gone = once(watchdog, "exit");
      watchdog.stdin.end();
      await Promise.all([gone, ...exits]);
    },
  };
}

function lastLines(child: ChildProcess): () => readonly string[] {
  let lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      lines = [...lines, ...text.split("\n").filter((line) => line !== "")].slice(-LINES_KEPT);
    });
  }
  return () => lines;
}

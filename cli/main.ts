/** `kubectl mailsync`: reads the kubeconfig, runs one command, ends with its exit code. */
import { createInterface } from "node:readline/promises";
import { setFlagsFromString } from "node:v8";
import { systemDeps } from "../src/base/deps.ts";
import { ApiError } from "../src/runtime/types.ts";
import { RELEASE } from "../src/version.ts";
import { CommandError, EXIT, type ExitCode } from "./command-error.ts";
import { complete } from "./commands/complete.ts";
import { openSession } from "./open.ts";
import { printable, type Streams } from "./output.ts";
import { describeCommands, type ProgramParts, runProgram } from "./program.ts";

// One ConfigMap after the other is read and forgotten: room for young objects that grows to 48 MiB would be half of what it takes.
setFlagsFromString("--semi-space-growth-factor=1");

const HOUR_MS = 3_600_000;
const stackOf = (error: unknown): string =>
  printable(error instanceof Error ? (error.stack ?? error.message) : String(error));

const stop = new AbortController();
process.once("SIGINT", () => stop.abort(new CommandError("interrupted; what was asked for is still asked for")));

const streams: Streams = {
  write: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
  isTerminal: process.stdout.isTTY,
  width: process.stdout.columns,
};

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await lines.question(question, { signal: stop.signal });
  } finally {
    lines.close();
  }
}

const parts: ProgramParts = {
  version: RELEASE,
  open: (options) => openSession(options, { streams, env: process.env, deps: systemDeps, signal: stop.signal }),
  write: streams.write,
  complain: streams.complain,
};

async function main(args: readonly string[]): Promise<ExitCode> {
  const [first, ...words] = args;
  try {
    if (first === "__complete") {
      const { lines, exitCode } = await complete(parts.open, words, describeCommands(parts));
      streams.write(`${lines.join("\n")}\n`);
      return exitCode;
    }
    return await runProgram(args, parts);
  } catch (error) {
    const told = stop.signal.aborted ? stop.signal.reason : error;
    if (!(told instanceof CommandError || told instanceof ApiError)) throw told;
    streams.complain(`error: ${printable(told.message)}\n`);
    return told instanceof CommandError ? told.exitCode : EXIT.unknown;
  }
}

// A reader that has seen enough, such as head, closes the pipe.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.unknown),
);
// Nothing that is waited for keeps Node.js alive by itself, and whoever ends before the answer has not done what was asked.
process.exitCode = EXIT.unknown;
const alive = setInterval(() => {}, HOUR_MS);
void main(process.argv.slice(2))
  .then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => streams.complain(`error: a fault of this program, please report it: ${stackOf(error)}\n`),
  )
  .finally(() => clearInterval(alive));

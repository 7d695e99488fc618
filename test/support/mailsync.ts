/** Runs `kubectl mailsync` inside the test: what it prints, and its exit code. */
import { CommandError } from "../../cli/command-error.ts";
import { openSession } from "../../cli/open.ts";
import type { Streams } from "../../cli/output.ts";
import { runProgram } from "../../cli/program.ts";
import { systemDeps } from "../../src/base/deps.ts";
import { ApiError } from "../../src/runtime/types.ts";

export interface Told {
  readonly code: number;
  /** The answer. */
  readonly out: string;
  /** Progress and complaints. */
  readonly err: string;
}

export interface Caller {
  readonly kubeconfig: string;
  readonly namespace?: string;
  /** What a person at a terminal types when asked; absent: nobody is there. */
  readonly answers?: readonly string[];
  readonly isTerminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export async function mailsync(args: readonly string[], caller: Caller): Promise<Told> {
  const { kubeconfig, namespace, answers, isTerminal = false, env = {} } = caller;
  let [out, err] = ["", ""];
  const open = [...(answers ?? [])];
  const streams: Streams = {
    write(text) {
      out += text;
    },
    complain(text) {
      err += text;
    },
    isTerminal,
    ask:
      answers === undefined
        ? undefined
        : (question) => {
            out += question;
            return Promise.resolve(open.shift() ?? "");
          },
  };
  const signal = new AbortController().signal;
  const all = [...args, "--kubeconfig", kubeconfig, ...(namespace === undefined ? [] : ["-n", namespace])];
  try {
    const code = await runProgram(all, {
      version: "0.0.0",
      open: (options) => openSession(options, { streams, env, deps: systemDeps, signal }),
      write: streams.write,
      complain: streams.complain,
    });
    return { code, out, err };
  } catch (error) {
    if (error instanceof CommandError) return { code: error.exitCode, out, err: `${err}error: ${error.message}\n` };
    if (error instanceof ApiError) return { code: 2, out, err: `${err}error: ${error.message}\n` };
    throw error;
  }
}

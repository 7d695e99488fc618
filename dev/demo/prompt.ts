/** What a person types after the story: changes of the tenant, and the questions of `kubectl mailsync`, without kubectl. */
import { createInterface } from "node:readline";
import { CommandError } from "../../cli/command-error.ts";
import { openSession } from "../../cli/open.ts";
import type { Streams } from "../../cli/output.ts";
import { runProgram } from "../../cli/program.ts";
import { systemDeps } from "../../src/base/deps.ts";
import { RELEASE } from "../../src/version.ts";
import type { Company } from "../tenant/company.ts";

export interface PromptParts {
  readonly company: Company;
  readonly kubeconfig: string;
  readonly say: (text: string) => void;
  readonly isTerminal: boolean;
}

interface Word {
  readonly usage: string;
  readonly does: string;
  run(rest: readonly string[]): Promise<void> | void;
}

const NAME = "example-com";

function address(text: string | undefined): string {
  if (text?.includes("@") !== true) throw new CommandError("which address? for instance nora.novak@example.com");
  return text;
}

/** Answers the words that there are, and what to do with a line; `quit` resolves `ended`. */
export function createPrompt({ company, kubeconfig, say, isTerminal }: PromptParts) {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const streams: Streams = {
    write: (text) => say(text.trimEnd()),
    complain: (text) => say(text.trimEnd()),
    isTerminal,
  };
  const mailsync = async (...args: string[]): Promise<void> => {
    const signal = AbortSignal.timeout(120_000);
    const open = (options: Parameters<typeof openSession>[0]) =>
      openSession(options, { streams, env: process.env, deps: systemDeps, signal });
    const all = [...args, "-n", "mail", "--kubeconfig", kubeconfig];
    await runProgram(all, { version: RELEASE, open, write: streams.write, complain: streams.complain });
  };
  const words: Readonly<Record<string, Word>> = {
    sync: { usage: "sync", does: "sync now", run: () => mailsync("sync", NAME) },
    show: {
      usage: "show",
      does: "the sync on one line, and its history",
      async run() {
        await mailsync("get");
        say("");
        await mailsync("history", NAME);
      },
    },
    plan: { usage: "plan", does: "the plan that is held", run: () => mailsync("plan", NAME) },
    approve: {
      usage: "approve [DIGEST]",
      does: "let the held plan through",
      run: ([digest]) => mailsync("approve", NAME, ...(digest === undefined ? [] : [digest, "--yes"])),
    },
    why: { usage: "why ADDRESS", does: "is it accepted, and why", run: ([text]) => mailsync("why", address(text)) },
    hire: {
      usage: "hire ADDRESS",
      does: "somebody comes to the tenant",
      run([text]) {
        company.hire(address(text));
        say('Hired; "sync" brings the address.');
      },
    },
    leave: {
      usage: "leave ADDRESS",
      does: "somebody leaves the tenant",
      run([text]) {
        company.remove(address(text));
        say('Gone from the tenant; "sync" takes the address away.');
      },
    },
    quit: { usage: "quit", does: "end the demo", run: () => end() },
  };

  return {
    ended,
    help: Object.values(words).map(({ usage, does }) => `    ${usage.padEnd(18)}${does}`),
    async take(line: string): Promise<void> {
      const [verb = "", ...rest] = line.trim().split(/\s+/);
      if (verb === "") return;
      try {
        const word = Object.hasOwn(words, verb) ? words[verb] : undefined;
        if (word === undefined)
          throw new CommandError(`there is no ${verb}; there are ${Object.keys(words).join(", ")}`);
        await word.run(rest);
      } catch (error) {
        // What the person asked cannot be done, or the tenant has nobody of that name: the prompt goes on.
        say(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** Reads lines until `quit` or the end of the input; one is done before the next is taken. */
export function readLines({ take, ended }: Pick<ReturnType<typeof createPrompt>, "take" | "ended">): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: "> " });
  // Ctrl-C in the terminal reaches the process through readline only when it is interactive.
  lines.on("SIGINT", () => process.emit("SIGINT"));
  let turn = Promise.resolve();
  lines.on("line", (line) => {
    turn = turn.then(() => take(line)).then(() => lines.prompt());
  });
  lines.prompt();
  return ended.finally(() => lines.close());
}

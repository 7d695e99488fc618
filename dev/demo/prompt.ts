/** What a person types after the story: changes of the tenant, and the questions of `kubectl mailsync`, without kubectl. */
import { createInterface } from "node:readline";
import { CommandError } from "../../cli/command-error.ts";
import { openSession } from "../../cli/open.ts";
import { printable, type Streams } from "../../cli/output.ts";
import { runProgram } from "../../cli/program.ts";
import { systemDeps } from "../../src/base/deps.ts";
import { RELEASE } from "../../src/version.ts";
import type { Company } from "../tenant/company.ts";
import { folded } from "./width.ts";

export interface PromptParts {
  readonly company: Company;
  readonly namespace: string;
  readonly kubeconfig: string;
  readonly say: (text: string) => void;
  readonly isTerminal: boolean;
}

interface Word {
  readonly usage: string;
  readonly does: string;
  run(rest: readonly string[]): Promise<void> | void;
}

type Ask = NonNullable<Streams["ask"]>;

const NAME = "example-com";
const COLUMNS = 100;

function address(text: string | undefined): string {
  if (text?.includes("@") !== true) throw new CommandError("which address? for instance nora.novak@example.com");
  return text;
}

/** What the words do it with. */
interface Doers extends Pick<PromptParts, "company" | "say"> {
  mailsync(...args: string[]): Promise<void>;
  end(): void;
}

const wordsOf = ({ company, say, mailsync, end }: Doers): Readonly<Record<string, Word>> => ({
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
  quit: { usage: "quit", does: "end the demo", run: end },
});

/** Answers the words that there are, and what to do with a line. */
export function createPrompt({ company, namespace, kubeconfig, say, isTerminal }: PromptParts) {
  let isOver = false;
  /** For the line that is worked on. */
  let asking: Ask | undefined;
  const tell = (text: string): void => {
    const lines = text.trimEnd().split("\n");
    say(lines.flatMap((line) => folded(line, COLUMNS)).join("\n"));
  };
  const streams: Streams = {
    write: tell,
    complain: tell,
    get ask() {
      return asking;
    },
    isTerminal,
    width: COLUMNS,
  };
  const mailsync = async (...args: string[]): Promise<void> => {
    const signal = AbortSignal.timeout(120_000);
    const open = (options: Parameters<typeof openSession>[0]) =>
      openSession(options, { streams, env: process.env, deps: systemDeps, signal });
    const all = [...args, "-n", namespace, "--kubeconfig", kubeconfig];
    await runProgram(all, { version: RELEASE, open, write: streams.write, complain: streams.complain });
  };
  const end = (): void => {
    isOver = true;
  };
  const words = wordsOf({ company, say, mailsync, end });

  return {
    help: Object.values(words).map(({ usage, does }) => `    ${usage.padEnd(18)}${does}`),
    /** Answers whether more lines are wanted. `ask` asks the person who typed it. */
    async take(line: string, ask?: Ask): Promise<boolean> {
      const [verb = "", ...rest] = line.trim().split(/\s+/);
      if (verb === "") return true;
      asking = ask;
      try {
        const word = Object.hasOwn(words, verb) ? words[verb] : undefined;
        if (word === undefined)
          throw new CommandError(`there is no ${verb}; there are ${Object.keys(words).join(", ")}`);
        await word.run(rest);
      } catch (error) {
        // What the person asked cannot be done, or the tenant has nobody of that name: the prompt goes on.
        tell(printable(error instanceof Error ? error.message : String(error)));
      }
      return !isOver;
    },
  };
}

export interface Typed {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Ctrl-C in a terminal. */
  readonly onInterrupt: () => void;
}

/** Reads lines until `quit` or the end of the input; one is done before the next is taken. */
export async function readLines(
  { take }: Pick<ReturnType<typeof createPrompt>, "take">,
  { input, output, onInterrupt }: Typed,
): Promise<void> {
  const lines = createInterface({ input, output });
  // In a terminal Ctrl-C is a character, and reaches the process through readline only.
  lines.on("SIGINT", onInterrupt);
  // Whatever comes while a command works waits: no line of a pipe is lost.
  const reader = lines[Symbol.asyncIterator]();
  const next = async (question: string): Promise<string | undefined> => {
    output.write(question);
    const { value, done } = await reader.next();
    return done === true ? undefined : value;
  };
  try {
    for (;;) {
      const line = await next("> ");
      if (line === undefined) return;
      if (!(await take(line, async (question) => (await next(question)) ?? ""))) return;
    }
  } finally {
    lines.close();
  }
}

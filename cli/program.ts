/** The commands of `kubectl mailsync`, their flags and their help. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CommandError, EXIT, type ExitCode } from "./command-error.ts";
import { approve, plan } from "./commands/approve.ts";
import { changes } from "./commands/changes.ts";
import type { Completions } from "./commands/complete.ts";
import { doctor } from "./commands/doctor.ts";
import { EXPORT_FORMATS, type ExportFormat, exportList } from "./commands/export.ts";
import { get } from "./commands/get.ts";
import { history } from "./commands/history.ts";
import { request } from "./commands/requests.ts";
import { consent, setSuspended } from "./commands/suspend.ts";
import { why } from "./commands/why.ts";
import { type GlobalOptions, reaching, type Session } from "./session.ts";
import type { RequestKind, Waiting } from "./wait.ts";

export interface ProgramParts {
  readonly version: string;
  open(options: GlobalOptions): Session;
  write(text: string): void;
  complain(text: string): void;
}

const DEFAULT_TIMEOUT_MS = 5 * 60_000;

/** Answers the exit code; throws CommandError and ApiError for what the person must be told. */
export async function runProgram(args: readonly string[], parts: ProgramParts): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = makeProgram(parts, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // It has told the person already.
    return error.exitCode === 0 ? EXIT.ok : EXIT.unknown;
  }
}

/** What completion offers. */
export function describeCommands(parts: ProgramParts): Completions {
  const program = makeProgram(parts, () => {});
  const flagsOf = ({ options }: Command) =>
    options.map(({ long, short, required, argChoices }) => ({
      names: [long, short].filter((name) => name !== undefined && name !== null),
      takesValue: required,
      choices: argChoices ?? [],
    }));
  return {
    flags: flagsOf(program),
    commands: program.commands.map((each) => ({
      name: each.name(),
      takesName: each.registeredArguments[0]?.name() === "name",
      flags: flagsOf(each),
    })),
  };
}

function makeProgram(parts: ProgramParts, done: (code: ExitCode) => void): Command {
  const program = new Command("kubectl mailsync")
    .description("Answers what a help desk is asked about recipient lists that follow Microsoft 365.")
    .version(parts.version, "-V, --version", "show the version and exit")
    .helpOption("-h, --help", "show this and exit")
    .configureOutput({ writeOut: parts.write, writeErr: parts.complain })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help shows what there is)")
    .allowExcessArguments()
    .exitOverride();
  for (const option of kubectlOptions()) program.addOption(option);
  const define = (usage: string, description: string, examples: readonly string[]): Command => {
    const command = program.command(usage).description(description).allowExcessArguments(false).exitOverride();
    command.addHelpText("after", `\nExamples:\n${examples.map((each) => `  kubectl mailsync ${each}`).join("\n")}`);
    return command;
  };
  const act: Act =
    (run) =>
    async (...given: unknown[]): Promise<void> => {
      // Commander hands over the arguments, then the options, then the command.
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals<Options>();
      const session = parts.open(options);
      done(await reaching(session, () => run(session, command.args, options)));
    };
  // Alone it answers the first question that everybody has.
  program.action(async (options: GlobalOptions, { args: [unknown] }: Command) => {
    if (unknown !== undefined)
      throw new CommandError(
        `there is no command ${unknown}${didYouMean(program, unknown)}; kubectl mailsync --help shows those that there are`,
      );
    const session = parts.open(options);
    done(await reaching(session, () => get(session, undefined)));
  });
  defineLooking(define, act, parts.version);
  defineAsking(define, act);
  program.addHelpText("after", HELP);
  return program;
}

/** " (Did you mean sync?)", or nothing: only Commander knows, and it would not say so beside a command of our own. */
function didYouMean(program: Command, unknown: string): string {
  let told = "";
  const probe = new Command().exitOverride().configureOutput({
    writeErr: (text) => {
      told += text;
    },
  });
  for (const each of program.commands) probe.command(each.name());
  try {
    probe.parse([unknown], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  const [hint] = /\(Did you mean .*?\)/s.exec(told) ?? [];
  return hint === undefined ? "" : ` ${hint}`;
}

const HELP = `
Exit codes: 0 yes or done, 1 no (refused, failed, held), 2 cannot be told
(usage, a missing right, no answer in time). It uses your own kubeconfig and
rights, and writes nothing but annotations and spec.suspend.`;

const kubectlOptions = (): Option[] => [
  new Option("-n, --namespace <name>", "where to look (default: that of the context)"),
  new Option("-A, --all-namespaces", "look in all namespaces"),
  new Option("--context <name>", "the context of the kubeconfig to use"),
  new Option("--kubeconfig <file>", "the kubeconfig file to use (default: as kubectl)"),
  new Option("-o, --output <format>", "how to print").choices(["text", "wide", "json", "yaml"]),
];

/** Of all commands together; each has those that it defines. */
interface Options extends GlobalOptions {
  readonly since?: string;
  readonly address?: string;
  readonly format?: ExportFormat;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly wait?: boolean;
  readonly yes?: boolean;
}

type Define = (usage: string, description: string, examples: readonly string[]) => Command;
type Action = (session: Session, args: readonly string[], options: Options) => Promise<ExitCode>;
type Act = (run: Action) => (...given: unknown[]) => Promise<void>;

/** Commander has refused a command without an argument that it needs. */
const first = (args: readonly string[]): string => args[0] ?? "";

function defineLooking(define: Define, act: Act, version: string): void {
  const named = (usage: string, description: string, examples: readonly string[], run: Action): Command =>
    define(usage, description, examples).action(act(run));
  named(
    "get [name]",
    "every sync on one line, trouble first",
    ["get -A", "get example-com -o wide"],
    (session, [name]) => get(session, name),
  );
  named(
    "why <address>",
    "is an address accepted, and why, or why not",
    ["why ada.abel@example.com", "why sales@example.com -A -o json"],
    (session, args) => why(session, first(args)),
  );
  named("plan <name>", "the plan that is held, as a diff", ["plan example-com"], (session, args) =>
    plan(session, first(args)),
  );
  named("history <name>", "what was done", ["history example-com"], (session, args) => history(session, first(args)));
  named(
    "changes <name>",
    "which addresses came and went, all of them",
    ["changes example-com --since 1d", "changes example-com --address ada.abel@example.com"],
    (session, args, options) => changes(session, first(args), options),
  )
    .option("--since <duration>", "only what is not older, such as 90m, 12h or 7d")
    .option("--address <address>", "only this address");
  named("consent <name>", "the consent link, and whether it was granted", ["consent example-com"], (session, args) =>
    consent(session, first(args)),
  );
  named(
    "export <name>",
    "the whole list, checked against the manifest",
    ["export example-com > recipients.txt", "export example-com --format csv"],
    (session, args, { format }) => exportList(session, first(args), format),
  ).addOption(
    new Option("--format <format>", "of the list (default: plain; json with -o json)").choices([...EXPORT_FORMATS]),
  );
  named("doctor", "what is wrong, each with its cure", ["doctor -A"], (session) => doctor(session, version));
}

const waitingOf = ({ timeout = DEFAULT_TIMEOUT_MS, wait = true }: Options): Waiting => ({
  timeoutMs: timeout,
  noWait: !wait,
});

const REQUESTS: readonly (readonly [name: string, kind: Exclude<RequestKind, "approve">, description: string])[] = [
  ["test", "testConnection", "ask whether the tenant lets the operator in; nothing is planned"],
  ["preview", "testSync", "read the tenant and show the plan and what the guards say; nothing is published"],
  ["sync", "sync", "sync now"],
];

function defineAsking(define: Define, act: Act): void {
  const asking = (usage: string, description: string, examples: readonly string[]): Command =>
    define(usage, description, examples)
      .addOption(
        new Option("--timeout <duration>", "how long to wait for the answer")
          .argParser(parseDuration)
          .default(DEFAULT_TIMEOUT_MS, "5m"),
      )
      .option("--no-wait", "ask, and do not wait for the answer");
  for (const [name, kind, description] of REQUESTS)
    asking(`${name} <name>`, description, [`${name} example-com`]).action(
      act((session, args, options) => request(session, first(args), kind, waitingOf(options))),
    );
  asking("approve <name> [digest]", "let exactly the held plan through, once", [
    "approve example-com",
    "approve example-com 1f0c2a… --yes",
  ])
    .option("-y, --yes", "do not ask; without a terminal the digest is needed")
    .action(
      act((session, [name = "", digest], options) =>
        approve(session, name, digest, { ...waitingOf(options), yes: options.yes }),
      ),
    );
  define("suspend <name>", "stop everything but reading the status; the list stays", ["suspend example-com"]).action(
    act((session, args) => setSuspended(session, first(args), true)),
  );
  define("resume <name>", "go on", ["resume example-com"]).action(
    act((session, args) => setSuspended(session, first(args), false)),
  );
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds. */
function parseDuration(text: string): number {
  const [, count, unit = "s"] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It must be a number and a unit, such as 30s or 5m.");
  return Number(count) * (UNITS[unit || "s"] ?? 1000);
}

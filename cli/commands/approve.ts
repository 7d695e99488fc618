/** `plan` and `approve`: the held plan as a diff, and the way to let exactly it through. */
import { CommandError, EXIT, type ExitCode } from "../command-error.ts";
import { isData, printable } from "../output.ts";
import { findHeldPlan, findPlan, printPlan } from "../read/plan.ts";
import { getSync, type Session } from "../session.ts";
import { ask, type Waiting } from "../wait.ts";
import { exitCodeOf, printAnswer } from "./requests.ts";

export async function plan(session: Session, name: string): Promise<ExitCode> {
  const sync = await getSync(session, name);
  const { output } = session;
  const held = sync.status?.held;
  const found = held === undefined ? await findPlan(session, sync) : await findHeldPlan(session, sync);
  if (isData(output)) {
    output.data({ held: held ?? null, text: found?.text ?? null });
    return EXIT.ok;
  }
  if (held === undefined) output.progress("No plan is held; this is what the last test sync would have done.");
  if (found === undefined) {
    output.progress("There is no plan to show; kubectl mailsync preview makes one.");
    return EXIT.no;
  }
  printPlan(session, found);
  return EXIT.ok;
}

const LINES_BEFORE_QUESTION = 24;

export interface ApproveOptions extends Waiting {
  /** Do not ask: the digest says which plan is meant. */
  readonly yes?: boolean | undefined;
}

export async function approve(
  session: Session,
  name: string,
  digest: string | undefined,
  options: ApproveOptions,
): Promise<ExitCode> {
  const sync = await getSync(session, name);
  const { output, streams } = session;
  const held = sync.status?.held;
  if (held === undefined) throw new CommandError(`no plan of ${name} is held: there is nothing to approve`, EXIT.no);
  if (digest !== undefined && digest !== held.planDigest)
    throw new CommandError(
      `the plan that is held has the digest ${held.planDigest}, not ${digest}; look at it first: kubectl mailsync plan ${name}`,
      EXIT.no,
    );
  if (held.approvable === false)
    throw new CommandError(
      `a plan held for ${held.reason} cannot be approved; kubectl mailsync get ${name} says why`,
      EXIT.no,
    );
  if (options.yes === true && digest === undefined && streams.ask === undefined)
    throw new CommandError(
      `without a terminal --yes needs the digest: kubectl mailsync approve ${name} ${held.planDigest} --yes`,
    );
  if (options.yes !== true && isData(output))
    throw new CommandError(
      `with -o ${output.format} nobody is asked; add the digest and --yes: kubectl mailsync approve ${name} ${held.planDigest} --yes`,
    );
  if (options.yes !== true) {
    printPlan(session, await findHeldPlan(session, sync), LINES_BEFORE_QUESTION);
    for (const { limit, allowed, actual } of held.violations)
      output.line(output.paint("yellow", `${printable(limit)}: ${actual}, allowed ${allowed}`));
    if (streams.ask === undefined)
      throw new CommandError(
        `nobody can be asked here; add the digest and --yes: kubectl mailsync approve ${name} ${held.planDigest} --yes`,
      );
    const reply = await streams.ask(`Let exactly this plan (${held.planDigest}) through? Type yes: `);
    if (reply.trim().toLowerCase() !== "yes") {
      output.progress("Nothing was approved.");
      return EXIT.no;
    }
  }
  const answered = await ask(session, name, "approve", { ...options, token: held.planDigest });
  if (answered === undefined) {
    if (isData(output)) output.data({ name, state: "Asked" });
    return EXIT.ok;
  }
  if (isData(output)) output.data(answered.answer);
  else printAnswer(session, answered.answer);
  return exitCodeOf(answered.answer);
}

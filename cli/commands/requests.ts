/** `test`, `sync`, `preview`: ask, wait with progress, print the answer. */
import { EXIT, type ExitCode } from "../command-error.ts";
import { isData, printable } from "../output.ts";
import { findPlan, printPlan } from "../read/plan.ts";
import type { Session } from "../session.ts";
import { type Answer, ask, type RequestKind, type Waiting } from "../wait.ts";

export async function request(
  session: Session,
  name: string,
  kind: Exclude<RequestKind, "approve">,
  waiting: Waiting,
): Promise<ExitCode> {
  const answered = await ask(session, name, kind, waiting);
  if (answered === undefined) {
    if (isData(session.output)) session.output.data({ name, state: "Asked" });
    session.output.progress(`Asked; kubectl mailsync get ${name} shows what becomes of it.`);
    return EXIT.ok;
  }
  const { answer, sync } = answered;
  if (isData(session.output)) session.output.data(answer);
  else printAnswer(session, answer);
  if (kind === "testSync" && answer.state === "Succeeded" && !isData(session.output)) {
    const plan = await findPlan(session, sync);
    if (plan !== undefined) printPlan(session, plan);
  }
  return exitCodeOf(answer);
}

export function printAnswer({ output }: Session, { state, reason, message }: Answer): void {
  const colour = state === "Succeeded" ? "green" : "red";
  const why = reason === undefined || reason === state ? "" : ` (${reason})`;
  output.line(`${output.paint(colour, `${state}${why}`)}: ${printable(message ?? "")}`);
}

export const exitCodeOf = ({ state }: Pick<Answer, "state">): ExitCode => (state === "Succeeded" ? EXIT.ok : EXIT.no);

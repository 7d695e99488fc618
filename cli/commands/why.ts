/** `why`: is an address accepted, and why, or why not. */
import { parseAddress } from "../../src/recipients/smtp-address.ts";
import { EXIT, type ExitCode } from "../command-error.ts";
import { isData, printable } from "../output.ts";
import type { Session } from "../session.ts";
import { type Explanation, explain, explainDropped } from "../why/explain.ts";
import { gatherDropped, gatherFacts, leftRoutes } from "../why/facts.ts";

/** In which namespaces it was looked. */
const scopeOf = ({ namespace }: Session): string =>
  namespace === undefined ? "of any namespace" : `of the namespace ${namespace}`;

export async function answerWhy(session: Session, text: string): Promise<Explanation> {
  const address = parseAddress(text);
  if ("dropped" in address) return explainDropped(text, address, await gatherDropped(session, text, address));
  const facts = await gatherFacts(session, address);
  return explain(address, facts, scopeOf(session), facts.length === 0 ? await leftRoutes(session, address) : []);
}

export async function why(session: Session, text: string): Promise<ExitCode> {
  const { output } = session;
  const answer = await answerWhy(session, text);
  const { accepted, reasons } = answer;
  if (isData(output)) output.data({ ...answer, accepted: accepted ?? null });
  else {
    const verdict =
      accepted === true
        ? output.paint("green", "Accepted")
        : accepted === false
          ? output.paint("red", "Refused")
          : output.paint("yellow", "Cannot be told");
    const where = answer.mailDomain === undefined ? "" : `  (${answer.namespace}/${answer.mailDomain})`;
    output.line(`${verdict}: ${printable(answer.address)}${where}`);
    for (const { message, cure } of reasons) {
      output.line(`  - ${printable(message)}`);
      if (cure !== undefined) output.line(`    ${output.paint("dim", `to do: ${printable(cure)}`)}`);
    }
  }
  return accepted === undefined ? EXIT.unknown : accepted ? EXIT.ok : EXIT.no;
}

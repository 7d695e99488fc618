/** `why`: is an address accepted, and why, or why not. */
import { parseAddress } from "../../src/recipients/addresses.ts";
import { CommandError, EXIT, type ExitCode } from "../errors.ts";
import { isData, printable } from "../output.ts";
import type { Session } from "../session.ts";
import { explain } from "../why/explain.ts";
import { gatherFacts } from "../why/facts.ts";

export async function why(session: Session, text: string): Promise<ExitCode> {
  const { output, namespace } = session;
  const address = parseAddress(text);
  if ("dropped" in address)
    throw new CommandError(`${printable(text)} is no address that a gateway can carry (${address.dropped})`, EXIT.no);
  const scope = namespace === undefined ? "of any namespace" : `of the namespace ${namespace}`;
  const answer = explain(address, await gatherFacts(session, address), scope);
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
    output.line(`${verdict}: ${address.address}${where}`);
    for (const { message, cure } of reasons) {
      output.line(`  - ${printable(message)}`);
      if (cure !== undefined) output.line(`    ${output.paint("dim", `to do: ${printable(cure)}`)}`);
    }
  }
  return accepted === undefined ? EXIT.unknown : accepted ? EXIT.ok : EXIT.no;
}

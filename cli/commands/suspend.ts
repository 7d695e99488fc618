/** `suspend`, `resume` and `consent`: small things that are asked often. */
import { EXIT, type ExitCode } from "../command-error.ts";
import { isData, printable } from "../output.ts";
import { getSync, type Session } from "../session.ts";
import { change } from "../wait.ts";

export async function setSuspended(session: Session, name: string, suspend: boolean): Promise<ExitCode> {
  const { spec } = await getSync(session, name);
  if (spec.suspend === suspend) {
    session.output.progress(`${name} is ${suspend ? "suspended" : "not suspended"} already.`);
    if (isData(session.output)) session.output.data({ name, suspended: suspend, changed: false });
    return EXIT.ok;
  }
  await change(session, name, { spec: { suspend } });
  if (isData(session.output)) {
    session.output.data({ name, suspended: suspend, changed: true });
    return EXIT.ok;
  }
  session.output.line(
    suspend
      ? `${name} is suspended: the published list stays, and nothing runs until it is resumed.`
      : `${name} goes on; slots that passed meanwhile are not caught up.`,
  );
  return EXIT.ok;
}

export async function consent(session: Session, name: string): Promise<ExitCode> {
  const { status } = await getSync(session, name);
  const { output } = session;
  const authorized = status?.conditions?.find(({ type }) => type === "Authorized");
  const granted = authorized?.status === "True";
  if (isData(output)) {
    output.data({ consentUrl: status?.consentUrl ?? null, granted, message: authorized?.message ?? null });
    return granted ? EXIT.ok : EXIT.no;
  }
  const state = granted ? output.paint("green", "Granted") : output.paint("red", "Not granted, as far as is known");
  output.line(`${state}: ${printable(authorized?.message ?? "nobody has looked yet; kubectl mailsync test asks")}`);
  if (status?.consentUrl !== undefined)
    output.line(`An administrator of the tenant grants it here: ${printable(status.consentUrl)}`);
  return granted ? EXIT.ok : EXIT.no;
}

/** Completion, as kubectl asks for it: `kubectl_complete-mailsync` calls `kubectl-mailsync __complete WORDS…`. */
import { EXIT, type ExitCode } from "../command-error.ts";
import { listSyncs, type Session } from "../session.ts";

/** After the last suggestion kubectl reads a directive; 4: no files. */
const NO_FILES = ":4";

export interface CompleteOptions {
  /** Names of commands. */
  readonly commands: readonly string[];
  /** Those that take an O365Sync's name. */
  readonly naming: ReadonlySet<string>;
}

export async function complete(
  session: () => Session,
  words: readonly string[],
  { commands, naming }: CompleteOptions,
): Promise<{ readonly lines: readonly string[]; readonly exitCode: ExitCode }> {
  const current = words.at(-1) ?? "";
  const given = words.slice(0, -1).filter((word) => !word.startsWith("-"));
  const [command, ...rest] = given;
  if (command === undefined) return answer(commands, current);
  if (!naming.has(command) || rest.length > 0) return answer([], current);
  try {
    return answer(
      (await listSyncs(session())).map(({ metadata }) => metadata.name),
      current,
    );
  } catch {
    // Somebody presses Tab: there is no place for an error.
    return answer([], current);
  }
}

const answer = (words: readonly string[], start: string) => ({
  lines: [...words.filter((word) => word.startsWith(start)), NO_FILES],
  exitCode: EXIT.ok,
});

/** What ends a command early, with its exit code. */

/** Exit codes: what a script can tell apart. */
export const EXIT = {
  /** Done; for `why`: accepted. */
  ok: 0,
  /** Answered, and the answer is no: refused, failed, held. */
  no: 1,
  /** Could not be asked or told: wrong usage, a missing right, no answer in time. */
  unknown: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A message for the person at the terminal; nothing is wrong with the program. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.unknown,
  ) {
    super(message);
  }
}

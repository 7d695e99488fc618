/** Completion, as kubectl asks for it: `kubectl_complete-mailsync` calls `kubectl-mailsync __complete WORDS…`. */
import { EXIT, type ExitCode } from "../command-error.ts";
import { type GlobalOptions, listSyncs, type Session } from "../session.ts";

/** After the last suggestion kubectl reads a directive; 4: no files. */
const NO_FILES = ":4";

interface Flag {
  /** With their hyphens. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface Completions {
  /** Of every command. */
  readonly flags: readonly Flag[];
  readonly commands: readonly {
    readonly name: string;
    /** Its first argument is an O365Sync. */
    readonly takesName: boolean;
    readonly flags: readonly Flag[];
  }[];
}

export async function complete(
  open: (options: GlobalOptions) => Session,
  words: readonly string[],
  { flags: common, commands }: Completions,
): Promise<{ readonly lines: readonly string[]; readonly exitCode: ExitCode }> {
  const current = words.at(-1) ?? "";
  const all = [...common, ...commands.flatMap(({ flags }) => flags)];
  const { places, values, open: awaiting } = readWords(words.slice(0, -1), all);
  if (awaiting !== undefined) return answer(awaiting.choices, current);
  const [name, ...rest] = places;
  const command = commands.find((each) => each.name === name);
  if (current.startsWith("-"))
    return answer(
      [...(command?.flags ?? []), ...common].flatMap(({ names }) => names.filter((each) => each.startsWith("--"))),
      current,
    );
  if (name === undefined)
    return answer(
      commands.map((each) => each.name),
      current,
    );
  if (command?.takesName !== true || rest.length > 0) return answer([], current);
  try {
    return answer(
      (await listSyncs(open(values))).map(({ metadata }) => metadata.name),
      current,
    );
  } catch {
    // Somebody presses Tab: there is no place for an error.
    return answer([], current);
  }
}

/** kubectl's own flags that say where to look. */
const VALUES: Readonly<Record<string, keyof GlobalOptions>> = {
  "-n": "namespace",
  "--namespace": "namespace",
  "--context": "context",
  "--kubeconfig": "kubeconfig",
};

interface Words {
  /** All that is no flag and no flag's value. */
  readonly places: readonly string[];
  readonly values: GlobalOptions;
  /** The flag whose value comes next. */
  readonly open: Flag | undefined;
}

function readWords(words: readonly string[], flags: readonly Flag[]): Words {
  const places: string[] = [];
  const values: Record<string, string> = {};
  let open: Flag | undefined;
  let name = "";
  const take = (value: string): void => {
    const option = VALUES[name];
    if (option !== undefined) values[option] = value;
    open = undefined;
  };
  for (const word of words) {
    if (open !== undefined) take(word);
    else if (!word.startsWith("-")) places.push(word);
    else {
      const [before = "", ...after] = word.split("=");
      name = before;
      const flag = flags.find(({ names }) => names.includes(name));
      if (after.length > 0) take(after.join("="));
      else if (flag?.takesValue === true) open = flag;
    }
  }
  return { places, values, open };
}

const answer = (words: readonly string[], start: string) => ({
  lines: [...words.filter((word) => word.startsWith(start)), NO_FILES],
  exitCode: EXIT.ok,
});

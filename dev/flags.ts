/** Flags of the commands that people type in this repository. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** Answers --help with the usage, and a flag that is wrong with what is wrong, the usage and exit code 2. */
export function flagsOf<Options extends NonNullable<ParseArgsConfig["options"]>>(usage: string, options: Options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } });
    if ((values as { readonly help?: unknown }).help !== true) return values;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; usage: ${usage}`);
    return process.exit(2);
  }
}

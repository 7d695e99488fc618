/** Which mail programs this machine has, and tests that need them. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { missing } from "../tools.ts";

/** System programs often lie outside of a user's PATH. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

/** Where a program lies; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Throws Error when it is not installed. */
export function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed; scripts/ci/gateways.sh installs it on Debian`);
  return path;
}

export interface Needs {
  readonly programs: readonly string[];
  /** Gateways switch to users of their own. */
  readonly root?: boolean;
  /** Debian does not always have it: skipped in CI too. */
  readonly optional?: boolean;
}

/** Whether tests are to be skipped, and says why; throws in CI. */
export function lacks({ programs, root = false, optional = false }: Needs): boolean {
  const absent = programs.filter((each) => findProgram(each) === undefined);
  const reasons = [
    ...(absent.length === 0 ? [] : [`there is no ${absent.join(", ")} (scripts/ci/gateways.sh installs it on Debian)`]),
    ...(root && process.getuid?.() !== 0 ? ["gateways take root to start"] : []),
  ];
  if (reasons.length === 0) return false;
  const why = reasons.join("; ");
  if (optional) console.log(`skipped: ${why}`);
  else missing(why);
  return true;
}

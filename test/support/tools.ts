/** Programs that a newcomer's machine may lack: what needs one is skipped there, with a word, and fails in CI. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a program of $PATH; undefined where it is not. Throws in CI, where every tool must be there. */
export function findTool(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) missing(`there is no ${name} in $PATH`);
  return found;
}

/** Says why something is skipped; throws in CI. */
export function missing(why: string): void {
  if (process.env["CI"]) throw new Error(`CI runs every test, but ${why}`);
  console.log(`skipped: ${why}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

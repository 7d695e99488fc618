/** The files that mail programs read: a folder for each state, and a link that is renamed to the next one. */
import { readdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { inSlices } from "../base/slices.ts";
import type { Catalog } from "./catalog.ts";
import { ownFolder } from "./own-folder.ts";
import { writeTables } from "./tables.ts";

export interface Generations {
  /** Where the tables stand, through the link. */
  readonly path: string;
  /** The name of what stands there now; undefined before the first. */
  current(): Promise<string | undefined>;
  /** Writes all tables into a folder of their own and lets the link point to it; then the former folder goes. */
  swap(catalog: Catalog, name: string, now: number, signal: AbortSignal): Promise<void>;
}

const LINK = "current";
const FOLDER = "generations";

export async function openGenerations(folder: string): Promise<Generations> {
  const all = join(folder, FOLDER);
  const link = join(folder, LINK);
  await ownFolder(all, 0o755);
  const linked = async (): Promise<string | undefined> => readlink(link).catch(() => undefined);

  /** What was cut short, and what nobody opens any more: a program that has a file open keeps it. */
  async function removeAllBut(kept: string | undefined): Promise<void> {
    for (const name of await readdir(all))
      if (kept !== join(FOLDER, name)) await rm(join(all, name), { recursive: true, force: true });
  }

  return {
    path: link,
    async current() {
      const target = await linked();
      // A link whose folder is gone is none.
      return target !== undefined && (await stat(link).catch(() => undefined)) ? basename(target) : undefined;
    },
    async swap(catalog, name, now, signal) {
      await removeAllBut(await linked());
      await inSlices(writeTables(catalog, join(all, name), now), signal);
      await rm(`${link}.new`, { recursive: true, force: true });
      await symlink(join(FOLDER, name), `${link}.new`);
      await rename(`${link}.new`, link);
      await removeAllBut(join(FOLDER, name));
    },
  };
}

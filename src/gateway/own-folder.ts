/** Folders whose whole content is this program's, to write and to remove. */
import { lstat, mkdir } from "node:fs/promises";

/** Makes it where it is not there. Throws Error for a link: what it leads to is not ours to sweep. */
export async function ownFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode });
  if (!(await lstat(path)).isDirectory())
    throw new Error(
      `${path} is a link; what is in it is removed when it is old, so make it a folder, or name another --directory`,
    );
}

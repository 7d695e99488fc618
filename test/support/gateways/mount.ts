/** A folder that holds ConfigMaps the way kubelet mounts them. Source: pkg/volume/util/atomic_writer.go of Kubernetes. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ConfigMap } from "../../../src/runtime/kube.ts";

export type Mountable = Pick<ConfigMap, "data" | "binaryData">;

export interface Mount {
  readonly path: string;
  /**
   * Takes over what one ConfigMap holds now; the others stay as they were seen last, and where nothing changed nothing is done. `source` is any name for it, its
   * keys become files in `folder` of the volume (a projected volume's `items`), by default in the volume itself.
   */
  update(source: string, configMap: Mountable, folder?: string): void;
}

export interface MountOptions {
  /**
   * How old files are said to be. Postfix does not read a texthash file that changed within the last second or two, but
   * pauses; kubelet's updates are far apart, those of a load test are not. Default 0.
   */
  readonly agedMs?: number;
}

export function createMount(path: string, { agedMs = 0 }: MountOptions = {}): Mount {
  const payloads = new Map<string, Map<string, Buffer>>();
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return {
    path,
    update(source, configMap, folder = "") {
      const files = filesOf(configMap, folder);
      if (isDeepStrictEqual(files, payloads.get(source))) return;
      payloads.set(source, files);
      swap(path, new Map([...payloads.values()].flatMap((files) => [...files])), new Date(Date.now() - agedMs));
    },
  };
}

function filesOf({ data = {}, binaryData = {} }: Mountable, folder: string): Map<string, Buffer> {
  return new Map([
    ...Object.entries(data).map(([key, text]) => [join(folder, key), Buffer.from(text)] as const),
    ...Object.entries(binaryData).map(([key, value]) => [join(folder, key), Buffer.from(value, "base64")] as const),
  ]);
}

/** The steps of AtomicWriter.Write, in its order: gateways see every state in between. */
function swap(path: string, files: ReadonlyMap<string, Buffer>, time: Date): void {
  const link = join(path, "..data");
  const before = existsSync(link) ? readlinkSync(link) : undefined;
  const folder = mkdtempSync(join(path, `..${new Date().toISOString().replace(/\D/g, "_").slice(0, 19)}.`));
  chmodSync(folder, 0o755);
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, name), content, { mode: 0o644 });
    utimesSync(join(folder, name), time, time);
  }
  symlinkSync(folder.slice(path.length + 1), `${link}_tmp`);
  renameSync(`${link}_tmp`, link);
  const visible = new Set([...files.keys()].map((name) => name.split("/")[0] ?? ""));
  for (const name of visible) if (!existsSync(join(path, name))) symlinkSync(join("..data", name), join(path, name));
  for (const name of readdirSync(path)) if (!name.startsWith("..") && !visible.has(name)) rmSync(join(path, name));
  if (before !== undefined) rmSync(join(path, before), { recursive: true });
}

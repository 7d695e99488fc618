/** Fetches the ConfigMaps of a publication: all of them as its manifest names them, or none. */
import { LABEL_MANAGED_BY, LABEL_ROLE, LABEL_SYNC, MANAGER } from "../api/group.ts";
import { inSlices } from "../base/slices.ts";
import { contentHash } from "../publication/configmaps.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ConfigMap } from "../runtime/kube.ts";
import type { Client } from "../runtime/types.ts";
import type { Disk } from "./disk.ts";
import type { Keeper } from "./keeper.ts";
import type { NamedPart } from "./list.ts";
import { type Content, type Part, readPart } from "./part.ts";

export interface GathererOptions {
  readonly client: Pick<Client, "get">;
  readonly namespace: string;
  readonly keeper: Pick<Keeper, "lists" | "gathering">;
  readonly disk: Pick<Disk, "writeContent">;
  /** The resourceVersion under which a ConfigMap was seen last. */
  readonly versionOf: (name: string) => string | undefined;
}

/** Undefined while they are not all there; throws TableError where they are and a table cannot be read. */
export type Gather = (sync: string, wanted: readonly NamedPart[], signal: AbortSignal) => Promise<Part[] | undefined>;

const MOST_SEEN = 10_000;

/** A table that no operator publishes. Names no address. */
export class TableError extends Error {
  override readonly name = "TableError";
}

/** What a ConfigMap of ours says of itself. */
export interface Marks {
  readonly role: string;
  readonly label: string;
  readonly value: string;
}

/** Undefined where it is not there, or is none of ours, or an answer to another question: a cache in between may mix them up. */
export async function findOurs(
  client: Pick<Client, "get">,
  key: { readonly namespace: string; readonly name: string },
  { role, label, value }: Marks,
  signal: AbortSignal,
): Promise<ConfigMap | undefined> {
  const found = await find(client, CONFIG_MAP, key, { signal });
  if (found === undefined) return undefined;
  const { name, namespace, labels = {} } = found.metadata;
  const isOurs = labels[LABEL_MANAGED_BY] === MANAGER && labels[LABEL_ROLE] === role && labels[label] === value;
  return isOurs && name === key.name && namespace === key.namespace ? found : undefined;
}

/** What was gathered is on its way to the disk when it is answered. */
export function createGatherer({ client, namespace, keeper, disk, versionOf }: GathererOptions): Gather {
  /** ConfigMaps that were fetched and are not what a manifest names: not fetched again until they change. */
  const seen = new Map<string, { readonly version: string | undefined; readonly sha256: string }>();
  /** Undefined where it is not there as the manifest names it; throws Error where it is and cannot be read. */
  async function gatherOne(sync: string, part: NamedPart, signal: AbortSignal): Promise<Part | undefined> {
    const { name, sha256 } = part;
    const known = versionOf(name);
    const before = seen.get(name);
    if (before !== undefined && before.version === known && before.sha256 !== sha256) return undefined;
    const marks = { role: "recipients", label: LABEL_SYNC, value: sync };
    const found = await findOurs(client, { namespace, name }, marks, signal);
    if (found === undefined) return undefined;
    const content: Content = {
      ...(found.data && { data: found.data }),
      ...(found.binaryData && { binaryData: found.binaryData }),
    };
    const digest = contentHash(content);
    if (digest !== sha256) {
      if (seen.size > MOST_SEEN) seen.clear();
      seen.set(name, { version: found.metadata.resourceVersion, sha256: digest });
      return undefined;
    }
    seen.delete(name);
    const read = await inSlices(readPart(content, sha256, part), signal).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : new TableError(error instanceof Error ? error.message : "unreadable");
    });
    keeper.gathering.add(sha256);
    await disk.writeContent(sha256, content);
    return read;
  }

  return async (sync, wanted, signal) => {
    const before = keeper.lists.get(sync)?.parts ?? [];
    const parts: Part[] = [];
    for (const part of wanted) {
      const old = before.length === wanted.length ? before[part.index] : undefined;
      // The digest is of what the ConfigMap holds, not of what the manifest says that it is.
      const same = old?.sha256 === part.sha256 && old.formats.join() === part.formats.join();
      const found = same ? old : await gatherOne(sync, part, signal);
      if (found === undefined) return undefined;
      parts.push(found);
    }
    return parts;
  };
}

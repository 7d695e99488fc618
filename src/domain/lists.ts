/** Reads which recipient lists are published for a MailDomain, from the manifests and tables that name it. */
import { LABEL_ROLE, LABEL_SYNC } from "../api/group.ts";
import { manifestName } from "../api/names.ts";
import { namesWithTables, type Publication } from "../publication/manifest.ts";
import { parseManifest } from "../publication/read-manifest.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ObjectMeta } from "../runtime/kube.ts";
import type { Client } from "../runtime/types.ts";
import type { PublishedList } from "./routing.ts";

export interface Lists {
  readonly lists: readonly PublishedList[];
  /** When a table goes away by itself, in milliseconds: its domain must leave the routing by then. */
  readonly lookAgainAt: number | undefined;
}

export interface ListsInput {
  /** Metadata of every ConfigMap that names the MailDomain. */
  readonly configMaps: readonly ObjectMeta[];
  /** What is routed now. */
  readonly routed: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * A list counts as long as its manifest stands, also when its O365Sync is gone: Orphan keeps a company's mail flowing.
 * Where tables stand and no manifest tells what is in them (somebody deleted it, or a newer operator wrote it), what is
 * routed now stays routed: the gateway still has those tables.
 */
export async function findLists(
  client: Client,
  { configMaps, routed, now }: ListsInput,
  signal: AbortSignal,
): Promise<Lists> {
  const lists: PublishedList[] = [];
  const ends: number[] = [];
  for (const [sync, metas] of groupBySync(configMaps)) {
    const current = await readPublication(client, sync, metas, signal);
    if (current !== undefined) {
      lists.push({ sync, names: namesWithTables(current, now), addresses: current.counts.addresses });
      ends.push(...current.retiring.map(({ until }) => Date.parse(until)).filter((until) => until > now));
    } else if (metas.some(({ labels }) => labels?.[LABEL_ROLE] === "recipients")) {
      lists.push({ sync, names: routed, addresses: undefined });
    }
  }
  return { lists, lookAgainAt: ends.length === 0 ? undefined : Math.min(...ends) };
}

function groupBySync(configMaps: readonly ObjectMeta[]): Map<string, ObjectMeta[]> {
  const groups = new Map<string, ObjectMeta[]>();
  for (const metadata of configMaps) {
    const sync = metadata.labels?.[LABEL_SYNC];
    if (sync !== undefined) groups.set(sync, [...(groups.get(sync) ?? []), metadata]);
  }
  return groups;
}

async function readPublication(
  client: Client,
  sync: string,
  metas: readonly ObjectMeta[],
  signal: AbortSignal,
): Promise<Publication | undefined> {
  const manifest = metas.find(({ name, labels }) => name === manifestName(sync) && labels?.[LABEL_ROLE] === "manifest");
  if (manifest === undefined) return undefined;
  const { namespace = "", name } = manifest;
  const found = await find(client, CONFIG_MAP, { namespace, name }, { signal });
  const parsed = parseManifest(found?.data?.["manifest.json"]);
  return parsed.kind === "ok" ? parsed.manifest.current : undefined;
}

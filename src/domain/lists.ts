/** Reads which recipient lists are published for a MailDomain, from the manifests that name it. */
import { LABEL_SYNC } from "../api/group.ts";
import { CONFIG_MAP, type ObjectKey } from "../api/kube.ts";
import { find } from "../runtime/find.ts";
import type { Client } from "../runtime/types.ts";
import { namesWithTables, parseManifest } from "../sync/manifest.ts";
import type { PublishedList } from "./routing.ts";

export interface Lists {
  readonly lists: readonly PublishedList[];
  /** When a table goes away by itself, in milliseconds: its domain must leave the routing by then. */
  readonly lookAgainAt: number | undefined;
}

/** A list counts as long as its manifest stands, also when its O365Sync is gone: Orphan keeps a company's mail flowing. */
export async function findLists(
  client: Client,
  manifests: readonly ObjectKey[],
  now: number,
  signal: AbortSignal,
): Promise<Lists> {
  const lists: PublishedList[] = [];
  const ends: number[] = [];
  for (const key of manifests) {
    const found = await find(client, CONFIG_MAP, key, { signal });
    const parsed = parseManifest(found?.data?.["manifest.json"]);
    if (parsed.kind !== "ok" || parsed.manifest.current === undefined) continue;
    const { current } = parsed.manifest;
    const sync = found?.metadata.labels?.[LABEL_SYNC] ?? "";
    lists.push({ sync, names: namesWithTables(current, now), addresses: current.counts.addresses });
    ends.push(...current.retiring.map(({ until }) => Date.parse(until)).filter((until) => until > now));
  }
  return { lists, lookAgainAt: ends.length === 0 ? undefined : Math.min(...ends) };
}

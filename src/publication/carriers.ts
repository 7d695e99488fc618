/** Which names other lists carry: by their manifests, and by what stands in their tables where no manifest can be read. */

import { LABEL_ROLE } from "../api/group.ts";
import { BY_SYNC } from "../api/indexers.ts";
import { inSlices } from "../base/slices.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { domainPartOf } from "../recipients/packed/address-set.ts";
import { parseTables } from "../recipients/tables/render.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP } from "../runtime/kube.ts";
import type { Role } from "./labels.ts";
import type { ListSources, PublishedList } from "./lists.ts";

/** Of a list whose tables are more, nobody looks: it is taken at what is routed. Twice what a list of today has. */
const MOST_TABLES = 512;

export interface Carriers {
  readonly namespace: string;
  /** As findLists finds them. */
  readonly lists: readonly PublishedList[];
  /** The O365Sync whose list does not count. */
  readonly except: string;
}

/** Those of `names` that another list carries. What an unreadable one is said to keep is only what is routed: its tables tell. */
export async function carriedByOthers(
  sources: ListSources,
  { namespace, lists, except }: Carriers,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const carried = new Set<string>();
  for (const list of lists.filter(({ sync }) => sync !== except)) {
    const asked = names.filter((name) => list.names.includes(name) && !carried.has(name));
    if (asked.length === 0) continue;
    const found =
      list.manifest?.current === undefined ? await inTables(sources, namespace, list.sync, asked, signal) : asked;
    for (const name of found) carried.add(name);
  }
  return carried;
}

async function inTables(
  { client, stores }: ListSources,
  namespace: string,
  sync: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tables = stores.configMaps
    .by(BY_SYNC, `${namespace}/${sync}`)
    .filter(({ metadata: { labels } }) => labels?.[LABEL_ROLE] === ("recipients" satisfies Role));
  if (tables.length > MOST_TABLES) return names;
  const missing = new Set(names);
  for (const { metadata } of tables) {
    const table = await find(client, CONFIG_MAP, { namespace, name: metadata.name }, { signal });
    if (table !== undefined) await inSlices(strikeOff(missing, table), signal);
    if (missing.size === 0) break;
  }
  return names.filter((name) => !missing.has(name));
}

function* strikeOff(missing: Set<string>, table: Parameters<typeof parseTables>[0]): Steps<void> {
  for (const address of yield* parseTables(table)) {
    missing.delete(domainPartOf(address));
    if (isPauseDue()) yield;
  }
}

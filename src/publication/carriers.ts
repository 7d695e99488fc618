/** Which names other lists may carry: by their manifests, and by the bytes of their tables where no manifest can be read. */

import { LABEL_ROLE } from "../api/group.ts";
import { BY_SYNC } from "../api/indexers.ts";
import { FORMAT_NAMES, FORMATS } from "../recipients/tables/formats/formats.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ConfigMap } from "../runtime/kube.ts";
import type { Role } from "./labels.ts";
import type { ListSources, PublishedList } from "./lists.ts";

/** That are looked into for one answer: twice what a list of today has. Of those beyond it nobody knows what they hold. */
const MOST_TABLES = 512;

export interface Carriers {
  readonly namespace: string;
  /** As findLists finds them. */
  readonly lists: readonly PublishedList[];
  /** The O365Sync whose list does not count. */
  readonly except: string;
}

/** Those of `names` that the manifest of another list says it carries, now and when what is begun stands. */
export function surelyCarried({ lists, except }: Omit<Carriers, "namespace">, names: readonly string[]): string[] {
  const readable = lists.filter(({ sync, manifest }) => sync !== except && manifest?.current !== undefined);
  return names.filter((name) => readable.some((list) => list.names.includes(name)));
}

/**
 * Those of `names` that another list carries, or may carry for all that anybody can tell. What an unreadable list is said to
 * keep is whatever is routed: a name leaves it only where each of its tables can be read and has no address of the name.
 */
export async function perhapsCarried(
  { client, stores }: ListSources,
  carriers: Carriers,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const { namespace, lists, except } = carriers;
  const carried = new Set(surelyCarried(carriers, names));
  let left = MOST_TABLES;
  for (const { sync, names: kept } of lists.filter((list) => list.sync !== except && !list.manifest?.current)) {
    const asked = () => names.filter((name) => kept.includes(name) && !carried.has(name));
    for (const { metadata } of stores.configMaps.by(BY_SYNC, `${namespace}/${sync}`)) {
      if (asked().length === 0) break;
      if (metadata.labels?.[LABEL_ROLE] !== ("recipients" satisfies Role)) continue;
      const key = { namespace, name: metadata.name };
      const table = left-- > 0 ? await find(client, CONFIG_MAP, key, { signal }) : "unread";
      if (table === undefined) continue;
      for (const name of asked()) if (table === "unread" || mayHold(table, name)) carried.add(name);
    }
  }
  return carried;
}

const KNOWN_KEYS: ReadonlySet<string> = new Set(Object.values(FORMATS).map(({ key }) => key));
/** Of aliases alone an account without any has no line. */
const WHOLE = FORMAT_NAMES.filter((format) => format !== "aliases").map((format) => FORMATS[format]);

/** By the bytes, so that a table that is cut or damaged still tells; one of a format that this version does not know may hold anything. */
function mayHold({ data = {}, binaryData = {} }: ConfigMap, name: string): boolean {
  const values = { data, binaryData };
  const isWhole = WHOLE.some(({ key, field }) => values[field][key] !== undefined);
  const isKnown = [...Object.keys(data), ...Object.keys(binaryData)].every((key) => KNOWN_KEYS.has(key));
  if (!isWhole || !isKnown) return true;
  const holds = (text: string): boolean => text.toLowerCase().includes(name);
  return Object.values(data).some(holds) || Object.values(binaryData).some((value) => holds(asText(value)));
}

const asText = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");

/** The list of one O365Sync, whole: every part that its manifest names, as the manifest says that it is. Pure. */
import { hash } from "node:crypto";
import type { Layout, Publication } from "../publication/manifest.ts";
import { KEY_FORMATS, type Part, type Place } from "./part.ts";

/** A ConfigMap that a list is made of. */
export interface NamedPart extends Place {
  readonly name: string;
  readonly sha256: string;
}

export interface ListId {
  readonly sync: string;
  /** The MailDomain that it is for; its routing belongs to it. */
  readonly domain: string;
  /** When it was committed, RFC 3339. */
  readonly time: string;
}

export interface RecipientList extends ListId {
  /** By shard: an address stands in the part that its local part names. */
  readonly parts: readonly Part[];
  readonly domains: ReadonlySet<string>;
  readonly addresses: number;
  /** Of all parts. */
  readonly revision: string;
}

/** Why a publication cannot be read by a gateway; undefined where it can. */
export type Wanted = { readonly parts: readonly NamedPart[] } | { readonly missing: "nothing" | "addresses" };

/** The ConfigMaps to fetch: those of the first layout with the most complete table, with aliases before without. */
export function wantedParts(publication: Publication | undefined): Wanted {
  if (publication === undefined) return { missing: "nothing" };
  const layout = bestLayout(publication.layouts);
  if (layout === undefined) return { missing: "addresses" };
  const { shards, formats, tables } = layout;
  return { parts: tables.map(({ name, sha256 }, index) => ({ name, sha256, index, shards, formats })) };
}

function bestLayout(layouts: readonly Layout[]): Layout | undefined {
  for (const format of KEY_FORMATS) {
    const having = layouts.filter(({ formats }) => formats.includes(format));
    const best = having.find(({ formats }) => formats.includes("aliases")) ?? having[0];
    if (best !== undefined) return best;
  }
  return undefined;
}

/** The list of parts that are all there. */
export function listOf(id: ListId, parts: readonly Part[]): RecipientList {
  return {
    ...id,
    parts,
    domains: new Set(parts.flatMap(({ domains }) => domains)),
    addresses: parts.reduce((sum, { addresses }) => sum + addresses, 0),
    revision: hash("sha256", parts.map(({ sha256 }) => sha256).join("\n"), "hex"),
  };
}

/** Reads a manifest strictly: what does not fit is damage, and a fresh sync puts it right. Pure. */
import * as v from "valibot";
import { parseBounded } from "../base/bounded-json.ts";
import { FORMAT_NAMES } from "../recipients/tables/formats/formats.ts";
import { MOST_CHUNKS } from "./chunks.ts";
import type { Intent, Manifest, Publication } from "./manifest.ts";
import { MOST_REMOVALS, SCHEMA_VERSION } from "./manifest.ts";
import { count, digest, FILE_LIMITS, historyRecord, listOf, name, time, word } from "./shapes.ts";

export type ParsedManifest =
  | { readonly kind: "ok"; readonly manifest: Manifest }
  | { readonly kind: "damaged" }
  | { readonly kind: "newer"; readonly version: number };

/** Tells a damaged manifest (fresh sync needed) from one that a newer operator wrote (hands off). */
export function parseManifest(text: string | undefined): ParsedManifest {
  const value = text === undefined ? undefined : parseBounded(text, FILE_LIMITS);
  const version = v.safeParse(VERSION, value);
  if (!version.success) return { kind: "damaged" };
  const { schemaVersion } = version.output;
  if (schemaVersion > SCHEMA_VERSION) return { kind: "newer", version: schemaVersion };
  const parsed = v.safeParse(MANIFEST, value, { abortEarly: true });
  return parsed.success ? { kind: "ok", manifest: parsed.output } : { kind: "damaged" };
}

const shards = v.picklist([1, 2, 4, 8, 16, 32, 64, 128]);
const format = v.picklist(FORMAT_NAMES);
const output = { formats: v.pipe(v.array(format), v.maxLength(4)), shards };

/** How many there may be follows from the numbers of shards: a layout each. */
const MOST_LAYOUTS = 8;
/** Of one layout some formats may be kept, and others be gone. */
const MOST_RETIRING = 2 * MOST_LAYOUTS;
/** Names that a spec no longer has are kept while tables carry them. */
const MOST_NAMES = 1000;
/** Of a list of half a million accounts, written anew, it is some thirty. */
const MOST_PIECES = 256;

/** Cloud and tenant, which may be named by a domain. */
const LONGEST_TENANT = 512;

const blueprint = {
  revision: digest,
  domain: name,
  aliasDomains: listOf(v.object({ name, recipients: v.picklist(["Directory", "Mirror"]) }), MOST_NAMES),
  output: v.object(output),
  retiring: listOf(
    v.object({
      ...output,
      until: time,
      stale: v.exactOptional(v.literal(true)),
      gone: v.exactOptional(v.literal(true)),
    }),
    MOST_RETIRING,
  ),
  chunks: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(1),
    v.maxValue(MOST_CHUNKS),
    v.check((chunks) => (chunks & (chunks - 1)) === 0),
  ),
  plannedTime: v.exactOptional(time),
  tenant: v.exactOptional(word(LONGEST_TENANT)),
};

const shard = v.object({ name, sha256: digest, addresses: count, bytes: count });
const layout = v.pipe(
  v.object({ ...output, tables: listOf(shard, 128) }),
  v.check((each) => each.tables.length === each.shards),
);

const publication: v.GenericSchema<unknown, Publication> = v.pipe(
  v.object({
    ...blueprint,
    time,
    counts: v.object({ accounts: count, distributionLists: count, aliases: count, addresses: count }),
    accounts: listOf(v.object({ name, sha256: digest, accounts: count }), MOST_CHUNKS),
    layouts: listOf(layout, MOST_LAYOUTS),
  }),
  v.check((each) => each.accounts.length === each.chunks),
);

/** Graph's links are opaque; whether one leads to where it should is looked at before it is followed. */
const link = word(4096);
const feed = v.object({
  tenant: word(LONGEST_TENANT),
  links: v.object({ users: v.exactOptional(link), groups: v.exactOptional(link), contacts: v.exactOptional(link) }),
  time,
});

const intent: v.GenericSchema<unknown, Intent> = v.object({
  target: v.object(blueprint),
  journal: v.object({ sha256: digest, pieces: listOf(name, MOST_PIECES) }),
  record: v.exactOptional(historyRecord),
  removedAddresses: count,
  feed: v.exactOptional(feed),
});

const VERSION = v.object({ schemaVersion: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) });

const MANIFEST: v.GenericSchema<unknown, Manifest> = v.object({
  ...VERSION.entries,
  current: v.exactOptional(publication),
  intent: v.exactOptional(intent),
  removals: listOf(v.object({ time, addresses: count }), MOST_REMOVALS),
  record: v.exactOptional(historyRecord),
  handled: v.exactOptional(
    v.object({
      sync: v.exactOptional(word(128)),
      testSync: v.exactOptional(word(128)),
      testConnection: v.exactOptional(word(128)),
      approve: v.exactOptional(word(128)),
    }),
  ),
  feed: v.exactOptional(feed),
  takeovers: v.exactOptional(count),
});

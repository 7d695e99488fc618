/** One ConfigMap of a published list, read strictly: whoever writes into the namespace can write anything. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import { type CdbEntry, cdbEntries, writeCdb } from "../recipients/tables/constant-database.ts";
import type { Format } from "../recipients/tables/formats/formats.ts";
import { FORMATS } from "../recipients/tables/formats/formats.ts";
import { checkShard, isFiller } from "../recipients/tables/render.ts";
import type { ConfigMap } from "../runtime/kube.ts";

/** What a ConfigMap holds. `binaryData` values are base64. */
export type Content = Pick<ConfigMap, "data" | "binaryData">;

/** Which part of which layout it is. */
export interface Place {
  readonly index: number;
  readonly shards: number;
  readonly formats: readonly Format[];
}

/** The tables of one shard, packed: each is a constant database. */
export interface Part {
  readonly sha256: string;
  readonly formats: readonly Format[];
  /** Addresses, sorted. */
  readonly keys: Buffer;
  /** Aliases with their primary address, where the format is published. */
  readonly aliases: Buffer | undefined;
  readonly addresses: number;
  readonly domains: readonly string[];
}

/** Printable ASCII without a quotation mark; a domain in its ASCII form. */
const ADDRESS = /^[!#-~]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Formats that hold every address, the most complete first. */
export const KEY_FORMATS: readonly Format[] = ["cdb", "postfix", "addresses"];

/** Throws Error, without an address, for what no operator publishes. */
export function* readPart(content: Content, sha256: string, place: Place): Steps<Part> {
  const { data = {}, binaryData = {} } = content;
  checkKeys(data, binaryData, place.formats);
  yield* checkShard({ index: place.index, addresses: 0, bytes: 0, data, binaryData }, place.shards);
  const format = KEY_FORMATS.find((each) => place.formats.includes(each));
  if (format === undefined) throw new Error("no format of this layout holds the addresses");
  const entries = format === "cdb" ? databaseOf(binaryData) : linesOf(data[FORMATS[format].key]);
  const keys = entries.filter(([key]) => !isFiller(key));
  const domains = new Set<string>();
  for (const [key] of keys) {
    if (!ADDRESS.test(key)) throw new Error("a table holds what is no address");
    domains.add(key.slice(key.lastIndexOf("@") + 1));
    if (isPauseDue()) yield;
  }
  const packed = yield* writeCdb(keys.map(([key]) => [key, "OK"]));
  return {
    sha256,
    formats: place.formats,
    keys: packed,
    aliases: place.formats.includes("aliases") ? yield* readAliases(data) : undefined,
    addresses: keys.length,
    domains: [...domains],
  };
}

/** Exactly the tables of its formats. */
function checkKeys(data: object, binaryData: object, formats: readonly Format[]): void {
  const wanted = formats.map((format) => FORMATS[format].key).sort();
  const found = [...Object.keys(data), ...Object.keys(binaryData)].sort();
  if (wanted.join(" ") !== found.join(" ")) throw new Error("the ConfigMap has not the tables of its formats");
  if (Object.keys(binaryData).some((key) => key !== FORMATS.cdb.key) || FORMATS.cdb.key in data)
    throw new Error("a table is of the wrong kind");
}

const databaseOf = (binaryData: Readonly<Record<string, string>>): CdbEntry[] =>
  cdbEntries(Buffer.from(binaryData[FORMATS.cdb.key] ?? "", "base64"));

function linesOf(text = ""): CdbEntry[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [key = "", value = ""] = line.split(" ");
      return [key, value];
    });
}

function* readAliases(data: Readonly<Record<string, string>>): Steps<Buffer> {
  const entries = linesOf(data[FORMATS.aliases.key]).filter(([alias]) => !isFiller(alias));
  for (const [alias, primary] of entries)
    if (!ADDRESS.test(alias) || !ADDRESS.test(primary)) throw new Error("an alias is no address");
  return yield* writeCdb(entries);
}

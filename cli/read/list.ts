/** The published list of an O365Sync, from its ConfigMaps: each is checked against the manifest before it is believed. */
import { manifestName } from "../../src/api/names.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { allSteps } from "../../src/base/steps.ts";
import { parseAccounts } from "../../src/publication/chunks.ts";
import { contentHash } from "../../src/publication/configmaps.ts";
import type { NamedContent, Publication } from "../../src/publication/manifest.ts";
import { parseManifest } from "../../src/publication/read-manifest.ts";
import type { Account } from "../../src/recipients/model.ts";
import type { Format } from "../../src/recipients/tables/formats/formats.ts";
import { FORMATS } from "../../src/recipients/tables/formats/formats.ts";
import { parseTables } from "../../src/recipients/tables/render.ts";
import { shardOf } from "../../src/recipients/tables/shards.ts";
import type { ConfigMap } from "../../src/runtime/kube.ts";
import { CommandError } from "../command-error.ts";
import { getConfigMap, type Session } from "../session.ts";

export interface PublishedList {
  readonly namespace: string;
  readonly sync: string;
  readonly publication: Publication;
}

/** Undefined where nothing is published. Throws CommandError where the manifest cannot be read. */
export async function readList(session: Session, sync: O365Sync): Promise<PublishedList | undefined> {
  const { namespace = "", name } = sync.metadata;
  const found = await getConfigMap(session, namespace, manifestName(name));
  if (found === undefined) return undefined;
  const parsed = parseManifest(found.data?.["manifest.json"]);
  if (parsed.kind === "newer")
    throw new CommandError(
      `the manifest of ${name} is of schema version ${parsed.version}, which this program does not know; update it`,
    );
  if (parsed.kind === "damaged")
    throw new CommandError(`the manifest of ${name} is damaged; the operator puts it right with the next sync`);
  const { current } = parsed.manifest;
  return current === undefined ? undefined : { namespace, sync: name, publication: current };
}

/** Account by account, one ConfigMap in memory at a time. Throws CommandError for one that is not what the manifest says. */
export const accountsOf = (session: Session, list: PublishedList): AsyncGenerator<Account> =>
  readAccounts(session, list, (text) => text);

/** Those that have one of the addresses, and few others: nothing but their lines is parsed. */
export const accountsWith = (
  session: Session,
  list: PublishedList,
  addresses: readonly string[],
): AsyncGenerator<Account> => {
  const needles = addresses.map((address) => JSON.stringify(address));
  return readAccounts(session, list, (text) => linesWith(text, needles));
};

async function* readAccounts(
  session: Session,
  list: PublishedList,
  select: (text: string) => string,
): AsyncGenerator<Account> {
  for (const chunk of list.publication.accounts) {
    const found = await readContent(session, list, chunk);
    const accounts = allSteps(parseAccounts(select(found.data?.["accounts.jsonl"] ?? "")));
    if (accounts === undefined) throw damaged(chunk);
    yield* accounts;
  }
}

function linesWith(text: string, needles: readonly string[]): string {
  const lines = new Set<string>();
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at)) {
      const end = text.indexOf("\n", at) + 1 || text.length;
      lines.add(text.slice(text.lastIndexOf("\n", at) + 1, end));
      at = end;
    }
  }
  return [...lines].join("");
}

/** Tables of recipients; that of aliases has some of them only. */
const RECIPIENTS = ["postfix", "addresses", "cdb"] as const satisfies readonly Format[];

const layoutOf = ({ publication }: PublishedList, formats: readonly Format[]) =>
  publication.layouts.find((layout) => layout.formats.some((format) => formats.includes(format)));

/** Whether a table has the address: one ConfigMap is read, that of its shard. Undefined where only accounts are published. */
export async function isListed(session: Session, list: PublishedList, address: string): Promise<boolean | undefined> {
  const layout = layoutOf(list, RECIPIENTS);
  const table = layout?.tables[shardOf(address, layout.shards)];
  if (table === undefined) return undefined;
  const found = await readContent(session, list, table);
  return RECIPIENTS.some((format) => addressesOf(found, format).has(address));
}

/** Every address of the tables, sorted; undefined where no table of recipients is published. */
export async function allListed(session: Session, list: PublishedList): Promise<string[] | undefined> {
  const layout = layoutOf(list, RECIPIENTS);
  const format = RECIPIENTS.find((each) => layout?.formats.includes(each));
  if (layout === undefined || format === undefined) return undefined;
  const addresses: string[] = [];
  for (const table of layout.tables) {
    for (const address of addressesOf(await readContent(session, list, table), format)) addresses.push(address);
  }
  return addresses.sort();
}

function addressesOf({ data, binaryData }: ConfigMap, format: Format): Set<string> {
  const key = FORMATS[format].key;
  const only = (values: Readonly<Record<string, string>> | undefined) => ({ [key]: values?.[key] ?? "" });
  return allSteps(parseTables({ data: only(data), binaryData: only(binaryData) }));
}

async function readContent(session: Session, list: PublishedList, content: NamedContent): Promise<ConfigMap> {
  const found = await getConfigMap(session, list.namespace, content.name);
  if (found === undefined || contentHash(found) !== content.sha256) throw damaged(content);
  return found;
}

const damaged = ({ name }: NamedContent): CommandError =>
  new CommandError(
    `the ConfigMap ${name} is not what the manifest says (it is just being written, or somebody edited it); try again in a minute`,
  );

/** The published list of an O365Sync, from its ConfigMaps: each is checked against the manifest before it is believed. */
import { manifestName } from "../../src/api/names.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { allSteps } from "../../src/base/steps.ts";
import { parseAccounts } from "../../src/publication/chunks.ts";
import { contentHash } from "../../src/publication/configmaps.ts";
import type { NamedContent, Publication } from "../../src/publication/manifest.ts";
import { parseManifest } from "../../src/publication/read-manifest.ts";
import type { Account } from "../../src/recipients/model.ts";
import { parseTables } from "../../src/recipients/tables/render.ts";
import { shardOf } from "../../src/recipients/tables/shards.ts";
import type { ConfigMap } from "../../src/runtime/kube.ts";
import { CommandError } from "../errors.ts";
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
export async function* accountsOf(session: Session, list: PublishedList): AsyncGenerator<Account> {
  for (const chunk of list.publication.accounts) {
    const found = await readContent(session, list, chunk);
    const accounts = allSteps(parseAccounts(found.data?.["accounts.jsonl"] ?? ""));
    if (accounts === undefined) throw damaged(chunk);
    yield* accounts;
  }
}

/** Whether a table has the address: one ConfigMap is read, that of its shard. Undefined where only accounts are published. */
export async function isListed(session: Session, list: PublishedList, address: string): Promise<boolean | undefined> {
  const layout = list.publication.layouts.find(({ formats }) => formats.some((format) => TEXT.includes(format)));
  const table = layout?.tables[layout.shards === 1 ? 0 : shardOf(address, layout.shards)];
  if (table === undefined) return undefined;
  const found = await readContent(session, list, table);
  return allSteps(parseTables(found)).has(address);
}

const TEXT: readonly string[] = ["postfix", "addresses"];

/** Every address of the tables, sorted; undefined where no text table is published. */
export async function allListed(session: Session, list: PublishedList): Promise<string[] | undefined> {
  const layout = list.publication.layouts.find(({ formats }) => formats.some((format) => TEXT.includes(format)));
  if (layout === undefined) return undefined;
  const addresses: string[] = [];
  for (const table of layout.tables) {
    const found = await readContent(session, list, table);
    for (const address of allSteps(parseTables(found))) addresses.push(address);
  }
  return addresses.sort();
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

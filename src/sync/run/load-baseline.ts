/** What is published now, as the thing that a plan is measured against. */

import { manifestName } from "../../api/names.ts";
import type { O365Sync } from "../../api/types.generated.ts";
import { Failure } from "../../base/failure.ts";
import { inSlices } from "../../base/slices.ts";
import { isPauseDue, type Steps } from "../../base/steps.ts";
import { chunkAccounts, chunkOf } from "../../publication/chunks.ts";
import type { ConfigMaps } from "../../publication/configmaps.ts";
import { tablesAmong } from "../../publication/inspect.ts";
import type { Publication } from "../../publication/manifest.ts";
import { type Predecessor, readAccounts } from "../../publication/publish.ts";
import { type AddressList, type BadLine, readAddressList } from "../../recipients/address-list.ts";
import type { Baseline } from "../../recipients/baseline.ts";
import type { Account, DomainNames } from "../../recipients/model.ts";
import { createRosterBuilder, putAll, type Roster } from "../../recipients/packed/roster.ts";
import { joinedRosters } from "../../recipients/packed/roster-views.ts";
import { sortedOnce } from "../../recipients/packed/sort.ts";
import { parseTables } from "../../recipients/tables/render.ts";
import { find } from "../../runtime/find.ts";
import { CONFIG_MAP } from "../../runtime/kube.ts";
import type { Client } from "../../runtime/types.ts";

/**
 * The published accounts; undefined when a ConfigMap of them is gone or not what the manifest says. Of `wish` is taken
 * what the manifest names by the very digest that it has there: only the other ConfigMaps are read.
 */
export async function publishedAccounts(
  maps: ConfigMaps,
  object: O365Sync,
  publication: Publication,
  signal: AbortSignal,
  wish?: Roster,
): Promise<Roster | undefined> {
  const kept = wish === undefined ? NOTHING_KEPT : await inSlices(standingIn(wish, publication), signal);
  const rest = kept.chunks.size === 0 ? undefined : await readOthers(maps, object, { publication, kept }, signal);
  if (wish !== undefined && rest !== undefined) return inSlices(joinedRosters(wish, kept.indices, rest), signal);
  return readOthers(maps, object, { publication, kept: NOTHING_KEPT }, signal);
}

/** What of a wish stands already. */
interface Kept {
  readonly chunks: ReadonlySet<number>;
  /** Of the accounts in them, sorted. */
  readonly indices: Uint32Array;
}
const NOTHING_KEPT: Kept = { chunks: new Set(), indices: new Uint32Array(0) };

function* standingIn(wish: Roster, { accounts, chunks: count }: Publication): Steps<Kept> {
  const chunks = yield* chunkAccounts(wish, count);
  if (chunks.count !== count) return NOTHING_KEPT;
  const same = new Set<number>();
  const isKept = new Uint8Array(wish.length);
  let length = 0;
  for (let chunk = 0; chunk < count; chunk++) {
    if ((yield* chunks.digest(chunk)) !== accounts[chunk]?.sha256) continue;
    same.add(chunk);
    for (const index of chunks.indicesIn(chunk)) isKept[index] = 1;
    length += chunks.accountsIn(chunk);
  }
  const indices = new Uint32Array(length);
  for (let index = 0, at = 0; index < isKept.length; index++) if (isKept[index] === 1) indices[at++] = index;
  return { chunks: same, indices };
}

/** Undefined also where an account stands in a ConfigMap that is not its own: beside what is kept it might stand twice. */
async function readOthers(
  maps: ConfigMaps,
  object: O365Sync,
  { publication: { accounts, chunks }, kept }: { readonly publication: Publication; readonly kept: Kept },
  signal: AbortSignal,
): Promise<Roster | undefined> {
  const builder = createRosterBuilder();
  const others = [...Array(chunks).keys()].filter((index) => !kept.chunks.has(index));
  for await (const chunk of readAccounts(maps, object, others, signal)) {
    if (chunk.accounts === undefined || chunk.sha256 !== accounts[chunk.index]?.sha256) return undefined;
    if (kept.chunks.size > 0 && !(await inSlices(allBelong(chunk.accounts, chunk.index, chunks), signal)))
      return undefined;
    await inSlices(putAll(builder, chunk.accounts), signal);
    if (builder.isFull) return undefined;
  }
  return inSlices(builder.finish(), signal);
}

function* allBelong(accounts: readonly Account[], chunk: number, chunks: number): Steps<boolean> {
  for (const { id } of accounts) {
    if (chunkOf(id, chunks) !== chunk) return false;
    if (isPauseDue()) yield;
  }
  return true;
}

export interface BaselineSource {
  readonly object: O365Sync;
  readonly current: Publication | undefined;
  readonly accounts: Roster | undefined;
  readonly predecessor: Predecessor | undefined;
  /** Other O365Syncs whose tables stand without a manifest. */
  readonly unread?: readonly string[] | undefined;
  /** Of whose addresses `baselineRef` is a list. */
  readonly names: DomainNames;
}

/**
 * Accounts where they are whole, else the addresses of the tables that stand, else the number that status or manifest
 * kept; before the first publication the list that another O365Sync has published for the domain, with what stands
 * without a manifest, else what `baselineRef` names, else nothing. Throws Failure when `baselineRef` cannot be read.
 */
export async function loadBaseline(
  { client, maps }: { readonly client: Client; readonly maps: ConfigMaps },
  { object, current, accounts, predecessor, unread = [], names }: BaselineSource,
  signal: AbortSignal,
): Promise<Baseline> {
  if (current !== undefined && accounts !== undefined) return { kind: "accounts", accounts, names: current };
  const own = await standingAddresses(maps, object, current, signal);
  const others: (readonly string[])[] = [];
  const ending = `@${names.domain}`;
  for (const sync of unread) {
    const found = await standingAddresses(maps, named(object, sync), undefined, signal);
    const isOfDomain = found.some((address) => address.endsWith(ending));
    if (isOfDomain) others.push(found);
  }
  if (predecessor !== undefined && own.length + others.length === 0)
    return inheritedBaseline(maps, object, predecessor, signal);
  if (predecessor !== undefined)
    others.push(await standingAddresses(maps, named(object, predecessor.sync), predecessor.publication, signal));
  const published = (current?.counts ?? object.status?.published ?? predecessor?.publication.counts)?.addresses;
  const addresses = others.length === 0 ? own : await inSlices(sortedOnce([own, ...others]), signal);
  if (addresses.length > 0) return { kind: "addresses", addresses, published };
  if (published !== undefined) return { kind: "numbers", published };
  return object.spec.baselineRef === undefined
    ? { kind: "none" }
    : readBaselineRef(client, object, { ref: object.spec.baselineRef, names }, signal);
}

const named = (object: O365Sync, name: string): O365Sync => ({ ...object, metadata: { ...object.metadata, name } });

/** A rename is guarded like any sync: what gateways still mount is what the new list is measured against. */
async function inheritedBaseline(
  maps: ConfigMaps,
  object: O365Sync,
  { sync, publication }: Predecessor,
  signal: AbortSignal,
): Promise<Baseline> {
  const former = named(object, sync);
  const accounts = await publishedAccounts(maps, former, publication, signal);
  if (accounts !== undefined) return { kind: "accounts", accounts, names: publication };
  const addresses = await standingAddresses(maps, former, publication, signal);
  const published = publication.counts.addresses;
  return addresses.length === 0 ? { kind: "numbers", published } : { kind: "addresses", addresses, published };
}

/** Of the tables that stand. Each takes some hundred bytes. */
const MOST_STANDING = 500_000;
/** All that eight layouts can have. */
const MOST_TABLES = 1024;

/**
 * What the tables accept that stand, sorted; nothing where there are none, or where those that the manifest names hold
 * more than there is room for: then their number counts. Those that the manifest names first where all of them stand,
 * else all that carry our labels and a name that only this operator gives: others can write as many of these as they like,
 * and too many of them must not become a baseline of which less is known. Throws Failure.
 */
async function standingAddresses(
  maps: ConfigMaps,
  object: O365Sync,
  current: Publication | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const known = tablesAmong(object, maps.known(object));
  const named = new Set(current?.layouts[0]?.tables.map(({ name }) => name));
  const first = known.filter(({ name }) => named.has(name));
  const isWhole = named.size > 0 && first.length === named.size;
  const tables = isWhole ? first : known;
  if (tables.length > MOST_TABLES) throw tooManyTables(object, `more than ${MOST_TABLES} ConfigMaps carry its labels`);
  const addresses = new Set<string>();
  for (const { name } of tables) {
    const found = await maps.read(object, name, "recipients", signal);
    if (found === undefined) continue;
    await inSlices(addAccepted(addresses, found.object), signal);
    if (addresses.size <= MOST_STANDING) continue;
    if (isWhole) return [];
    const what = `its tables hold more than ${MOST_STANDING} addresses, and no manifest says which are its own`;
    throw tooManyTables(object, what);
  }
  return inSlices(sortedOnce([addresses]), signal);
}

function* addAccepted(addresses: Set<string>, table: Parameters<typeof parseTables>[0]): Steps<void> {
  for (const address of yield* parseTables(table)) {
    addresses.add(address);
    if (isPauseDue()) yield;
  }
}

const tooManyTables = ({ metadata }: O365Sync, what: string): Failure =>
  new Failure(
    "stalled",
    "ConfigMapConflict",
    `what is published is damaged, and ${what}: restore the ConfigMap ${manifestName(metadata.name)}, or delete those that are not of this list`,
  );

type BaselineRef = NonNullable<O365Sync["spec"]["baselineRef"]>;

async function readBaselineRef(
  client: Client,
  object: O365Sync,
  { ref, names }: { readonly ref: BaselineRef; readonly names: DomainNames },
  signal: AbortSignal,
): Promise<Baseline> {
  const { name, key } = ref;
  const found = await find(client, CONFIG_MAP, { namespace: object.metadata.namespace ?? "", name }, { signal });
  const text = found?.data?.[key];
  const binary = found?.binaryData?.[key];
  if (text === undefined && binary === undefined) {
    const missing =
      found === undefined ? `the ConfigMap ${name} does not exist` : `the ConfigMap ${name} has no key ${key}`;
    throw new Failure("wait", "DependencyNotReady", `spec.baselineRef: ${missing}; create it, or remove baselineRef`);
  }
  const bytes = text === undefined ? Buffer.from(binary ?? "", "base64") : Buffer.from(text);
  const ours = new Set([names.domain, ...names.aliasDomains.map((alias) => alias.name)]);
  const list = await inSlices(readAddressList(bytes, ours), signal);
  if (list.kind === "list") return { kind: "addresses", addresses: list.addresses, ignored: list.ignored };
  throw invalidBaseline(list, `the key ${key} of the ConfigMap ${name}`, names.domain);
}

const BAD_LINES: Readonly<Record<BadLine, string>> = {
  noAddress: "names no mail address",
  wholeDomain: "accepts a whole domain, which no list of addresses can be compared with",
  unusable: "has an address that no gateway can carry",
};

/** Never what stands there: the file may be anything that whoever wrote the object may not read. */
function invalidBaseline(list: Exclude<AddressList, { kind: "list" }>, where: string, domain: string): Failure {
  const why = {
    empty: `${where} is empty`,
    noText: `${where} is no text in UTF-8, nor in UTF-16 with its mark`,
    foreign: `${where} has no address of ${domain} or its alias domains`,
    badLine: list.kind === "badLine" ? `line ${list.line} of ${where} ${BAD_LINES[list.why]}` : "",
  }[list.kind];
  return new Failure("stalled", "InvalidBaseline", `spec.baselineRef: ${why}; correct it, or remove baselineRef`);
}

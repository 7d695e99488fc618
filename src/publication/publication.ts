/** What a publication consists of: every ConfigMap with its data, as a pure function of accounts and blueprint. */

import { tenantOf } from "../api/indexers.ts";
import { accountsName, tableName } from "../api/names.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { Failure } from "../base/failure.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { countAccepted } from "../recipients/accepted.ts";
import type { AliasDomain, DomainNames } from "../recipients/model.ts";
import type { Roster } from "../recipients/packed/roster.ts";
import { revisionOf } from "../recipients/revision.ts";
import type { OutputOptions } from "../recipients/tables/formats/formats.ts";
import {
  type Capacity,
  capacityOf,
  checkShard,
  measureShards,
  mostOfShard,
  prepareTables,
  renderShard,
  type ShardSize,
  type Tables,
} from "../recipients/tables/render.ts";
import { ACCOUNTS_KEY, type Chunks, chunkAccounts } from "./chunks.ts";
import { type Content, contentHash } from "./configmaps.ts";
import type { Role } from "./labels.ts";
import {
  type AccountsChunk,
  type Blueprint,
  type Counts,
  type Layout,
  layoutsOf,
  type NamedContent,
  type Publication,
  type Retiring,
  retiring,
  staleLayouts,
  type TableShard,
} from "./manifest.ts";
import { keptOf } from "./retire.ts";
import { ALL_TOUCHED, type Untouched, untouchedTables } from "./untouched.ts";

/** One ConfigMap of a publication. */
export interface Part extends NamedContent {
  readonly role: Role;
}

export interface Draft {
  readonly target: Blueprint;
  readonly accounts: Roster;
  readonly parts: readonly Part[];
  /** Makes what a part holds: the same each time, and one at a time, because all together they are large. */
  readonly contentOf: (part: Part) => Steps<Content>;
  readonly publication: Omit<Publication, "time">;
  /** Present when a ConfigMap is fuller than 70 %: how many shards would do. */
  readonly nearlyFull?: { readonly suggestedShards: number | undefined };
}

export interface DraftInput {
  readonly object: O365Sync;
  readonly before: Publication | undefined;
  /** Where that is unknown: the layouts that stand all the same, because gateways may mount them. */
  readonly found?: readonly Layout[];
  /** Of `before`, where this very program rendered it: of its tables those stay that no change touches. */
  readonly published?: Roster | undefined;
  readonly accounts: Roster;
  readonly names: DomainNames;
  /** Of accounts and names, where it is known already. */
  readonly revision?: string;
  /** It changes nothing of what a plan is measured against: plans that were made before it keep their digests. */
  readonly keepsPlans?: boolean;
  readonly now: number;
}

/** Throws Failure OutputTooLarge when the list does not fit. What retires never keeps it from being published. */
export function* draftPublication(input: DraftInput): Steps<Draft> {
  const { object, before, found = [], accounts, names, now } = input;
  const output = outputOf(object);
  const tables = yield* prepareTables(accounts, names);
  const kept: Retiring[] = [];
  const standing = before?.layouts ?? found;
  for (const old of retiring({ before, found, output, now }))
    kept.push(...(yield* keptOf(old, { tables, output, standing })));
  const chunks = yield* chunkAccounts(accounts, before?.chunks);
  const isOfRun = input.keepsPlans !== true || before === undefined;
  const tenant = isOfRun ? tenantOf(object) : before.tenant;
  const target: Blueprint = {
    revision: input.revision ?? (yield* revisionOf(accounts, names)),
    domain: names.domain,
    aliasDomains: names.aliasDomains,
    output,
    retiring: kept,
    chunks: chunks.count,
    ...(isOfRun ? {} : { plannedTime: before.plannedTime ?? before.time }),
    ...(tenant === undefined ? {} : { tenant }),
  };
  const untouched =
    before === undefined || input.published === undefined
      ? ALL_TOUCHED
      : yield* untouchedTables({ publication: before, accounts: input.published }, { accounts, names });
  return yield* draftOf(object.metadata.name, target, { tables, chunks, standing, untouched });
}

export const outputOf = ({ spec }: O365Sync): OutputOptions => ({
  formats: [...spec.output.formats].sort(),
  shards: spec.output.shards,
});

/** The same once more, from what was begun. Throws Failure OutputTooLarge. */
export function* buildPublication(
  sync: string,
  accounts: Roster,
  target: Blueprint,
  standing: readonly Layout[],
): Steps<Draft> {
  const { domain, aliasDomains } = target;
  const tables = yield* prepareTables(accounts, { domain, aliasDomains });
  return yield* draftOf(sync, target, {
    tables,
    chunks: yield* chunkAccounts(accounts, target.chunks),
    standing,
    untouched: ALL_TOUCHED,
  });
}

interface Material {
  readonly tables: Tables;
  readonly chunks: Chunks;
  /** Whose tables stay as they were where one is stale. */
  readonly standing: readonly Layout[];
  readonly untouched: Untouched;
}

function* draftOf(sync: string, target: Blueprint, material: Material): Steps<Draft> {
  const { tables, chunks, standing } = material;
  const { accounts } = tables;
  const options = layoutsOf({ ...target, retiring: target.retiring.filter(({ stale }) => stale !== true) });
  const contents = createContents();
  const capacities = new Map<OutputOptions, Capacity>();
  const isMeasured = ({ shards }: OutputOptions): boolean => mostOfShard(tables, shards) > MOST_UNMEASURED;
  for (const layout of options)
    if (isMeasured(layout)) capacities.set(layout, fitting(yield* sizesOf(layout, material)));
  const accountsChunks: AccountsChunk[] = [];
  for (let index = 0; index < chunks.count; index++) {
    const name = accountsName(sync, index);
    contents.add(name, function* (): Steps<Content> {
      return { name, role: "accounts", data: { [ACCOUNTS_KEY]: (yield* chunks.bytes(index)).toString() } };
    });
    accountsChunks.push({ name, sha256: yield* chunks.digest(index), accounts: chunks.accountsIn(index) });
    yield;
  }
  const layouts: Layout[] = [];
  for (const layout of options) {
    const shards: TableShard[] = [];
    for (let index = 0; index < layout.shards; index++) {
      shards.push(yield* draftShard(sync, { layout, index }, material, contents));
      yield;
    }
    if (!isMeasured(layout)) capacities.set(layout, fitting(shards));
    layouts.push({ ...layout, tables: shards });
  }
  const crowded = options.map((layout) => capacities.get(layout)).find((each) => each?.warn === true);
  const counts = yield* countsOf(tables, layouts[0]);
  return {
    target,
    accounts,
    parts: [
      ...accountsChunks.map(({ name, sha256 }): Part => ({ name, sha256, role: "accounts" })),
      ...layouts.flatMap((layout) =>
        layout.tables.map(({ name, sha256 }): Part => ({ name, sha256, role: "recipients" })),
      ),
    ],
    contentOf: ({ name }) => contents.get(name),
    publication: {
      ...target,
      counts,
      accounts: accountsChunks,
      layouts: [...layouts, ...staleLayouts(target.retiring, standing)],
    },
    ...(crowded === undefined ? {} : { nearlyFull: { suggestedShards: crowded.suggestedShards } }),
  };
}

/** A shard of so many is rendered at once; of more it is looked first whether they fit, which takes no memory. */
const MOST_UNMEASURED = 50_000;

/** Of the tables of a layout; those that stay as they are need not be measured. */
function* sizesOf(layout: OutputOptions, { tables, untouched }: Material): Steps<Pick<ShardSize, "bytes">[]> {
  const measured = yield* measureShards(tables, layout, (index) => untouched(layout, index) === undefined);
  return measured.map((size, index) => untouched(layout, index) ?? size);
}

/** Rendered and checked, unless it stays as it is. */
function* draftShard(
  sync: string,
  { layout, index }: { readonly layout: OutputOptions; readonly index: number },
  { tables, untouched }: Material,
  contents: ReturnType<typeof createContents>,
): Steps<TableShard> {
  const name = tableName(sync, layout.shards, index);
  contents.add(name, function* (): Steps<Content> {
    const { data, binaryData } = yield* renderShard(tables, layout, index);
    return { name, role: "recipients", data, binaryData };
  });
  const standing = untouched(layout, index);
  if (standing !== undefined) return standing;
  const shard = yield* renderShard(tables, layout, index);
  yield* checkShard(shard, layout.shards);
  const { addresses, bytes, data, binaryData } = shard;
  contents.keep({ name, role: "recipients", data, binaryData });
  return { name, sha256: contentHash(shard), addresses, bytes };
}

/** What is kept of tables until they are written; the rest is made once more, as accounts are, which takes less. */
const KEPT_CHARACTERS = 4 * 1024 * 1024;

function createContents() {
  const makers = new Map<string, () => Steps<Content>>();
  const kept = new Map<string, Content>();
  let room = KEPT_CHARACTERS;
  return {
    add(name: string, make: () => Steps<Content>): void {
      makers.set(name, make);
    },
    /** While there is room. */
    keep(content: Content): void {
      const { name, data = {}, binaryData = {} } = content;
      room -= [...Object.values(data), ...Object.values(binaryData)].reduce((sum, { length }) => sum + length, 0);
      if (room >= 0) kept.set(name, content);
    },
    *get(name: string): Steps<Content> {
      const make = makers.get(name);
      if (make === undefined) throw new Error("a part of another publication was asked for");
      return kept.get(name) ?? (yield* make());
    },
  };
}

function fitting(sizes: readonly Pick<ShardSize, "bytes">[]): Capacity {
  const capacity = capacityOf(sizes);
  if (capacity.ok) return capacity;
  const { suggestedShards } = capacity;
  const cure =
    suggestedShards === undefined
      ? "even 128 shards would not do: choose fewer formats or split the domain"
      : `set spec.output.shards to ${suggestedShards} and mount the new ConfigMaps at the gateway`;
  throw new Failure("stalled", "OutputTooLarge", `a table would be larger than 900 KiB; ${cure}`);
}

/** Every address stands in one shard of each layout; without a layout they are counted by themselves. */
function* countsOf({ accounts, names }: Tables, layout: Layout | undefined): Steps<Counts> {
  let [distributionLists, aliases] = [0, 0];
  for (let index = 0; index < accounts.length; index++) {
    if (accounts.typeOf(index) === "distributionList") distributionLists++;
    aliases += accounts.countOf(index) - 1;
    if (isPauseDue()) yield;
  }
  const addresses = layout?.tables.reduce((sum, table) => sum + table.addresses, 0);
  return {
    accounts: accounts.length,
    distributionLists,
    aliases,
    addresses: addresses ?? (yield* countAccepted(accounts, names)),
  };
}

/** The names of a MailDomain, in an order that does not depend on how it was written. */
export function namesOf(domain: MailDomain): DomainNames {
  const aliasDomains = (domain.spec.aliasDomains ?? []).map(({ name, recipients }) => ({ name, recipients }));
  return { domain: domain.spec.domain, aliasDomains: aliasDomains.sort(byName) };
}

/**
 * The names to render published accounts for without asking the tenant: Mirror domains as the MailDomain has them now,
 * Directory domains as they were published, because only a read can tell their addresses.
 */
export function namesToRender(published: DomainNames, wanted: DomainNames): DomainNames {
  const isMirror = ({ recipients }: AliasDomain): boolean => recipients === "Mirror";
  const mirrors = wanted.aliasDomains.filter(isMirror);
  const kept = published.aliasDomains.filter(({ name, recipients }) => {
    if (mirrors.some((mirror) => mirror.name === name)) return false;
    return recipients === "Directory" || wanted.aliasDomains.some((alias) => alias.name === name);
  });
  return { domain: published.domain, aliasDomains: [...mirrors, ...kept].sort(byName) };
}

const byName = (a: AliasDomain, b: AliasDomain): number => (a.name < b.name ? -1 : 1);

/** Mirror domains whose addresses `names` no longer accepts as a whole. */
export function droppedMirrors(published: DomainNames, names: DomainNames): string[] {
  return published.aliasDomains
    .filter(({ name, recipients }) => {
      const now = names.aliasDomains.find((alias) => alias.name === name);
      return recipients === "Mirror" && now?.recipients !== "Mirror";
    })
    .map(({ name }) => name);
}

/** Whether the published ConfigMaps would be made differently now, without any change of the accounts. */
export function wantsRendering(current: Publication, wanted: DomainNames, output: OutputOptions): boolean {
  const names = namesToRender(current, wanted);
  return (
    JSON.stringify(names.aliasDomains) !== JSON.stringify(current.aliasDomains) ||
    JSON.stringify(output) !== JSON.stringify(current.output)
  );
}

/** The manifest: what is published, what has been begun, and the point of commit. Pure. */
import { DAY_MS } from "../base/time.ts";
import type { FeedLinks } from "../directory/types.ts";
import type { AliasDomain } from "../recipients/model.ts";
import type { Format, OutputOptions } from "../recipients/tables/formats/formats.ts";
import type { HistoryRecord, RequestKind } from "./run-records.ts";

/** Readers and writers of another schema version refuse each other: a list is never rewritten on a guess. */
export const SCHEMA_VERSION = 1;

export interface NamedContent {
  readonly name: string;
  readonly sha256: string;
}

export interface AccountsChunk extends NamedContent {
  readonly accounts: number;
}

export interface TableShard extends NamedContent {
  readonly addresses: number;
  readonly bytes: number;
}

/** One way of spreading the tables over ConfigMaps. */
export interface Layout extends OutputOptions {
  readonly tables: readonly TableShard[];
}

/** Tables that `output` no longer asks for, kept current until then so that gateways can be moved without a gap. */
export interface Retiring extends OutputOptions {
  readonly until: string;
  /** The list does not fit it any more: its tables stay as they were. */
  readonly stale?: true;
  /** They share their ConfigMaps with others and do not fit beside them: they stand no more, until they fit again. */
  readonly gone?: true;
}

export interface Counts {
  readonly accounts: number;
  readonly distributionLists: number;
  readonly aliases: number;
  /** Rendered: what a gateway accepts, mirrored addresses, postmaster and abuse included. */
  readonly addresses: number;
}

/** What a publication is made of, before its ConfigMaps are written. */
export interface Blueprint {
  /** Of accounts and names. */
  readonly revision: string;
  readonly domain: string;
  readonly aliasDomains: readonly AliasDomain[];
  /** As in spec.output. */
  readonly output: OutputOptions;
  readonly retiring: readonly Retiring[];
  /** How many ConfigMaps the accounts are spread over. */
  readonly chunks: number;
  /**
   * When a run committed the list, where tables were only rendered or something was only added since: what the digests
   * of plans are bound to. RFC 3339.
   */
  readonly plannedTime?: string;
  /** Whose accounts a run committed: cloud and tenant. Absent in lists that were published by earlier versions. */
  readonly tenant?: string;
}

export interface Publication extends Blueprint {
  /** When it was committed, RFC 3339. */
  readonly time: string;
  readonly counts: Counts;
  readonly accounts: readonly AccountsChunk[];
  /** Of `output` first, then retiring ones; each number of shards once. */
  readonly layouts: readonly Layout[];
}

/** A publication that was begun. Whoever leads next finishes it from the journal. */
export interface Intent {
  readonly target: Blueprint;
  readonly journal: JournalRef;
  /** The history record of the run, so that the one who finishes it can write it. Absent when tables were only rendered again. */
  readonly record?: HistoryRecord;
  /** Rendered addresses that this publication takes away without a person's approval, for the 24-hour window. */
  readonly removedAddresses: number;
  /** What was told of the tenant up to here is in it. */
  readonly feed?: KeptFeed;
}

/** Where a process that starts asks the tenant from for what is new. */
export interface KeptFeed {
  /** Whose links these are: cloud and tenant. */
  readonly tenant: string;
  readonly links: FeedLinks;
  /** When they were given out, RFC 3339. */
  readonly time: string;
}

export interface JournalRef {
  readonly sha256: string;
  /** ConfigMaps that hold it, in order; none: it stands in the manifest's own ConfigMap. */
  readonly pieces: readonly string[];
}

export interface Removal {
  readonly time: string;
  readonly addresses: number;
}

export interface Manifest {
  readonly schemaVersion: number;
  readonly current?: Publication;
  readonly intent?: Intent;
  /** Of the last 24 hours. */
  readonly removals: readonly Removal[];
  /** The record of the last run that was published, so that a successor can write it into history and status. */
  readonly record?: HistoryRecord;
  /** The last token of each kind that led to a publication: after a restore it asks nothing again. */
  readonly handled?: Readonly<Partial<Record<RequestKind, string>>>;
  /** What the tenant tells after it is not on the list yet; everything before it is. */
  readonly feed?: KeptFeed;
  /** How often a run was taken over since the last commit; written so that the manifest is another one than a predecessor saw. */
  readonly takeovers?: number;
}

/** Removals that are kept one by one. */
export const MOST_REMOVALS = 100;

export const EMPTY_MANIFEST: Manifest = { schemaVersion: SCHEMA_VERSION, removals: [] };

/** Addresses removed in the 24 hours before `now`. */
export function removedLastDay(manifest: Manifest, now: number): number {
  return recent(manifest.removals, now).reduce((sum, removal) => sum + removal.addresses, 0);
}

/** The manifest once what was begun stands as `publication`. */
export function committed(manifest: Manifest, publication: Publication): Manifest {
  const { intent, record } = manifest;
  const now = Date.parse(publication.time);
  const removals = withRemoval(recent(manifest.removals, now), publication.time, intent?.removedAddresses ?? 0);
  const latest = intent?.record ?? record;
  const { request, token } = intent?.record ?? {};
  const asked = request !== undefined && token !== undefined ? { [request]: token } : {};
  const handled = { ...manifest.handled, ...asked };
  // Rendering tells nothing of the tenant: what was known stays so.
  const feed = intent?.record === undefined ? manifest.feed : intent.feed;
  return {
    schemaVersion: SCHEMA_VERSION,
    current: publication,
    removals,
    ...(latest === undefined ? {} : { record: latest }),
    ...(Object.keys(handled).length === 0 ? {} : { handled }),
    ...(feed === undefined ? {} : { feed }),
  };
}

/** With one more, where it took anything away. */
export function withRemoval(removals: readonly Removal[], time: string, addresses: number): Removal[] {
  if (addresses === 0) return [...removals];
  const all = [...removals, { time, addresses }];
  while (all.length > MOST_REMOVALS) mergeOldest(all);
  return all;
}

/** A day of publications every few minutes has many removals: the two oldest become one, that counts until the later one would. */
function mergeOldest(removals: Removal[]): void {
  const [oldest, next] = removals;
  if (oldest === undefined || next === undefined) return;
  removals.splice(0, 2, { time: next.time, addresses: oldest.addresses + next.addresses });
}

function recent(removals: readonly Removal[], now: number): Removal[] {
  return removals.filter((removal) => Date.parse(removal.time) > now - DAY_MS);
}

/** What `retiring` is asked of. */
interface Retirement {
  readonly before: Pick<Publication, "retiring" | "output"> | undefined;
  /** Where no manifest tells: the layouts that stand. */
  readonly found: readonly OutputOptions[];
  readonly output: OutputOptions;
  readonly now: number;
}

/**
 * What of the old output must still be kept current once `output` is asked for: everything that it no longer names,
 * for 24 hours. Grouped by the number of shards, because tables of one number share their ConfigMaps.
 */
export function retiring({ before, found, output, now }: Retirement): Retiring[] {
  const until = new Date(now + DAY_MS).toISOString();
  const candidates: readonly Retiring[] =
    before === undefined
      ? found.map((layout) => ({ ...layout, until }))
      : [...before.retiring.filter((old) => Date.parse(old.until) > now), { ...before.output, until }];
  const byShards = new Map<number, Retiring>();
  for (const { shards, formats, until: end } of candidates) {
    const unnamed = shards === output.shards ? formats.filter((format) => !output.formats.includes(format)) : formats;
    const other = byShards.get(shards);
    if (unnamed.length === 0) continue;
    const later = other === undefined || other.until < end ? end : other.until;
    byShards.set(shards, { shards, formats: union(other?.formats ?? [], unnamed), until: later });
  }
  return [...byShards.values()];
}

/** The layouts to write: `output` first, joined with what retires at the same number of shards. */
export function layoutsOf({ output, retiring }: Pick<Blueprint, "output" | "retiring">): OutputOptions[] {
  const kept = retiring.filter(({ gone }) => gone !== true);
  const same = kept.find(({ shards }) => shards === output.shards);
  const first = { shards: output.shards, formats: union(output.formats, same?.formats ?? []) };
  const others = kept.filter(({ shards }) => shards !== output.shards);
  return [first, ...others.map(({ shards, formats }) => ({ shards, formats }))].filter(
    ({ formats }) => formats.length > 0,
  );
}

/** Layouts whose tables are left as they are. */
export function staleLayouts(retiring: readonly Retiring[], standing: readonly Layout[]): Layout[] {
  const stale = new Set(retiring.filter((old) => old.stale === true).map(({ shards }) => shards));
  return standing.filter(({ shards }) => stale.has(shards));
}

function union(a: readonly Format[], b: readonly Format[]): Format[] {
  return [...new Set([...a, ...b])].sort();
}

export function serializeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Every ConfigMap that holds data of a publication: accounts and tables. */
export function contentsOf(publication: Publication | undefined): readonly NamedContent[] {
  if (publication === undefined) return [];
  return [...publication.accounts, ...publication.layouts.flatMap(({ tables }) => tables)];
}

/** The domains whose recipients stand in some table. */
export function carriedNames(publication: Blueprint | undefined): string[] {
  if (publication === undefined || layoutsOf(publication).length === 0) return [];
  return [publication.domain, ...publication.aliasDomains.map(({ name }) => name)];
}

/** The domains that the tables carry now, and still will when what is begun stands. */
export function stayingNames({ current, intent }: Manifest): string[] {
  const names = carriedNames(current);
  if (intent === undefined) return names;
  const next = new Set(carriedNames(intent.target));
  return names.filter((name) => next.has(name));
}

/** The domain whose list this is; undefined where nothing was ever begun. */
export const domainOf = ({ current, intent }: Manifest): string | undefined => current?.domain ?? intent?.target.domain;

/** The manifest: what is published, what has been begun, and the point of commit. Pure. */
import type { AliasDomain, Format } from "../recipients/model.ts";
import type { HistoryRecord } from "./records.ts";

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
export interface Layout {
  readonly shards: number;
  readonly formats: readonly Format[];
  readonly tables: readonly TableShard[];
}

export interface Counts {
  readonly accounts: number;
  readonly distributionLists: number;
  readonly aliases: number;
  /** Rendered: what a gateway accepts, mirrored addresses, postmaster and abuse included. */
  readonly addresses: number;
}

export interface Publication {
  readonly revision: string;
  /** When it was committed, RFC 3339. */
  readonly time: string;
  /** The run that made it; absent when tables were only rendered again. */
  readonly runId?: string;
  readonly domain: string;
  readonly aliasDomains: readonly AliasDomain[];
  readonly counts: Counts;
  readonly accounts: readonly AccountsChunk[];
  readonly layout: Layout;
  /** The layout before, kept current until then so that gateways can be moved without a gap. */
  readonly previous?: { readonly layout: Layout; readonly until: string };
}

/** A publication that was begun. Whoever leads next finishes it from the journal. */
export interface Intent {
  readonly target: Publication;
  readonly journal: { readonly sha256: string; readonly pieces: number };
  /** The history record of the run, so that the one who finishes it can write it. Absent when tables were only rendered again. */
  readonly record?: HistoryRecord;
  /** Rendered addresses that this publication takes away without a person's approval, for the 24-hour window. */
  readonly removedAddresses: number;
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
  /** The record of the run that made `current`, until the history has it. */
  readonly record?: HistoryRecord;
}

export const EMPTY_MANIFEST: Manifest = { schemaVersion: SCHEMA_VERSION, removals: [] };

const DAY_MS = 24 * 3_600_000;

/** Addresses removed in the 24 hours before `now`. */
export function removedLastDay(manifest: Manifest, now: number): number {
  return recent(manifest.removals, now).reduce((sum, removal) => sum + removal.addresses, 0);
}

/** The manifest once the publication that it has begun is complete. */
export function committed(manifest: Manifest, now: number): Manifest {
  const { intent } = manifest;
  if (intent === undefined) return manifest;
  const time = new Date(now).toISOString();
  const removals = recent(manifest.removals, now);
  if (intent.removedAddresses > 0) removals.push({ time, addresses: intent.removedAddresses });
  return {
    schemaVersion: SCHEMA_VERSION,
    current: { ...intent.target, time },
    removals,
    ...(intent.record === undefined ? {} : { record: intent.record }),
  };
}

function recent(removals: readonly Removal[], now: number): Removal[] {
  return removals.filter((removal) => Date.parse(removal.time) > now - DAY_MS);
}

export function serializeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

export type ParsedManifest =
  | { readonly kind: "ok"; readonly manifest: Manifest }
  | { readonly kind: "damaged" }
  | { readonly kind: "newer"; readonly version: number };

/** Tells a damaged manifest (fresh sync needed) from one that a newer operator wrote (hands off). */
export function parseManifest(text: string | undefined): ParsedManifest {
  if (text === undefined) return { kind: "damaged" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "damaged" };
  }
  if (typeof value !== "object" || value === null) return { kind: "damaged" };
  const version = (value as { schemaVersion?: unknown }).schemaVersion;
  if (typeof version !== "number") return { kind: "damaged" };
  if (version > SCHEMA_VERSION) return { kind: "newer", version };
  return isManifest(value) ? { kind: "ok", manifest: value } : { kind: "damaged" };
}

function isManifest(value: object): value is Manifest {
  const { current, intent, removals } = value as Partial<Manifest>;
  return (
    Array.isArray(removals) &&
    (current === undefined || isPublication(current)) &&
    (intent === undefined || (isPublication(intent.target) && typeof intent.journal?.pieces === "number"))
  );
}

function isPublication(value: Partial<Publication>): boolean {
  return (
    typeof value.revision === "string" &&
    typeof value.domain === "string" &&
    Array.isArray(value.aliasDomains) &&
    Array.isArray(value.accounts) &&
    Array.isArray(value.layout?.tables) &&
    typeof value.counts?.addresses === "number"
  );
}

/** Every ConfigMap that holds data of a publication: accounts, tables, and the tables of the layout before. */
export function contentsOf(publication: Publication | undefined): readonly NamedContent[] {
  if (publication === undefined) return [];
  return [...publication.accounts, ...publication.layout.tables, ...(publication.previous?.layout.tables ?? [])];
}

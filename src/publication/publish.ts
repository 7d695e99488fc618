/** Publishes write-ahead: the manifest says what begins, the ConfigMaps are written, the manifest commits. */

import { ANNOTATION_DOMAIN_NAME } from "../api/group.ts";
import { accountsName, journalName, manifestName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { Clock } from "../base/deps.ts";
import { Failure } from "../base/failure.ts";
import { inSlices } from "../base/slices.ts";
import type { Account } from "../recipients/model.ts";
import { createRosterBuilder, putAll, type Roster } from "../recipients/packed/roster.ts";
import { revisionOf } from "../recipients/revision.ts";
import { isPending, type Pending, publicationHash } from "./anchor.ts";
import { ACCOUNTS_KEY, parseAccounts } from "./chunks.ts";
import type { ConfigMaps, Content, Seen } from "./configmaps.ts";
import { findStrays } from "./inspect.ts";
import { INLINE_BYTES, type Journal, MOST_JOURNAL_BYTES, replayJournal, writeJournal } from "./journal.ts";
import { sideFilesOf } from "./labels.ts";
import {
  committed,
  domainOf,
  EMPTY_MANIFEST,
  type Intent,
  type KeptFeed,
  type Manifest,
  type Publication,
  serializeManifest,
  staleLayouts,
} from "./manifest.ts";
import { buildPublication, type Draft } from "./publication.ts";
import { parseManifest } from "./read-manifest.ts";
import { findLayouts } from "./retire.ts";
import type { Routes } from "./routes.ts";
import type { HistoryRecord } from "./run-records.ts";

/** What stands of one object's publication; `seen` is the manifest's ConfigMap as it was read. */
export interface Standing {
  readonly object: O365Sync;
  readonly manifest: Manifest;
  readonly seen: Seen | undefined;
  /** The manifest's `binaryData.journal`, decoded. */
  readonly inlineJournal: Buffer | undefined;
  /** Present before the first publication, where another O365Sync has published a list of the same domain. */
  readonly predecessor?: Predecessor;
  /** Then too: other O365Syncs, perhaps gone by now, whose tables stand and whose manifests do not tell what is in them. */
  readonly unread?: readonly string[];
}

/** A list that stands under the name of another O365Sync, perhaps gone by now. */
export interface Predecessor {
  readonly sync: string;
  readonly publication: Publication;
  readonly removals: Manifest["removals"];
}

export interface PublishInput {
  readonly standing: Standing;
  /** What is published now; undefined where that is unknown or nothing. */
  readonly before: Roster | undefined;
  readonly draft: Draft;
  readonly removedAddresses: number;
  /** Absent when tables are only rendered again. */
  readonly record?: HistoryRecord;
  /** What was told of the tenant up to here is in it. */
  readonly feed?: KeptFeed | undefined;
  /** Makes the status vouch for what will be published; answers the object with it. Nothing is begun when it throws. */
  readonly vouch: (pending: Pending) => Promise<O365Sync>;
}

/** What was found under each name before the first write: later writes carry these resourceVersions and no newer ones. */
type Looks = ReadonlyMap<string, Seen | undefined>;

export interface Begun {
  readonly standing: Standing;
  readonly looks: Looks;
  readonly draft: Draft;
}

export interface Publisher {
  /** Whether what stands was rendered by this very program, and not by another version of it. */
  hasRendered(object: O365Sync, publication: Publication): boolean;
  /**
   * Makes the manifest another one than any predecessor saw, before its run is done again: what that process still has
   * under way, frozen or on a slow connection, can then begin no publication any more.
   */
  fence(standing: Standing, signal: AbortSignal): Promise<Standing>;
  /** Keeps where the tenant is asked from, for a process that starts; nothing that is published changes. */
  keepFeed(standing: Standing, feed: KeptFeed, signal: AbortSignal): Promise<Standing>;
  /**
   * Writes what begins into the manifest. Before the first write every name that will be written is looked at, so that
   * a foreign ConfigMap stops it (Failure ConfigMapConflict). From here on the publication is finished, never planned anew.
   */
  begin(input: PublishInput, signal: AbortSignal): Promise<Begun>;
  /** Writes the ConfigMaps and commits; answers what stands then. */
  finish(begun: Begun, signal: AbortSignal): Promise<Standing>;
  /**
   * Takes over what a manifest says was begun, perhaps by another process, so that `finish` can go on with it.
   * Undefined: the journal or the accounts are damaged, and nothing can finish it.
   */
  takeOver(standing: Standing, signal: AbortSignal): Promise<Begun | undefined>;
}

const JOURNAL_KEY = "journal.jsonl.gz";

/** The manifest as it stands; a Failure when this operator must not touch it. */
export async function readStanding(
  maps: ConfigMaps,
  object: O365Sync,
  signal: AbortSignal,
): Promise<Standing & { damaged: boolean }> {
  const found = await maps.read(object, manifestName(object.metadata.name), "manifest", signal);
  if (found === undefined)
    return { object, manifest: EMPTY_MANIFEST, seen: undefined, inlineJournal: undefined, damaged: false };
  const parsed = parseManifest(found.object.data?.["manifest.json"]);
  if (parsed.kind === "newer") throw newerManifest(found.metadata.name, parsed.version);
  const journal = found.object.binaryData?.[JOURNAL_KEY];
  return {
    object,
    manifest: parsed.kind === "ok" ? parsed.manifest : EMPTY_MANIFEST,
    seen: found,
    inlineJournal: journal === undefined ? undefined : Buffer.from(journal, "base64"),
    damaged: parsed.kind === "damaged",
  };
}

function newerManifest(name: string, version: number): Failure {
  const message = `the ConfigMap ${name} was written by a newer operator (schema version ${version}); run that version again`;
  return new Failure("stalled", "ManifestVersion", message);
}

export function createPublisher(maps: ConfigMaps, routes: Routes, clock: Clock): Publisher {
  const rendered = createRendered();
  return {
    hasRendered: rendered.has,

    async fence(standing, signal) {
      const { manifest, seen } = standing;
      // A damaged one stays as it is for a person to look at.
      if (manifest.current === undefined && manifest.intent === undefined && seen !== undefined) return standing;
      return writeManifest(maps, standing, { ...manifest, takeovers: (manifest.takeovers ?? 0) + 1 }, signal);
    },

    keepFeed: (standing, feed, signal) => writeManifest(maps, standing, { ...standing.manifest, feed }, signal),

    async begin({ standing, before, draft, removedAddresses, record, feed, vouch }, signal) {
      const { object, manifest } = standing;
      const looks = await lookAt(maps, object, draft, signal);
      const rewrite = manifest.current?.chunks !== draft.target.chunks;
      const journal = await inSlices(writeJournal(before, draft.accounts, rewrite), signal);
      const inline = (journal.pieces[0]?.length ?? 0) <= INLINE_BYTES && journal.pieces.length === 1;
      const pieces = inline ? [] : await writePieces(maps, object, journal, signal);
      const intent: Intent = {
        target: draft.target,
        journal: { sha256: journal.sha256, pieces },
        removedAddresses,
        ...(record === undefined ? {} : { record }),
        ...(feed === undefined ? {} : { feed }),
      };
      const inlineJournal = inline ? journal.pieces[0] : undefined;
      const publication = publicationHash(draft.publication);
      const vouched = await vouch({ publication, journal: journal.sha256, removedAddresses });
      const vouchedFor = { ...standing, object: vouched, inlineJournal };
      return { standing: await writeManifest(maps, vouchedFor, { ...manifest, intent }, signal), looks, draft };
    },

    async finish({ standing, looks, draft }, signal) {
      const { object, manifest } = standing;
      // A name leaves the gateway just before its table does: mail for a routed domain without a table is refused.
      await routes.withdraw(object, manifest, signal);
      for (const part of draft.parts) {
        const seen = looks.get(part.name);
        if (!maps.isCurrent(object, part, seen))
          await maps.write(object, await inSlices(draft.contentOf(part), signal), seen, signal);
      }
      const publication = { ...draft.publication, time: new Date(clock.now()).toISOString() };
      const strays = findStrays(object, maps.known(object), publication);
      const finished = { ...standing, inlineJournal: undefined };
      const done = await writeManifest(maps, finished, committed(manifest, publication), signal);
      rendered.add(object, publication);
      for (const stray of strays) await maps.remove(stray, signal);
      for (const { tables } of staleLayouts(publication.retiring, publication.layouts))
        for (const { name } of tables) await maps.relabel(object, name, "recipients", signal);
      await adoptSideFiles(maps, object, signal);
      return done;
    },

    async takeOver(standing, signal) {
      const { object, manifest } = standing;
      if (manifest.intent === undefined) return undefined;
      const accounts = await replay(maps, standing, manifest.intent, signal);
      if (accounts === undefined) return undefined;
      const { target } = manifest.intent;
      const layouts = manifest.current?.layouts ?? (await findLayouts(maps, object, signal));
      const draft = await inSlices(buildPublication(object.metadata.name, accounts, target, layouts), signal);
      if (!isPending(draft.publication, object.status)) return undefined;
      const looks = await lookAt(maps, object, draft, signal);
      // Written again although nothing in it changes: if it is still the same, so is all that was looked at.
      return { standing: await writeManifest(maps, standing, manifest, signal), looks, draft };
    },
  };
}

/** Beyond that the oldest are forgotten: their next publication is rendered in full. */
const MOST_RENDERED = 10_000;

function createRendered(): { has: Publisher["hasRendered"]; add(object: O365Sync, publication: Publication): void } {
  /** By uid. */
  const hashes = new Map<string | undefined, string>();
  return {
    has: ({ metadata: { uid } }, publication) => hashes.get(uid) === publicationHash(publication),
    add({ metadata: { uid } }, publication) {
      hashes.delete(uid);
      hashes.set(uid, publicationHash(publication));
      const [oldest] = hashes.keys();
      if (hashes.size > MOST_RENDERED) hashes.delete(oldest);
    },
  };
}

async function lookAt(maps: ConfigMaps, object: O365Sync, { parts }: Draft, signal: AbortSignal): Promise<Looks> {
  const looks = new Map<string, Seen | undefined>();
  for (const { name, role } of parts) looks.set(name, await maps.look(object, name, role, signal));
  return looks;
}

async function writePieces(
  maps: ConfigMaps,
  object: O365Sync,
  { pieces, sha256 }: Journal,
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  for (const [index, piece] of pieces.entries()) {
    const name = journalName(object.metadata.name, sha256, index);
    const content: Content = { name, role: "journal", binaryData: { [JOURNAL_KEY]: piece.toString("base64") } };
    await maps.put(object, content, await maps.look(object, name, "journal", signal), signal);
    names.push(name);
  }
  return names;
}

async function writeManifest(
  maps: ConfigMaps,
  standing: Standing,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Standing> {
  const { object, seen, inlineJournal } = standing;
  const domain = domainOf(manifest);
  const content: Content = {
    name: manifestName(object.metadata.name),
    role: "manifest",
    data: { "manifest.json": serializeManifest(manifest) },
    ...(domain === undefined ? {} : { annotations: { [ANNOTATION_DOMAIN_NAME]: domain } }),
    ...(inlineJournal === undefined ? {} : { binaryData: { [JOURNAL_KEY]: inlineJournal.toString("base64") } }),
  };
  return { ...standing, manifest, seen: await maps.write(object, content, seen, signal) };
}

/** The accounts that the intent leads to, from whatever mixture of old and new ConfigMaps stands. */
async function replay(
  maps: ConfigMaps,
  standing: Standing,
  intent: Intent,
  signal: AbortSignal,
): Promise<Roster | undefined> {
  const { object, manifest } = standing;
  const pieces = await readPieces(maps, standing, intent, signal);
  const count = Math.max(manifest.current?.chunks ?? 0, intent.target.chunks);
  const builder = createRosterBuilder();
  for await (const { accounts } of readAccounts(maps, object, Array(count).keys(), signal)) {
    await inSlices(putAll(builder, accounts ?? []), signal);
    if (builder.isFull) return undefined;
  }
  if (!(await replayJournal(builder, pieces, intent.journal.sha256, signal))) return undefined;
  const roster = await inSlices(builder.finish(), signal);
  const { revision, domain, aliasDomains } = intent.target;
  const reached = await inSlices(revisionOf(roster, { domain, aliasDomains }), signal);
  return reached === revision ? roster : undefined;
}

async function readPieces(
  maps: ConfigMaps,
  { object, inlineJournal }: Standing,
  { journal }: Intent,
  signal: AbortSignal,
) {
  if (journal.pieces.length === 0) return inlineJournal === undefined ? [] : [inlineJournal];
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (const name of journal.pieces) {
    const found = await maps.read(object, name, "journal", signal);
    const piece = Buffer.from(found?.object.binaryData?.[JOURNAL_KEY] ?? "", "base64");
    bytes += piece.length;
    // Of a journal that is not whole nothing is of use.
    if (piece.length === 0 || bytes > MOST_JOURNAL_BYTES) return [];
    pieces.push(piece);
  }
  return pieces;
}

/** History and plan follow a change of deletionPolicy too. */
async function adoptSideFiles(maps: ConfigMaps, object: O365Sync, signal: AbortSignal): Promise<void> {
  const known = new Set(maps.known(object).map(({ name }) => name));
  for (const { name, role } of sideFilesOf(object.metadata.name)) {
    if (!known.has(name)) continue;
    await maps.relabel(object, name, role, signal);
  }
}

interface ReadChunk {
  readonly index: number;
  readonly sha256: string | undefined;
  /** Undefined: absent or unreadable. */
  readonly accounts: Account[] | undefined;
}

/** One ConfigMap after the other: all together they are large. */
export async function* readAccounts(
  maps: ConfigMaps,
  object: O365Sync,
  chunks: Iterable<number>,
  signal: AbortSignal,
): AsyncGenerator<ReadChunk> {
  for (const index of chunks) {
    const chunk = await maps.read(object, accountsName(object.metadata.name, index), "accounts", signal);
    const text = chunk?.object.data?.[ACCOUNTS_KEY];
    const accounts = text === undefined ? undefined : await inSlices(parseAccounts(text), signal);
    yield { index, sha256: chunk?.sha256, accounts };
  }
}

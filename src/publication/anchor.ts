/** What the status says of the ConfigMaps beside it. Only the operator writes a status, so it tells what of them is believed. Pure. */
import { createHash } from "node:crypto";
import type { MailDomain, O365SyncStatus } from "../api/types.generated.ts";
import { EMPTY_MANIFEST, type Manifest, type Publication, type Removal, withRemoval } from "./manifest.ts";

type Anchor = NonNullable<O365SyncStatus["anchor"]>;
/** What is about to be published; persisted before the manifest says so. */
export type Pending = NonNullable<Anchor["pending"]>;

/** Names everything of a publication but its time, which is not known when it begins. */
export function publicationHash(publication: Omit<Publication, "time">): string {
  const { time: _, ...rest } = publication as Publication;
  return `sha256:${createHash("sha256").update(JSON.stringify(rest, sortedKeys)).digest("hex")}`;
}

const sortedKeys = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** A manifest as far as it is believed. */
export interface Believed {
  readonly manifest: Manifest;
  /** It says something that this operator never wrote. */
  readonly edited: boolean;
}

/**
 * What is published, what was begun and what was removed of late, where the status vouches for it. Without an anchor (the
 * status is gone, or an older operator wrote it) the manifest is all there is, and taken as it stands.
 */
export function believe(manifest: Manifest, status: O365SyncStatus | undefined, now: number): Believed {
  const anchor = status?.anchor;
  if (anchor === undefined) return { manifest, edited: false };
  const { pending } = anchor;
  const { intent, removals: _, ...rest } = manifest;
  const hash = manifest.current && publicationHash(manifest.current);
  const isCommitted = hash !== undefined && hash === pending?.publication && hash !== anchor.publication;
  const removals = isCommitted
    ? withRemoval(removalsOf(anchor), new Date(now).toISOString(), pending?.removedAddresses ?? 0)
    : removalsOf(anchor);
  if (hash !== undefined && hash !== anchor.publication && !isCommitted)
    return { manifest: { ...EMPTY_MANIFEST, removals }, edited: true };
  if (intent === undefined) return { manifest: { ...rest, removals }, edited: false };
  if (pending === undefined || intent.journal.sha256 !== pending.journal)
    return { manifest: { ...rest, removals }, edited: true };
  const begun = { ...intent, removedAddresses: pending.removedAddresses };
  return { manifest: { ...rest, removals, intent: begun }, edited: false };
}

/**
 * The same of an O365Sync that is gone, where the status of its MailDomain still vouches for it. Of a MailDomain that
 * vouches for some lists, another one is nobody's word.
 */
export function believeGone(manifest: Manifest, sync: string, domain: MailDomain | undefined): Believed {
  const vouched = domain?.status?.lists ?? [];
  if (vouched.length === 0) return { manifest, edited: false };
  const kept = vouched.find(({ name }) => name === sync);
  return believe(manifest, { anchor: kept ?? {} }, 0);
}

const removalsOf = ({ removals }: Anchor): Removal[] => [...(removals ?? [])];

/** Whether what a begun publication leads to is what was to be published. */
export const isPending = (publication: Omit<Publication, "time">, status: O365SyncStatus | undefined): boolean =>
  status?.anchor === undefined || status.anchor.pending?.publication === publicationHash(publication);

/** The status that vouches for what is about to be published, and still for what stands. */
export function vouching(status: O365SyncStatus, manifest: Manifest, pending: Pending): O365SyncStatus {
  const publication = manifest.current === undefined ? status.anchor?.publication : publicationHash(manifest.current);
  const removals = [...manifest.removals];
  return { ...status, anchor: { removals, pending, ...(publication === undefined ? {} : { publication }) } };
}

/** The anchor for what stands now; what was begun and never came keeps its place until something else begins. */
export function anchorOf({ anchor }: O365SyncStatus, { current, intent, removals }: Manifest): Anchor | undefined {
  if (current === undefined || intent !== undefined) return anchor;
  const publication = publicationHash(current);
  const pending = anchor?.pending?.publication === publication ? undefined : anchor?.pending;
  return { publication, removals: [...removals], ...(pending === undefined ? {} : { pending }) };
}

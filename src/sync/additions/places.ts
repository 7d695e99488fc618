/** Where an object asks its tenant from, as a process remembers it and as the manifest keeps it. */
import { tenantOf } from "../../api/indexers.ts";
import type { O365Sync } from "../../api/types.generated.ts";
import { HOUR_MS, iso } from "../../base/time.ts";
import { covers } from "../../directory/feed.ts";
import type { FeedPlace } from "../../directory/types.ts";
import type { KeptFeed, Manifest } from "../../publication/manifest.ts";

/** Of one object, while this process runs. Times are of its monotonic clock. */
export interface Followed {
  /** When it was asked last, or first seen. */
  polled: number | undefined;
  /** The tenant told to wait this long. */
  notBefore: number | undefined;
  /** Polls that failed, in a row. */
  troubles: number;
  /** Undefined: what the manifest keeps. */
  place: { readonly tenant: string; readonly at: FeedPlace | "lost" } | undefined;
}

export const followedAnew = (): Followed => ({
  polled: undefined,
  notBefore: undefined,
  troubles: 0,
  place: undefined,
});

/** Undefined: there is none, the tenant no longer knows it, or it is of fewer sources. */
export function placeOf(object: O365Sync, { place }: Followed, { feed }: Manifest): FeedPlace | undefined {
  const tenant = tenantOf(object);
  const stored = feed?.tenant === tenant ? { links: feed.links, time: Date.parse(feed.time) } : undefined;
  const at = place?.tenant === tenant ? place.at : stored;
  return at === undefined || at === "lost" || !covers(at, object.spec.sources) ? undefined : at;
}

export function remember(object: O365Sync, followed: Followed, at: FeedPlace | "lost"): void {
  followed.place = { tenant: tenantOf(object), at };
}

export const kept = (object: O365Sync, { links, time }: FeedPlace): KeptFeed => {
  return { tenant: tenantOf(object), links, time: iso(time) };
};

/** Graph knows a link for seven days; a process may start at any time. */
const KEEP_MS = 6 * HOUR_MS;

/** Whether a process that starts should begin with another place than the one that the manifest keeps. */
export function isWorthKeeping(object: O365Sync, { feed }: Manifest, now: number): boolean {
  if (feed?.tenant !== tenantOf(object)) return true;
  const age = now - Date.parse(feed.time);
  return age >= KEEP_MS || age < 0;
}

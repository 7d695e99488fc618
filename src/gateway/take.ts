/** Takes a publication over when all of it is there and as it should be; until then the last good list stays in force. */
import { LABEL_DOMAIN, LABEL_SYNC } from "../api/group.ts";
import { manifestName, routingName } from "../api/names.ts";
import { parseManifest } from "../publication/read-manifest.ts";
import type { Logger } from "../runtime/types.ts";
import { createGatherer, findOurs, type GathererOptions, TableError } from "./fetch-list.ts";
import type { Keeper } from "./keeper.ts";
import { listOf, wantedParts } from "./list.ts";
import { readRouting, routingTables } from "./read-routing.ts";

/** What stands in the way of a publication. Each is a value of a metric's label. */
export type Obstacle = "manifest" | "newerManifest" | "noAddresses" | "incomplete" | "damaged" | "routing" | "tooLarge";

/** Whose publication or routing. */
export interface LookedAt {
  readonly kind: "O365Sync" | "MailDomain";
  readonly name: string;
}

export interface TakerOptions extends GathererOptions {
  readonly keeper: Keeper;
  readonly log: Logger;
  /** Told of each look at a publication or a routing, and what stands in its way. */
  readonly onLook: (at: LookedAt, obstacle: Obstacle | undefined) => void;
  /** A publication was taken over that is older than the one before. */
  readonly onWentBack: (sync: string) => void;
}

/** When to look again although nothing was seen to change. */
export interface Outlook {
  readonly requeueAfterMs?: number;
}

/** Both look at what stands now, and may be asked at any time. */
export interface Taker {
  takeList(sync: string, signal: AbortSignal): Promise<Outlook>;
  takeRouting(domain: string, signal: AbortSignal): Promise<Outlook>;
}

/** A label may say more than an object can be called. */
const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
/** What is incomplete is looked at when one of its parts changes, and once more in case that was missed. */
const LOOK_AGAIN_MS = 5_000;
/** Of all lists together: 60 bytes each in memory. */
const MOST_ADDRESSES = 5_000_000;

/** Whatever is not what it should be leaves the last good list in force. */
export function createTaker(options: TakerOptions): Taker {
  const { client, namespace, keeper, log, onLook, onWentBack } = options;
  const gather = createGatherer(options);
  /** Nothing stands in the way, or nothing is there. */
  function done(sync: string): Outlook {
    onLook({ kind: "O365Sync", name: sync }, undefined);
    return {};
  }

  function stop(sync: string, obstacle: Obstacle, message: string): Outlook {
    onLook({ kind: "O365Sync", name: sync }, obstacle);
    if (obstacle === "incomplete") {
      log.debug({ sync }, message);
      return { requeueAfterMs: LOOK_AGAIN_MS };
    }
    log.error({ sync, obstacle }, message);
    return {};
  }

  function countOthers(sync: string): number {
    const others = [...keeper.lists.values()].filter((list) => list.sync !== sync);
    return others.reduce((sum, { addresses }) => sum + addresses, 0);
  }

  async function takeList(sync: string, signal: AbortSignal): Promise<Outlook> {
    const marks = { role: "manifest", label: LABEL_SYNC, value: sync };
    const found = await findOurs(client, { namespace, name: manifestName(sync) }, marks, signal);
    // Deleted: the list stays, as it does where its ConfigMaps are mounted.
    if (found === undefined) return done(sync);
    const domain = found.metadata.labels?.[LABEL_DOMAIN];
    const parsed = parseManifest(found.data?.["manifest.json"]);
    if (parsed.kind === "newer")
      return stop(sync, "newerManifest", "A newer operator wrote the manifest; update this program too");
    if (parsed.kind === "damaged" || domain === undefined || !NAME.test(domain))
      return stop(sync, "manifest", "The manifest is damaged; the last good list stays in force");
    const { current } = parsed.manifest;
    const wanted = wantedParts(current);
    if ("missing" in wanted || current === undefined)
      return "missing" in wanted && wanted.missing === "addresses"
        ? stop(
            sync,
            "noAddresses",
            "output.formats has none of cdb, postfix and addresses; the last good list stays in force",
          )
        : done(sync);
    try {
      const parts = await gather(sync, wanted.parts, signal);
      if (parts === undefined) return stop(sync, "incomplete", "Waiting for the rest of a publication");
      const list = listOf({ sync, domain, time: current.time }, parts);
      const before = keeper.lists.get(sync);
      if (before?.revision === list.revision && before.time === list.time && before.domain === domain)
        return done(sync);
      if (countOthers(sync) + list.addresses > MOST_ADDRESSES)
        return stop(sync, "tooLarge", "All lists together are too large for this program");
      if (before !== undefined && Date.parse(list.time) < Date.parse(before.time)) {
        onWentBack(sync);
        log.warn(
          { sync, published: list.time, before: before.time },
          "The cluster has an older publication than the one in force, and it is taken over; was the cluster restored?",
        );
      }
      keeper.takeList(list);
      log.info({ sync, addresses: list.addresses, published: list.time }, "List taken over");
      return done(sync);
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      return stop(sync, "damaged", `A table is damaged (${error.message}); the last good list stays in force`);
    } finally {
      for (const { sha256 } of wanted.parts) keeper.gathering.delete(sha256);
    }
  }

  return { takeList, takeRouting: (domain, signal) => takeRouting(options, domain, signal) };
}

async function takeRouting(options: TakerOptions, domain: string, signal: AbortSignal): Promise<Outlook> {
  const { client, namespace, keeper, log, onLook } = options;
  const marks = { role: "routing", label: LABEL_DOMAIN, value: domain };
  const found = await findOurs(client, { namespace, name: routingName(domain) }, marks, signal);
  // Deleted: what was routed stays so, as it does where the file is mounted.
  const routing = found === undefined ? undefined : readRouting(found);
  onLook({ kind: "MailDomain", name: domain }, found !== undefined && routing === undefined ? "routing" : undefined);
  if (found === undefined) return {};
  if (routing !== undefined) keeper.takeRouting(domain, routingTables(found), routing);
  else log.error({ configMap: found.metadata.name }, "The routing is damaged; the last good one stays in force");
  return {};
}

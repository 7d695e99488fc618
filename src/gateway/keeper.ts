/** Holds what the gateway answers from: swaps it whole in memory, and keeps it on disk for when the API server is away. */
import { isDeepStrictEqual } from "node:util";
import { inSlices } from "../base/slices.ts";
import { contentHash } from "../publication/configmaps.ts";
import type { Logger } from "../runtime/types.ts";
import { type Catalog, createCatalog } from "./catalog.ts";
import type { Disk, KeptState } from "./disk.ts";
import { listOf, type RecipientList } from "./list.ts";
import { type Part, readPart } from "./part.ts";
import { type Routing, readRouting } from "./read-routing.ts";

export interface Keeper {
  readonly catalog: Catalog;
  /** Every list that was taken over, also those that another one has replaced. */
  readonly lists: ReadonlyMap<string, RecipientList>;
  /** Takes over a whole list. */
  takeList(list: RecipientList): void;
  /** Takes over a routing that `readRouting` takes. */
  takeRouting(domain: string, data: Readonly<Record<string, string>>, routing: Routing): void;
  /** Every list of the cluster was looked at once. */
  markComplete(): void;
  /** Reads what was kept; a part that is not what it was when it was kept costs its list. */
  load(signal: AbortSignal): Promise<void>;
  /** For the disk: what is in force. */
  state(): KeptState;
  /** Parts that are being gathered for a list to come stay on disk. */
  readonly gathering: Set<string>;
  readonly usedParts: ReadonlySet<string>;
  readonly isComplete: boolean;
}

type KeptList = KeptState["lists"][number];

export interface KeeperOptions {
  readonly disk: Disk;
  readonly delimiters: string;
  /** Only these syncs; none: all. */
  readonly syncs: readonly string[];
  readonly log: Logger;
  /** Told of each new catalog. */
  readonly onSwap: () => void;
}

export function createKeeper({ disk, delimiters, syncs, log, onSwap }: KeeperOptions): Keeper {
  const lists = new Map<string, RecipientList>();
  const routings = new Map<string, Routing>();
  const routingData = new Map<string, Readonly<Record<string, string>>>();
  const gathering = new Set<string>();
  let complete = false;
  let catalog = build();

  function build(): Catalog {
    return createCatalog({ lists: [...lists.values()], routings, delimiters, complete });
  }
  function swap(): void {
    catalog = build();
    onSwap();
  }

  return {
    get catalog() {
      return catalog;
    },
    lists,
    gathering,
    get isComplete() {
      return complete;
    },
    get usedParts() {
      const used = [...lists.values()].flatMap(({ parts }) => parts.map(({ sha256 }) => sha256));
      return new Set([...used, ...gathering]);
    },
    takeList(list) {
      lists.set(list.sync, list);
      swap();
    },
    takeRouting(domain, data, routing) {
      if (isDeepStrictEqual(routingData.get(domain), data)) return;
      routingData.set(domain, data);
      routings.set(domain, routing);
      swap();
    },
    markComplete() {
      complete = true;
      swap();
    },
    async load(signal) {
      const kept = await disk.readState();
      for (const each of (kept?.lists ?? []).filter(({ sync }) => syncs.length === 0 || syncs.includes(sync))) {
        const list = await loadList(disk, each, signal).catch(() => undefined);
        signal.throwIfAborted();
        if (list === undefined) {
          log.error({ sync: each.sync }, "The list on disk is damaged; it is received anew");
          continue;
        }
        lists.set(each.sync, list);
      }
      for (const [domain, data] of Object.entries(kept?.routings ?? {})) {
        const routing = readRouting({ data: { ...data } });
        if (routing === undefined) continue;
        routings.set(domain, routing);
        routingData.set(domain, data);
      }
      complete = lists.size > 0;
      if (complete) swap();
    },
    state: () => ({
      lists: [...lists.values()].map(keptOf),
      routings: Object.fromEntries(routingData),
    }),
  };
}

/** Undefined where a part is gone, or is not what it was when it was kept. */
async function loadList(disk: Disk, kept: KeptList, signal: AbortSignal): Promise<RecipientList | undefined> {
  const parts: Part[] = [];
  for (const [index, sha256] of kept.parts.entries()) {
    const content = await disk.readContent(sha256);
    if (content === undefined || contentHash(content) !== sha256) return undefined;
    parts.push(
      await inSlices(readPart(content, sha256, { index, shards: kept.shards, formats: kept.formats }), signal),
    );
  }
  return listOf(kept, parts);
}

const keptOf = ({ sync, domain, time, parts }: RecipientList): KeptList => ({
  sync,
  domain,
  time,
  formats: parts[0]?.formats ?? [],
  shards: parts.length,
  parts: parts.map(({ sha256 }) => sha256),
});

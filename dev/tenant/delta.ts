/**
 * Graph's delta queries, as unpleasant as the real ones: pages of 200 whatever is asked for, opaque links, an empty page
 * with a link, the same object twice, changes told again, removals of both kinds, changes that show up late.
 * Source: learn.microsoft.com/graph/delta-query-overview, and user-delta, group-delta, orgcontact-delta.
 */
import type { Company, DirectoryEntry } from "./company.ts";
import { GraphError } from "./graph-error.ts";
import { type Collection, parseSelect } from "./odata.ts";

export interface DeltaOptions {
  readonly now: () => number;
  /** How long after it was made a change shows up, in milliseconds; asked for each of them. Default 0. */
  readonly late?: Late;
  /** Objects on a page. Default 200, Graph's own number. */
  readonly page?: number;
}

export type Late = number | (() => number);

export type DeltaCollection = Exclude<Collection, "organization">;

/** Something that happened to one object. */
interface Change {
  readonly id: string;
  /** Its tracked properties; undefined: it was removed. */
  readonly entry: Readonly<Record<string, unknown>> | undefined;
  readonly dueAt: number;
}

const DAY_MS = 24 * 3_600_000;
/** Entra keeps a token seven days. */
const TOKEN_LIFE_MS = 7 * DAY_MS;
const PAGE = 200;

interface Token {
  readonly collection: DeltaCollection;
  readonly select: string;
  /** Changes before this place are known to whoever holds the token. */
  readonly from: number;
  /** Of a page within a round: where the round ends, and which page comes next. */
  readonly until?: number;
  readonly next?: number;
  readonly made: number;
}

export interface DeltaService {
  /** Throws GraphError. */
  answer(collection: Collection, url: URL): Record<string, unknown>;
  /** Forgets every token, as Entra does when it moves a tenant. */
  forget(): void;
}

export function createDeltaService(company: Company, { now, late = 0, page = PAGE }: DeltaOptions): DeltaService {
  // Whoever comes from now on says when they were made.
  company.now ??= now;
  let generation = 0;
  const logs = new Map<DeltaCollection, ReturnType<typeof createLog>>();
  const logOf = (collection: DeltaCollection) => {
    const log = logs.get(collection) ?? createLog(company, collection, late);
    logs.set(collection, log);
    return log;
  };
  const encode = (token: Token): string => Buffer.from(JSON.stringify({ ...token, generation })).toString("base64url");

  function decode(text: string, collection: DeltaCollection): Token {
    const token = parse(text);
    if (token === undefined || token.collection !== collection)
      throw new GraphError(400, "Directory_ExpiredPageToken", "The specified page token value is malformed.");
    if (token.generation !== generation)
      throw new GraphError(410, "resyncRequired", "Resync required. Replace all local items with server's version.");
    if (now() - token.made > TOKEN_LIFE_MS)
      throw new GraphError(410, "syncStateNotFound", "The sync state generation is not found.");
    return token;
  }

  return {
    answer(asked, url) {
      const collection = followed(asked);
      const parameters = url.searchParams;
      const log = logOf(collection);
      log.observe(now());
      const { token, select } = readQuery(collection, parameters, decode);
      const link = (
        name: "$deltatoken" | "$skiptoken",
        value: Omit<Token, "collection" | "select" | "made">,
      ): string => {
        const target = new URL(`${url.origin}/v1.0/${collection}/delta`);
        target.searchParams.set(name, encode({ collection, select, made: now(), ...value }));
        return target.href;
      };
      const context = `${url.origin}/v1.0/$metadata#${collection}`;
      if (token === "latest")
        return { "@odata.context": context, "@odata.deltaLink": link("$deltatoken", { from: log.length }), value: [] };
      const until = token?.until ?? log.length;
      const from = token?.from ?? 0;
      const { value, more } = log.page({ from, until, index: token?.next, size: page, select });
      return {
        "@odata.context": context,
        value,
        ...(more === undefined
          ? { "@odata.deltaLink": link("$deltatoken", { from: until }) }
          : { "@odata.nextLink": link("$skiptoken", { from, until, next: more }) }),
      };
    },
    forget() {
      generation++;
    },
  };
}

function followed(collection: Collection): DeltaCollection {
  if (collection !== "organization") return collection;
  throw new GraphError(400, "BadRequest", "Resource not found for the segment 'delta'.");
}

function parse(text: string): (Token & { readonly generation: number }) | undefined {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Token & { generation: number };
  } catch {
    return undefined;
  }
}

function readQuery(
  collection: DeltaCollection,
  parameters: URLSearchParams,
  decode: (text: string, collection: DeltaCollection) => Token,
): { readonly token: Token | "latest" | undefined; readonly select: string } {
  const [delta, skip] = [parameters.get("$deltatoken"), parameters.get("$skiptoken")];
  const known = ["$select", "$top", "$deltatoken", "$skiptoken"];
  for (const name of parameters.keys()) {
    if (!known.includes(name))
      throw new GraphError(400, "Request_UnsupportedQuery", `The query parameter '${name}' is not supported.`);
  }
  const opaque = skip ?? (delta === "latest" ? undefined : (delta ?? undefined));
  if (opaque !== undefined) {
    if (parameters.has("$select"))
      throw new GraphError(400, "Request_UnsupportedQuery", "Both $select and a token aren't supported.");
    const token = decode(opaque, collection);
    return { token, select: token.select };
  }
  const select = parseSelect(collection, parameters.get("$select")).join(",");
  return { token: delta === "latest" ? "latest" : undefined, select };
}

/** What happened to a collection, in the order in which it showed up. */
function createLog(company: Company, collection: DeltaCollection, late: Late) {
  const lateBy = typeof late === "number" ? () => late : late;
  const changes: Change[] = [];
  const waiting: Change[] = [];
  const known = new Map<string, string>();

  return {
    get length() {
      return changes.length;
    },
    /** Looks for what has changed since it looked last; nobody tells it. */
    observe(now: number): void {
      const standing = new Map<string, DirectoryEntry>(company[collection] as Map<string, DirectoryEntry>);
      for (const [id, entry] of standing) {
        const text = JSON.stringify(entry);
        if (known.get(id) === text) continue;
        // Who says when they were made is late from then on, whenever that is noticed.
        const made = known.has(id) ? Number.NaN : Date.parse(String(entry["createdDateTime"]));
        const dueAt = (Number.isNaN(made) ? now : Math.min(made, now)) + lateBy();
        known.set(id, text);
        waiting.push({ id, entry: JSON.parse(text) as Record<string, unknown>, dueAt });
      }
      for (const id of known.keys()) {
        if (standing.has(id)) continue;
        known.delete(id);
        waiting.push({ id, entry: undefined, dueAt: now + lateBy() });
      }
      // One that is less late overtakes another.
      waiting.sort((a, b) => a.dueAt - b.dueAt);
      while (waiting[0] !== undefined && waiting[0].dueAt <= now) changes.push(waiting.shift() as Change);
    },
    page({
      from,
      until,
      index,
      size,
      select,
    }: {
      from: number;
      until: number;
      index: number | undefined;
      size: number;
      select: string;
    }) {
      if (from >= until) return { value: [], more: undefined };
      // A page may be empty and lead on all the same.
      if (index === undefined) return { value: [], more: 0 };
      const told = round(changes, from, until);
      // What stood last on the page before comes once more.
      const start = Math.max(0, index * size - (index === 0 ? 0 : 1));
      const value = told.slice(start, (index + 1) * size).map((change) => shown(collection, change, select));
      return { value, more: (index + 1) * size < told.length ? index + 1 : undefined };
    },
  };
}

/** An object that changed twice is told twice, and the last change that was told before is told again. */
function round(changes: readonly Change[], from: number, until: number): readonly Change[] {
  return changes.slice(Math.max(0, from - 1), until);
}

function shown(collection: DeltaCollection, { id, entry }: Change, select: string): Record<string, unknown> {
  // Users can be restored for a while, contacts cannot.
  if (entry === undefined) return { id, "@removed": { reason: collection === "contacts" ? "deleted" : "changed" } };
  const properties = select.split(",").filter((name) => name !== "id");
  // A property that was never set is absent: that is not the same as null.
  return Object.fromEntries([
    ["id", id],
    ...properties
      .filter((name) => entry[name] !== undefined && entry[name] !== null)
      .map((name) => [name, entry[name]]),
  ]);
}

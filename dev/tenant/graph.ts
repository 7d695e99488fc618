/** Graph v1.0 as far as a recipient sync asks: lists, single objects, $batch. */
import type { Company, DirectoryEntry } from "./company.ts";
import type { DeltaService } from "./delta.ts";
import type { Effect, Faults, RequestKind } from "./faults.ts";
import type { AddressFilters } from "./filter.ts";
import { GraphError } from "./graph-error.ts";
import { type Collection, parseQuery, type Query, rolesFor, skipToken } from "./odata.ts";

export interface GraphCall {
  readonly method: string;
  /** With the query, below the origin. */
  readonly url: URL;
  readonly eventual: boolean;
  readonly body: unknown;
  /** Of the caller's token. */
  readonly roles: readonly string[];
}

export interface GraphReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const COLLECTIONS: readonly string[] = ["users", "groups", "contacts", "organization"] satisfies Collection[];

export const kindOf = (path: string): RequestKind => {
  const [, , first = "", second] = path.split("/");
  if (isDelta(second)) return "delta";
  return first === "$batch" ? "batch" : ((COLLECTIONS.includes(first) ? first : "users") as RequestKind);
};

export interface GraphService {
  /** Throws GraphError. */
  answer(call: GraphCall, effect: Effect | undefined): GraphReply;
}

/** The ways to ask a directory for its objects. Each may show it as it was at another time: nothing keeps them alike. */
export type Window = "lists" | "ids" | "filters";

/** What a window shows of a collection; entries are as they are now. */
export type View = (collection: "users" | "groups" | "contacts") => readonly DirectoryEntry[];

/** What tests change of how a tenant answers. */
export interface Showing {
  addressFilters: AddressFilters;
  /** A window without a view shows what is there now. */
  readonly views: Partial<Record<Window, View>>;
}

export interface GraphServiceOptions {
  readonly company: Company;
  readonly tenantId: string;
  readonly faults: Faults;
  readonly showing: Showing;
  readonly deltas: DeltaService;
  /** Default 999. */
  readonly largestPage?: number | undefined;
}

interface BatchPart {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const isEventual = (headers: BatchPart["headers"] = {}): boolean =>
  Object.entries(headers).some(([name, value]) => name.toLowerCase() === "consistencylevel" && value === "eventual");

const notFound = (id: string): GraphError =>
  new GraphError(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export function createGraphService(options: GraphServiceOptions): GraphService {
  const { faults, deltas, largestPage = 999 } = options;
  const { entriesOf, queryOf } = windowsOf(options);

  function list(collection: Collection, call: GraphCall, effect: Effect | undefined): GraphReply {
    const { url } = call;
    const query = queryOf(collection, call);
    const { matches, byAddress } = query.filter;
    const all = entriesOf(collection, byAddress ? "filters" : "lists").filter(matches);
    // A page may hold less than what was asked for.
    const end = query.skip + Math.min(query.top, largestPage);
    const page = all.slice(query.skip, end);
    const shown = effect?.kind === "lose" ? page.filter((entry) => !effect.lose(entry)) : page;
    const next = new URL(url);
    next.searchParams.set("$skiptoken", skipToken(end));
    return {
      status: 200,
      body: {
        "@odata.context": `${url.origin}/v1.0/$metadata#${collection}`,
        ...(query.count ? { "@odata.count": all.length } : {}),
        ...(end < all.length ? { "@odata.nextLink": next.href } : {}),
        value: shown.map((entry) => selected(entry, query)),
      },
    };
  }

  function single(collection: Collection, id: string, call: GraphCall): GraphReply {
    const query = queryOf(collection, call);
    const found = entriesOf(collection, "ids").find((entry) => entry.id === id);
    if (found === undefined) throw notFound(id);
    return { status: 200, body: selected(found, query) };
  }

  function batch({ body, url, roles }: GraphCall): GraphReply {
    const { requests } = (body ?? {}) as { requests?: BatchPart[] };
    if (!Array.isArray(requests)) throw new GraphError(400, "BadRequest", "Invalid batch payload format.");
    if (requests.length > 20)
      throw new GraphError(400, "BadRequest", "Number of requests in a batch exceeds the limit of 20.");
    const responses = requests.map((part) => {
      const effect = faults.next("part");
      const reply = replyOf(() => {
        if (effect?.kind === "status")
          throw new GraphError(effect.status, effect.code ?? "TooManyRequests", "Too many requests.");
        if (!part.url.startsWith("/")) throw new GraphError(400, "BadRequest", "Invalid batch payload format.");
        const target = new URL(`${url.origin}/v1.0${part.url}`);
        const eventual = isEventual(part.headers);
        return answer({ method: part.method, url: target, eventual, body: undefined, roles }, undefined);
      });
      const headers = {
        "Content-Type": "application/json",
        ...(effect?.kind === "status" && effect.retryAfter ? { "Retry-After": effect.retryAfter } : {}),
      };
      return { id: part.id, status: reply.status, headers, body: reply.body };
    });
    // Graph answers in no particular order.
    return { status: 200, body: { responses: responses.reverse() } };
  }

  function answer(call: GraphCall, effect: Effect | undefined): GraphReply {
    const [, version, first = "", id] = call.url.pathname.split("/");
    if (version !== "v1.0") throw new GraphError(400, "BadRequest", "Invalid version.");
    if (first === "$batch" && call.method === "POST") return batch(call);
    if (!COLLECTIONS.includes(first))
      throw new GraphError(400, "BadRequest", `Resource not found for the segment '${first}'.`);
    if (call.method !== "GET")
      throw new GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");
    const collection = first as Collection;
    if (!rolesFor(collection).some((role) => call.roles.includes(role)))
      throw new GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    if (isDelta(id)) return { status: 200, body: deltas.answer(collection, call.url) };
    return id === undefined ? list(collection, call, effect) : single(collection, decodeURIComponent(id), call);
  }

  return { answer };
}

/** What is seen of the directory, and how questions are understood. */
function windowsOf({ company, tenantId, showing }: GraphServiceOptions) {
  const entriesOf = (collection: Collection, window: Window): readonly DirectoryEntry[] => {
    if (collection === "organization") return [organization(company, tenantId)];
    return showing.views[window]?.(collection) ?? [...company[collection].values()];
  };
  const queryOf = (collection: Collection, { url, eventual }: GraphCall): Query =>
    parseQuery(collection, url.searchParams, { eventual, addressFilters: showing.addressFilters });
  return { entriesOf, queryOf };
}

/** `/users/delta`, and the two spellings of the metadata. */
const isDelta = (segment: string | undefined): boolean =>
  segment === "delta" || segment === "delta()" || segment === "microsoft.graph.delta()";

function organization({ domains }: Company, id: string): DirectoryEntry {
  const verifiedDomains = domains.map((name, index) => ({
    name,
    isDefault: index === 0,
    isInitial: name.endsWith(".onmicrosoft.com"),
  }));
  return { id, displayName: "Harbour & Pine", mail: null, proxyAddresses: [], verifiedDomains };
}

function selected(entry: DirectoryEntry, { select }: Query): Record<string, unknown> {
  return Object.fromEntries(select.map((name) => [name, entry[name] ?? null]));
}

/** What a GraphError looks like on the wire. */
export function replyOf(work: () => GraphReply): GraphReply {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const { status, code, message } = error;
    return { status, body: { error: { code, message, innerError: { date: new Date().toISOString() } } } };
  }
}

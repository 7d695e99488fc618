/** Connects to tenants: one token and one connection pool for everybody who comes with the very same credential. */
import type { Deps } from "../api/deps.ts";
import { Failure } from "../api/failure.ts";
import type { Source } from "../recipients/model.ts";
import type { CloudTable } from "./clouds.ts";
import { confirmObjects } from "./confirm.ts";
import { malformed } from "./errors.ts";
import { createGraph, type Graph, type RequestObserver, refuse } from "./graph.ts";
import { createHttp } from "./http.ts";
import { parsePage, readChain } from "./pages.ts";
import { missingRoles } from "./permissions.ts";
import { LISTING, SOURCES } from "./sources.ts";
import { connectionKey, createTokenSource, type TokenSource } from "./token.ts";
import type { Connection, Directory, DirectoryProvider, EnabledSources, ReadOptions, ReadStats } from "./types.ts";

export interface DirectoryProviderOptions {
  readonly endpoints: CloudTable;
  readonly deps: Deps;
  /** For one request; default 60 s. */
  readonly timeoutMs?: number;
  /** PEM of a CA to trust in place of the system's and NODE_EXTRA_CA_CERTS. */
  readonly ca?: string;
  readonly onRequest?: RequestObserver;
  /** HTTP status of a token request; 0 without an answer. */
  readonly onTokenRequest?: (status: number) => void;
}

/** Tokens are kept for this many connections; the least recently made goes first. */
const MOST_KEPT = 1024;

export function createDirectoryProvider(options: DirectoryProviderOptions): DirectoryProvider {
  const { endpoints, deps, timeoutMs, ca, onRequest, onTokenRequest } = options;
  const http = createHttp({ timeoutMs, ca });
  const kept = new Map<string, TokenSource>();

  function tokensFor(connection: Connection): TokenSource {
    const key = connectionKey(connection);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = createTokenSource({ connection, endpoints: endpoints[connection.cloud], http, deps, onRequest: onTokenRequest });
    kept.set(key, made);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return made;
  }

  return {
    connect(connection) {
      const tokens = tokensFor(connection);
      const origin = endpoints[connection.cloud].graph;
      const graph = (observer: RequestObserver | undefined): Graph => createGraph({ origin, http, tokens, deps, onRequest: observer });
      return createDirectory(tokens, graph, deps, onRequest);
    },
  };
}

function createDirectory(
  tokens: TokenSource,
  graphWith: (observer: RequestObserver | undefined) => Graph,
  deps: Deps,
  onRequest: RequestObserver | undefined,
): Directory {
  const graph = graphWith(onRequest);
  return {
    async authorize({ sources, fresh, signal }) {
      const { roles } = await tokens.get(signal, fresh);
      return { roles, missing: missingRoles(roles, sources) };
    },
    verifiedDomains: (signal) => verifiedDomains(graph, signal),
    read(options) {
      let requests = 0;
      const counting = graphWith((request) => {
        requests++;
        onRequest?.(request);
      });
      return read(counting, options).then((counts) => ({ ...counts, requests }));
    },
    sample: (sources, signal) => sample(graph, sources, signal),
    confirm: (objects, signal) => confirmObjects(graph, objects, deps, signal),
  };
}

/** The chains run side by side; the first that fails stops the others. Objects are handed over when all came to their end. */
async function read(graph: Graph, { sources, signal, onObject }: ReadOptions): Promise<Omit<ReadStats, "requests">> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const enabled = SOURCES.filter((source) => sources[source]);
  let failure: unknown;
  const chains = enabled.map((source) =>
    readChain(graph, source, both).catch((error: unknown) => {
      failure ??= error;
      stop.abort();
      return [];
    }),
  );
  const found = await Promise.all(chains);
  signal.throwIfAborted();
  if (failure !== undefined) throw failure;
  const counts = { users: 0, groups: 0, contacts: 0 };
  for (const [index, objects] of found.entries()) {
    const source = enabled[index];
    if (source !== undefined) counts[source] = objects.length;
    if (source === "groups") checkGroups(objects.filter((group) => group.mail === null && group.proxyAddresses.length === 0).length, objects.length);
  }
  for (const objects of found) for (const object of objects) onObject(object);
  return counts;
}

/** A permission that is too small shows groups without their addresses instead of refusing. */
function checkGroups(without: number, all: number): void {
  if (without * 10 <= all) return;
  const message = `${without} of ${all} mail-enabled groups came without any address: the permission is too small; grant Group.Read.All to the app registration, then annotate test-connection`;
  throw new Failure("stalled", "NotAuthorized", message);
}

async function verifiedDomains(graph: Graph, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const operation = "reading the organization";
  const answer = await graph.call({ operation, path: "/organization?$select=id,verifiedDomains", signal });
  if (answer.status === 403) return undefined;
  if (answer.code !== undefined) refuse(operation, answer);
  const { items } = parsePage(operation, graph.origin, answer.body);
  const { verifiedDomains: domains } = (items[0] ?? {}) as { verifiedDomains?: unknown };
  if (!Array.isArray(domains)) throw malformed(operation, "the organization has no verifiedDomains");
  return domains.flatMap((domain: { name?: unknown } | null) => (typeof domain?.name === "string" ? [domain.name.toLowerCase()] : []));
}

const SAMPLE_SIZE = 5;

async function sample(graph: Graph, sources: EnabledSources, signal: AbortSignal): Promise<Omit<ReadStats, "requests">> {
  const count = async (source: Source): Promise<number> => {
    if (!sources[source]) return 0;
    const operation = LISTING[source];
    const filter = source === "groups" ? "$filter=mailEnabled eq true&" : "";
    const answer = await graph.call({ operation, path: `/${source}?${filter}$select=id,mail&$top=${SAMPLE_SIZE}`, signal });
    if (answer.code !== undefined) refuse(operation, answer);
    return parsePage(operation, graph.origin, answer.body).items.length;
  };
  const [users, groups, contacts] = await Promise.all([count("users"), count("groups"), count("contacts")]);
  return { users, groups, contacts };
}

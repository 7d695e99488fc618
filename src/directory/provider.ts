/** Connects to tenants: one token for everybody who comes with the very same credential, one connection pool for all. */
import { createHash } from "node:crypto";
import type { Deps } from "../base/deps.ts";
import type { Source } from "../recipients/model.ts";
import type { CloudTable } from "./clouds.ts";
import { createTokenSource, type Shelf, type Token, type TokenObserver, type TokenSource } from "./entra/token.ts";
import { createFeed } from "./feed.ts";
import { createFeedShelf, type FeedShelf } from "./feed-shelf.ts";
import { changedSince, followFromNow } from "./graph/delta.ts";
import { createGraph, type GraphOptions, type RequestObserver } from "./graph/graph.ts";
import { findHolders } from "./graph/holders.ts";
import { confirmObjects } from "./graph/objects-by-id.ts";
import { createPace, type Pace } from "./graph/pace.ts";
import { readRecipients, readSample, readVerifiedDomains } from "./graph/read.ts";
import type { ProxySettings } from "./http/agents.ts";
import { createBodyRoom, createHttp, type Http } from "./http/http.ts";
import type { Patience } from "./http/retry.ts";
import { missingRoles } from "./permissions.ts";
import { createSharedReads, KEPT_MS } from "./shared-reads.ts";
import type { TenantNames } from "./tenant-names.ts";
import type { Connection, Directory, DirectoryProvider, Feed } from "./types.ts";

export interface DirectoryProviderOptions {
  readonly endpoints: CloudTable;
  readonly deps: Deps;
  /** For one request, from connecting to the last byte. @default 60 000 */
  readonly timeoutMs?: number;
  /** PEM of a CA to trust in place of the system's and NODE_EXTRA_CA_CERTS. */
  readonly ca?: string;
  readonly proxy?: ProxySettings | undefined;
  /** In place of the network. */
  readonly http?: Http;
  readonly onRequest?: RequestObserver;
  readonly onTokenRequest?: TokenObserver;
  /** Told which tenant a token turned out to be for. */
  readonly tenants?: TenantNames | undefined;
}

/** What a tenant's domains were, and when: every object asks once, those of one tenant at about the same time. */
interface KnownDomains {
  names: readonly string[];
  at: number;
}

/** Of the least recently used connection beyond these, the token is asked for again. */
const MOST_KEPT = 1000;

/** Of one request, while a person waits for the answer. */
const SHORT_MS = 10_000;

export function createDirectoryProvider(options: DirectoryProviderOptions): DirectoryProvider {
  const { endpoints, deps, timeoutMs, ca, proxy, onRequest, onTokenRequest, tenants } = options;
  const patient = options.http ?? createHttp({ timeoutMs, ca, proxy });
  const https: Readonly<Record<Patience, Http>> = {
    long: patient,
    short: (request) => patient({ ...request, timeoutMs: SHORT_MS }),
  };
  const tokens = keepRecent<Readonly<Record<Patience, TokenSource>>>(MOST_KEPT);
  const paces = keepRecent<Pace>(MOST_KEPT);
  const reads = createSharedReads(deps.clock);
  const domains = keepRecent<KnownDomains>(MOST_KEPT);
  const [bodies, feedShelf] = [createBodyRoom(), createFeedShelf()];
  const feeds = keepRecent<Feed>(MOST_KEPT);
  const tokensOf = (connection: Connection): Readonly<Record<Patience, TokenSource>> =>
    tokens(fingerprint(connection), () => {
      const shelf: Shelf = {};
      const source = (patience: Patience): TokenSource =>
        learning(
          createTokenSource({
            connection,
            endpoints: endpoints[connection.cloud],
            http: https[patience],
            deps,
            onRequest: onTokenRequest,
            patience,
            shelf,
          }),
          ({ tenant }) => tenants?.learn(connection, tenant),
        );
      return { long: source("long"), short: source("short") };
    });

  const paceOf = ({ cloud, tenantId, credential }: Connection): Pace =>
    paces(`${cloud} ${tenantId.toLowerCase()} ${credential.clientId.toLowerCase()}`, () => createPace(deps.clock));

  /** One for all, however patient the first of them is. */
  const feedFor = (connection: Connection, way: GraphOptions): Feed => {
    const patiently = { http: patient, tokens: tokensOf(connection).long, patience: "long" } as const;
    return feeds(fingerprint(connection), () => feedOf({ ...way, ...patiently, pace: paceOf(connection) }, feedShelf));
  };

  return {
    connect(connection, patience = "long") {
      const { cloud } = connection;
      const origin = endpoints[cloud].graph;
      const way: GraphOptions = {
        origin,
        http: https[patience],
        tokens: tokensOf(connection)[patience],
        deps,
        bodies,
        cloud,
        pace: patience === "long" ? paceOf(connection) : undefined,
        onRequest,
        patience,
      };
      const directory = createDirectory(way);
      const name = fingerprint(connection);
      const known = domains(name, () => ({ names: [], at: 0 }));
      return {
        ...directory,
        feed: feedFor(connection, way),
        read: (wanted) => reads(name, directory, wanted),
        async verifiedDomains(signal, hoped) {
          const isFresh = deps.clock.monotonic() < known.at + KEPT_MS;
          if (isFresh && hoped !== undefined && known.names.includes(hoped)) return known.names;
          const names = await directory.verifiedDomains(signal);
          Object.assign(known, { names: names ?? [], at: deps.clock.monotonic() });
          return names;
        },
      };
    },
  };
}

function feedOf(options: GraphOptions, shelf: FeedShelf): Feed {
  const graph = createGraph(options);
  const { deps } = options;
  const source = {
    followFromNow: (from: Source, signal: AbortSignal) => followFromNow(graph, from, signal),
    changedSince: (from: Source, link: string, signal: AbortSignal) => changedSince(graph, from, link, signal),
    confirm: (objects: Parameters<Directory["confirm"]>[0], signal: AbortSignal) =>
      confirmObjects(graph, objects, deps, signal),
  };
  return createFeed(source, deps.clock, shelf);
}

function createDirectory(options: GraphOptions): Omit<Directory, "feed"> {
  const { tokens, deps, onRequest } = options;
  const graph = createGraph(options);
  return {
    async authorize({ sources, fresh, signal }) {
      const { roles } = await (fresh ? tokens.renew(signal) : tokens.get(signal));
      return { roles, missing: missingRoles(roles, sources) };
    },
    async read(wanted) {
      let requests = 0;
      const counting = createGraph({
        ...options,
        onRequest(request) {
          requests++;
          onRequest?.(request);
        },
      });
      const rolesOf = async () => (await tokens.get(wanted.signal)).roles;
      const counts = await readRecipients(counting, wanted, rolesOf);
      return { ...counts, requests };
    },
    verifiedDomains: (signal) => readVerifiedDomains(graph, signal),
    sample: (sources, signal) => readSample(graph, sources, signal),
    confirm: (objects, signal) => confirmObjects(graph, objects, deps, signal),
    findHolders: (addresses, sources, signal) => findHolders(graph, addresses, sources, deps, signal),
  };
}

function learning({ get, renew }: TokenSource, learn: (token: Token) => void): TokenSource {
  const noted = async (token: Promise<Token>): Promise<Token> => {
    learn(await token);
    return token;
  };
  return { get: (signal) => noted(get(signal)), renew: (signal, used) => noted(renew(signal, used)) };
}

/** Makes what is not kept yet; of more than `most` the least recently used is forgotten. */
function keepRecent<T>(most: number): (key: string, make: () => T) => T {
  const kept = new Map<string, T>();
  return (key, make) => {
    const found = kept.get(key) ?? make();
    kept.delete(key);
    kept.set(key, found);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return found;
  };
}

/** Names a connection without keeping its secret. */
function fingerprint(connection: Connection): string {
  return createHash("sha256").update(JSON.stringify(connection)).digest("hex");
}

/** Where the API server is and how to prove who we are: from a kubeconfig file, or from the pod's service account. */

import type { RequestOptions } from "node:https";
import type { Cluster, KubeConfig } from "@kubernetes/client-node";
import { type Clock, systemClock } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import { isProxyUrl } from "../base/tunnel.ts";
import { readKubeconfig, withExecInfo } from "./kubeconfig.ts";

/** What a request needs to be trusted and to trust the server; spread into `https.request`. */
export type Credentials = Pick<RequestOptions, "ca" | "cert" | "key" | "auth" | "servername" | "rejectUnauthorized"> & {
  readonly headers?: Record<string, string>;
};

export interface ApiServerAccess {
  /** Base URL, http or https. */
  readonly server: string;
  /** The `proxy-url` by which it is reached, http or https; a password in it is not for the log. */
  readonly proxy?: string | undefined;
  /** The namespace of the kubeconfig context or of the pod. */
  readonly namespace: string | undefined;
  /** `fresh` reads everything anew (after a 401); otherwise what was read within the last minute is good enough. */
  authenticate(fresh: boolean): Promise<Credentials>;
}

/** kubelet replaces a service account token long before it expires; client-go looks once a minute too. */
const REREAD_MS = MINUTE_MS;

/**
 * Reads the kubeconfig file at `path` (its current context, or the one that is named); without it whatever kubectl would use ($KUBECONFIG, ~/.kube/config), then the pod's service account.
 * Throws when there is none of them, or when it names no cluster.
 */
export function loadAccess(path?: string, clock: Clock = systemClock, contextName?: string): ApiServerAccess {
  const { server, proxy, namespace } = readConfig(path, contextName);
  let current: { readAt: number; credentials: Promise<Credentials> } | undefined;

  return {
    server,
    proxy,
    namespace,
    authenticate(fresh) {
      const age = current ? clock.monotonic() - current.readAt : Number.POSITIVE_INFINITY;
      // Many requests see the same 401 at once: what was read within this very second is fresh.
      if (current && age < (fresh ? 1_000 : REREAD_MS)) return current.credentials;
      const credentials = readCredentials(path, contextName);
      current = { readAt: clock.monotonic(), credentials };
      credentials.catch(() => {
        current = undefined;
      });
      return credentials;
    },
  };
}

interface Config {
  readonly server: string;
  readonly proxy: string | undefined;
  readonly namespace: string | undefined;
  readonly config: KubeConfig;
}

function readConfig(path: string | undefined, contextName: string | undefined): Config {
  const config = readKubeconfig(path);
  if (config === undefined)
    throw new Error("no kubeconfig and no service account found: run in a cluster, set KUBECONFIG, or name a file");
  if (contextName !== undefined) {
    if (config.getContextObject(contextName) === null)
      throw new Error(`kubeconfig: there is no context "${contextName}"`);
    config.setCurrentContext(contextName);
  }
  const cluster = config.getCurrentCluster();
  const context = config.getCurrentContext();
  if (!cluster || !URL.canParse(cluster.server)) {
    throw new Error(`kubeconfig: context "${context}" names no cluster with a valid server URL`);
  }
  const proxy = proxyOf(cluster);
  const namespace = config.getContextObject(context)?.namespace;
  // Two traps of the library: without a user it forgets the CA, and it refuses http:// unless verification is off.
  const { proxyUrl: _, ...straight } = cluster;
  const plain = cluster.server.startsWith("http:");
  config.loadFromClusterAndUser(
    plain ? { ...straight, skipTLSVerify: true } : straight,
    withExecInfo(config.getCurrentUser() ?? { name: "anonymous" }, cluster),
  );
  return { server: cluster.server, proxy, namespace: namespace?.trim() || undefined, config };
}

function proxyOf({ name, server, proxyUrl }: Cluster): string | undefined {
  if (!proxyUrl) return undefined;
  const trouble = (what: string): Error => new Error(`kubeconfig: the proxy-url of cluster "${name}" ${what}`);
  // Its value may hold a password.
  if (!isProxyUrl(proxyUrl))
    throw trouble("must be an http or https URL such as http://user:password@proxy.example:3128");
  if (server.startsWith("http:")) throw trouble("is for a server with https; this one has http, so take it out");
  return proxyUrl;
}

/** A new KubeConfig each time: the library keeps tokens and the answers of credential plugins for as long as one lives. */
async function readCredentials(path: string | undefined, contextName: string | undefined): Promise<Credentials> {
  const options: RequestOptions = {};
  await readConfig(path, contextName).config.applyToHTTPSOptions(options);
  const { agent: _, headers, ...rest } = options;
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()] as const);
  return { ...rest, headers: Object.fromEntries(named) };
}

/** What the operator serves over HTTP: metrics, probes, and the page for administrators who grant consent. */

import { O365_SYNC } from "../api/resources.ts";
import { soundSync } from "../api/sound-status.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import type { Config } from "../config/config.ts";
import { createCallback } from "../consent/callback.ts";
import { watchHealth } from "../observe/health.ts";
import type { Metrics } from "../observe/metrics.ts";
import { type HttpServer, serve } from "../observe/server.ts";
import type { StuckWorkerProbe } from "../runtime/controller.ts";
import { find } from "../runtime/find.ts";
import type { Client, Store } from "../runtime/types.ts";
import type { Checks } from "../sync/access/checks.ts";
import { clientIdOf } from "../sync/access/connection.ts";
import type { SharedAccess } from "../sync/access/shared-access.ts";
import type { WatchedNamespace } from "./wake.ts";

/** What a reconcile needs beside its run: a few requests of 30 s each at the worst. */
export const RECONCILE_SLACK_MS = 120_000;

export interface Served {
  readonly client: Client;
  readonly metrics: Metrics;
  readonly syncs: Store<O365Sync>;
  readonly sharedAccess: SharedAccess;
  readonly checks: Checks;
  readonly controllers: readonly StuckWorkerProbe[];
  readonly ready: () => boolean;
  readonly namespaces: () => readonly WatchedNamespace[];
  readonly deps: Deps;
  readonly signal: AbortSignal;
}

/** Serves what the configuration has an address for. Rejects when one is taken. The answer closes all. */
export async function serveAll(config: Config, parts: Served): Promise<() => Promise<void>> {
  const servers = [
    await serveProbes(config, parts),
    await serveMetrics(config, parts),
    await serveConsent(config, parts),
  ];
  return async () => {
    for (const server of servers) await server?.close();
  };
}

async function serveMetrics({ metricsBindAddress }: Config, { metrics }: Served): Promise<HttpServer | undefined> {
  return metricsBindAddress && serve({ ...metricsBindAddress, routes: { "/metrics": () => metrics.scrape() } });
}

async function serveProbes(
  { healthProbeBindAddress, syncTimeoutMs }: Config,
  { ready, namespaces, controllers, deps, signal }: Served,
): Promise<HttpServer | undefined> {
  if (healthProbeBindAddress === undefined) return undefined;
  const health = watchHealth(
    {
      clock: deps.clock,
      ready,
      unserved: () => namespaces().filter(({ synced }) => !synced),
      longestRunningSeconds: () => Math.max(...controllers.map((controller) => controller.longestRunningSeconds())),
      stuckAfterSeconds: (syncTimeoutMs + 2 * RECONCILE_SLACK_MS) / 1000,
    },
    signal,
  );
  return serve({
    ...healthProbeBindAddress,
    routes: { "/healthz": () => health.healthz(), "/readyz": () => health.readyz() },
  });
}

/** People wait here for seconds at most. */
const MOST_VISITORS = 100;

async function serveConsent(
  { consentBindAddress, consentRedirectUrl }: Config,
  { client, syncs, sharedAccess, checks, deps }: Served,
): Promise<HttpServer | undefined> {
  if (consentBindAddress === undefined || consentRedirectUrl === undefined) return undefined;
  const callback = createCallback({
    objects: () => syncs.list(),
    read: async (key) => {
      const found = await find(client, O365_SYNC, key);
      return found && soundSync(found).object;
    },
    clientIdOf: (object) => clientIdOf(object, sharedAccess),
    look: (key) => checks.ask(key),
    clock: deps.clock,
  });
  const routes = { [new URL(consentRedirectUrl).pathname]: callback };
  return serve({ ...consentBindAddress, routes, maxConnections: MOST_VISITORS });
}

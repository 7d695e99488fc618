/** The operator as a whole: reflectors, controllers, election and probes around the given configuration. */

import { randomUUID } from "node:crypto";
import { O365_SYNC } from "../api/resources.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/values.ts";
import { stateOf } from "../consent/state.ts";
import { CLOUDS, type CloudTable, consentUrl, loadCloudEndpoints, PORTALS } from "../directory/clouds.ts";
import { createDirectoryProvider } from "../directory/provider.ts";
import { createTenantNames, type TenantNames } from "../directory/tenant-names.ts";
import { createDomainReconciler } from "../domain/controller.ts";
import type { Notifier } from "../notify/notifier.ts";
import { createMetrics, type Metrics } from "../observe/metrics.ts";
import { createChangesWriter } from "../publication/changes-writer.ts";
import { createConfigMaps } from "../publication/configmaps.ts";
import { createHistoryWriter } from "../publication/history-writer.ts";
import { createPlans } from "../publication/plans.ts";
import { createPublisher } from "../publication/publish.ts";
import { createRoutes } from "../publication/routes.ts";
import { type ApiServerAccess, loadAccess } from "../runtime/access.ts";
import { createClient } from "../runtime/client.ts";
import { createController } from "../runtime/controller.ts";
import { createEventRecorder } from "../runtime/events.ts";
import type { ConfigMap } from "../runtime/kube.ts";
import { createLeaderElector } from "../runtime/leader.ts";
import { createManager } from "../runtime/manager.ts";
import { createNoticingClient } from "../runtime/noticing-client.ts";
import { createRewind, type Rewind } from "../runtime/rewind.ts";
import { createStatusWriter } from "../runtime/status-writer.ts";
import type { Client, EventRecorder, Logger, Reconcile, Store } from "../runtime/types.ts";
import { type Checks, createChecks } from "../sync/access/checks.ts";
import { clientIdOf } from "../sync/access/connection.ts";
import { NOTHING_SHARED, parseSharedAccess, type SharedAccess } from "../sync/access/shared-access.ts";
import { intervalOf } from "../sync/additions/poll-times.ts";
import { createSyncReconciler } from "../sync/controller.ts";
import type { SyncServices } from "../sync/services.ts";
import { RELEASE, REVISION } from "../version.ts";
import { createDomainFairness, createFairness } from "./fairness.ts";
import { notifierOf } from "./make-notifier.ts";
import { lookAgain } from "./relook.ts";
import { RECONCILE_SLACK_MS, serveAll } from "./serving.ts";
import { route, watch, watchedNamespaces } from "./wake.ts";
import { whenSynced } from "./when-synced.ts";

export interface OperatorOptions {
  readonly config: Config;
  /** Content of the --cloud-endpoints file. */
  readonly endpoints: string | undefined;
  /** Content of the --shared-access file. */
  readonly sharedAccess?: string | undefined;
  /** Names this process. */
  readonly instance: string;
  readonly log: Logger;
  readonly deps: Deps;
  readonly signal: AbortSignal;
  /** PEM of a CA to trust for Entra and Graph in place of the system's. */
  readonly ca?: string;
  /** For one request to Entra or Graph, in milliseconds on the machine's own clock. @default 60 000 */
  readonly tenantTimeoutMs?: number;
  /** In place of every schedule.additions.intervalMinutes, in milliseconds. */
  readonly additionsIntervalMs?: number;
}

const DOMAIN_WORKERS = 2;
const DOMAIN_TIMEOUT_MS = MINUTE_MS;
/** For events at the end, behind draining and the lease: a pod has 30 s. */
const LAST_EVENTS_MS = 3_000;

/** Runs until the signal aborts, then drains and resolves. Rejects when it cannot go on; the process must end then. */
export async function startOperator(options: OperatorOptions): Promise<void> {
  const { config, endpoints, instance, log, deps, signal, ca } = options;
  const clouds = cloudTable(endpoints);
  const sharedAccess = parseShared(options.sharedAccess, config.podClientId);
  const access = apiServer(config.kubeconfig, deps);
  const onContact = (trouble: string | undefined) => tellContact(log, access.server, trouble);
  const caller = createClient(access, deps, { onRequest: (request) => metrics.apiServerRequest(request), onContact });
  const rewind = createRewind(log);
  const client = createNoticingClient({ client: caller, caches: () => reflectors, rewind, clock: deps.clock });
  const events = createEventRecorder({ client, deps, log, controller: "o365sync.dev/operator", instance });
  const tools = { deps, log };
  const { leaderElectionId, watchNamespaces, watchSecrets } = config;
  const watched = watch({ client, namespaces: watchNamespaces, secrets: watchSecrets, rewind, ...tools });
  const { domains, syncs, configMaps } = watched;
  const namespaces = () => watchedNamespaces(watched);
  const gated = (reconcile: Reconcile): Reconcile => whenSynced(namespaces, reconcile);
  const stores = { domains: domains.store, syncs: syncs.store, configMaps: configMaps.store };
  const isLeading = (): boolean => manager.state === "leading";
  const metrics = createMetrics({ version: RELEASE, stores, leaderElectionId, isLeading, namespaces });
  const notifier = notifierOf(config, deps.clock, ca);
  const tenants = createTenantNames();
  const checks = createChecks(deps.clock, (key) => syncController.enqueue(key));
  const services = (): SyncServices =>
    syncServices(options, { client, rewind, stores, events, metrics, clouds, sharedAccess, checks, notifier, tenants });
  const syncController = createController({
    name: "o365sync",
    observer: metrics.controller("o365sync", config.concurrentSyncs),
    concurrency: config.concurrentSyncs,
    fairness: createFairness(stores.syncs, tenants, config.concurrentSyncs),
    timeoutMs: config.syncTimeoutMs + RECONCILE_SLACK_MS,
    ...tools,
    reconcile: gated(createSyncReconciler(services())),
  });
  const domainController = createController({
    name: "maildomain",
    observer: metrics.controller("maildomain", DOMAIN_WORKERS),
    concurrency: DOMAIN_WORKERS,
    fairness: createDomainFairness(stores.domains, DOMAIN_WORKERS),
    timeoutMs: DOMAIN_TIMEOUT_MS,
    ...tools,
    reconcile: gated(createDomainReconciler({ client, deps, events, stores })),
  });
  route(watched, syncController, domainController);
  lookAgain(stores.syncs, syncController, deps.clock, signal);
  lookAgain(stores.domains, domainController, deps.clock, signal);
  const reflectors = [...domains.reflectors, ...syncs.reflectors, ...configMaps.reflectors];
  const elector = createElector({ config, client, rewind, ownNamespace: access.namespace, instance, deps, log });
  const manager = createManager({ reflectors, controllers: [syncController, domainController], elector, deps, log });
  const stopServing = await serveAll(config, {
    client,
    metrics,
    syncs: stores.syncs,
    sharedAccess,
    checks,
    deps,
    signal,
    controllers: [syncController, domainController],
    ready: () => manager.ready(),
    namespaces,
  });
  logStart(log, { server: access.server, namespaces: watchNamespaces, instance });
  for (const reflector of watched.secrets.reflectors) void reflector.run(signal);
  try {
    await manager.run(signal);
  } finally {
    notifier.close();
    await events.flush(LAST_EVENTS_MS);
    await stopServing();
  }
}

const logStart = (log: Logger, about: object): void =>
  log.info({ version: RELEASE, revision: REVISION, ...about }, "Starting");

function tellContact(log: Logger, server: string, trouble: string | undefined): void {
  if (trouble === undefined) log.info({ server }, "The API server answers again");
  else log.warn({ server, reason: trouble }, "Cannot reach the API server; it is tried again until it answers");
}

interface SyncParts {
  readonly client: Client;
  readonly rewind: Rewind;
  readonly stores: {
    readonly syncs: Store<O365Sync>;
    readonly domains: Store<MailDomain>;
    readonly configMaps: Store<ConfigMap>;
  };
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly clouds: CloudTable;
  readonly sharedAccess: SharedAccess;
  readonly checks: Checks;
  readonly notifier: Notifier;
  readonly tenants: TenantNames;
}

function syncServices(
  { config, deps, ca, tenantTimeoutMs: timeoutMs, additionsIntervalMs }: OperatorOptions,
  { client, rewind, stores, events, metrics, clouds, sharedAccess, checks, notifier, tenants }: SyncParts,
): SyncServices {
  const maps = createConfigMaps({ client, cache: stores.configMaps, rewind });
  const directories = createDirectoryProvider({
    endpoints: clouds,
    deps,
    onRequest: (request) => metrics.graphRequest(request),
    onTokenRequest: (request) => metrics.tokenRequest(request),
    tenants,
    proxy: config.proxy,
    ...(ca === undefined ? {} : { ca }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return {
    client,
    maps,
    stores,
    sharedKeys: {
      access: sharedAccess,
      federatedTokenFile: config.federatedTokenFile,
      ownSecrets: config.ownSecrets,
    },
    deps,
    events,
    directories,
    observer: metrics,
    notifier,
    checks,
    publisher: createPublisher(maps, createRoutes({ client, stores }), deps.clock),
    plans: createPlans(maps),
    changes: createChangesWriter(maps),
    histories: createHistoryWriter(maps),
    statuses: createStatusWriter(client, O365_SYNC),
    maxDeletionPercent: config.maxDeletionPercent,
    settings: {
      manualRunsPerHour: config.manualRunsPerHour,
      additionsIntervalMs: (object) => additionsIntervalMs ?? intervalOf(object),
      runDeadlineMs: config.syncTimeoutMs,
      consentUrl: (object) => {
        const clientId = clientIdOf(object, sharedAccess);
        const { cloud, tenantId } = object.spec;
        const { consentRedirectUrl: url } = config;
        const redirect = url && clientId ? { url, state: stateOf(object, clientId) } : { url: PORTALS[cloud] };
        return clientId && consentUrl(clouds[cloud], tenantId, clientId, redirect);
      },
    },
  };
}

function apiServer(kubeconfig: string | undefined, { clock }: Deps): ApiServerAccess {
  try {
    return loadAccess(kubeconfig, clock);
  } catch (error) {
    throw new UsageError(`--kubeconfig: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function cloudTable(text: string | undefined): CloudTable {
  if (text === undefined) return CLOUDS;
  try {
    return loadCloudEndpoints(text);
  } catch (error) {
    throw new UsageError(`--cloud-endpoints: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface ElectorParts {
  readonly config: Config;
  readonly client: Client;
  readonly rewind: Rewind;
  readonly ownNamespace: string | undefined;
  readonly instance: string;
  readonly deps: Deps;
  readonly log: Logger;
}

function parseShared(text: string | undefined, podClientId: string | undefined): SharedAccess {
  if (text === undefined) return NOTHING_SHARED;
  try {
    return parseSharedAccess(text, podClientId);
  } catch (error) {
    throw new UsageError(`--shared-access: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function createElector({ config, client, rewind, ownNamespace, instance, deps, log }: ElectorParts) {
  if (!config.leaderElect) return undefined;
  const namespace = config.leaderElectionNamespace ?? ownNamespace;
  if (namespace === undefined) throw new UsageError("--leader-elect needs --leader-election-namespace outside a pod");
  // A restarted container has the name of its pod again: it must not take its predecessor's lease for its own.
  const identity = `${instance}_${randomUUID()}`;
  return createLeaderElector({ client, rewind, namespace, name: config.leaderElectionId, identity, deps, log });
}

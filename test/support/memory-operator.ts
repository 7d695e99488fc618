/** Both controllers over a map in place of an API server, driven by hand: for simulations and for crashes at every call. */

import { MAIL_DOMAIN, O365_SYNC } from "../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../src/api/types.generated.ts";
import type { Clock } from "../../src/base/deps.ts";
import type { Directory, DirectoryProvider } from "../../src/directory/types.ts";
import { createDomainReconciler } from "../../src/domain/controller.ts";
import type { Notifier } from "../../src/notify/notifier.ts";
import { createChangesWriter } from "../../src/publication/changes-writer.ts";
import { createConfigMaps } from "../../src/publication/configmaps.ts";
import { createHistoryWriter } from "../../src/publication/history-writer.ts";
import { createPlans } from "../../src/publication/plans.ts";
import { createPublisher } from "../../src/publication/publish.ts";
import { createRoutes } from "../../src/publication/routes.ts";
import { CONFIG_MAP } from "../../src/runtime/kube.ts";
import { createStatusWriter } from "../../src/runtime/status-writer.ts";
import type { Client, EventRecorder, Logger, Reconcile } from "../../src/runtime/types.ts";
import type { Checks } from "../../src/sync/access/checks.ts";
import type { SharedKeys } from "../../src/sync/access/connection.ts";
import { NOTHING_SHARED } from "../../src/sync/access/shared-access.ts";
import { intervalOf } from "../../src/sync/additions/poll-times.ts";
import { createSyncReconciler } from "../../src/sync/controller.ts";
import type { SyncObserver } from "../../src/sync/services.ts";
import type { MemoryCluster } from "./memory-cluster.ts";

export interface MemoryOperator {
  readonly sync: Reconcile;
  readonly domain: Reconcile;
}

export interface MemoryOperatorOptions {
  readonly cluster: Pick<MemoryCluster, "client" | "store">;
  /** In place of the cluster's own. */
  readonly client?: Client;
  /** One for every object, or as each connects. */
  readonly directory?: Directory;
  readonly directories?: DirectoryProvider;
  readonly sharedKeys?: SharedKeys;
  readonly checks?: Checks;
  readonly clock: Clock;
  readonly random: () => number;
  /** Default: sends nothing, and says so. */
  readonly notifier?: Notifier;
  readonly events?: EventRecorder;
  readonly observer?: SyncObserver;
  /** Percent. Default 100: no cap. */
  readonly maxDeletionPercent?: number;
}

export const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => SILENT };

const NO_MAIL: Notifier = {
  deliver: () => Promise.resolve({ result: "Failed", message: "there is no mail server here" }),
  close: () => {},
};

/** What a process is when it starts: nothing remembered. */
export function createMemoryOperator(options: MemoryOperatorOptions): MemoryOperator {
  const { cluster, client = cluster.client, directory, clock, random } = options;
  const directories = options.directories ?? (directory && { connect: () => directory });
  if (directories === undefined) throw new Error("a directory is needed");
  const stores = {
    syncs: cluster.store<O365Sync>(O365_SYNC),
    domains: cluster.store<MailDomain>(MAIL_DOMAIN),
    configMaps: cluster.store(CONFIG_MAP),
  };
  const maps = createConfigMaps({ client, cache: stores.configMaps });
  const deps = { clock, random };
  const { events = { event: () => {} }, notifier = NO_MAIL, observer } = options;
  return {
    domain: createDomainReconciler({ client, deps, events, stores }),
    sync: createSyncReconciler({
      client,
      maps,
      stores,
      sharedKeys: options.sharedKeys ?? { access: NOTHING_SHARED, federatedTokenFile: undefined, ownSecrets: [] },
      checks: options.checks,
      deps,
      events,
      notifier,
      observer,
      directories,
      publisher: createPublisher(maps, createRoutes({ client, stores }), clock),
      plans: createPlans(maps),
      changes: createChangesWriter(maps),
      histories: createHistoryWriter(maps),
      statuses: createStatusWriter(client, O365_SYNC),
      maxDeletionPercent: options.maxDeletionPercent ?? 100,
      settings: {
        manualRunsPerHour: 60,
        runDeadlineMs: 3_600_000,
        consentUrl: () => undefined,
        additionsIntervalMs: intervalOf,
      },
    }),
  };
}

/** As the API server would default it. */
export function domainSpec(changes: Partial<MailDomain["spec"]> = {}): MailDomain["spec"] {
  return { domain: "example.com", serverType: "Office365", deliveryPort: 25, deletionPolicy: "Orphan", ...changes };
}

export function syncSpec(name: string, changes: Partial<O365Sync["spec"]> = {}): O365Sync["spec"] {
  const clientId = "11111111-2222-4333-8444-555555555555";
  return {
    domainRef: { name },
    tenantId: "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
    cloud: "Global",
    credentials: { clientId, clientSecretRef: { name: "o365", key: "clientSecret" } },
    schedule: { enabled: false, timeZone: "Europe/Berlin", startingDeadlineSeconds: 7200 },
    suspend: false,
    sources: { users: true, groups: true, contacts: true },
    deletionGuard: { enabled: true, maxPercent: 10, floor: 10 },
    notifications: { enabled: false },
    output: { formats: ["postfix"], shards: 1, deletionPolicy: "Orphan" },
    historyLimit: 30,
    ...changes,
  };
}

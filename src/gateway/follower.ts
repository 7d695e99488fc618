/** Follows the published ConfigMaps of one namespace, by their metadata: what is in them is fetched when it is wanted. */

import { LABEL_DOMAIN, LABEL_MANAGED_BY, LABEL_ROLE, LABEL_SYNC, MANAGER } from "../api/group.ts";
import { routingName } from "../api/names.ts";
import type { Deps } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import { createController } from "../runtime/controller.ts";
import { CONFIG_MAP, type ConfigMap, type ObjectMeta } from "../runtime/kube.ts";
import { createReflector } from "../runtime/reflector.ts";
import type { Client } from "../runtime/types.ts";
import { createTaker, type TakerOptions } from "./take.ts";

export interface FollowerOptions extends Omit<TakerOptions, "client" | "versionOf"> {
  readonly client: Client;
  readonly deps: Deps;
  /** Only these; none: all of the namespace. */
  readonly syncs: readonly string[];
}

export interface Follower {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Accounts, plans and histories are left out. */
const SELECTOR = `${LABEL_MANAGED_BY}=${MANAGER},${LABEL_ROLE} in (manifest,recipients,routing)`;
/** Lists side by side; a list's parts come one after the other. */
const WORKERS = 2;
const TIMEOUT_MS = 5 * MINUTE_MS;
const SYNC_POLL_MS = 20;
const SYNC = "sync:";
const ROUTING = "routing:";

export function createFollower(options: FollowerOptions): Follower {
  const { client, deps, namespace, syncs, keeper, log } = options;
  const selection = { type: CONFIG_MAP, namespace, labelSelector: SELECTOR, metadataOnly: true };
  const reflector = createReflector<ConfigMap>({ client, deps, log, ...selection });
  const versionOf = (name: string) => reflector.store.get(`${namespace}/${name}`)?.metadata.resourceVersion;
  const taker = createTaker({ ...options, versionOf });
  /** What was there at the beginning and was not looked at yet; undefined before the first list of the API server. */
  let initial: Set<string> | undefined;

  const controller = createController({
    name: "gateway",
    deps,
    log,
    concurrency: WORKERS,
    timeoutMs: TIMEOUT_MS,
    async reconcile(key, { signal }) {
      const name = key.slice(key.indexOf("/") + 1);
      const outlook = name.startsWith(SYNC)
        ? await taker.takeList(name.slice(SYNC.length), signal)
        : await taker.takeRouting(name.slice(ROUTING.length), signal);
      if (initial?.delete(name) === true && initial.size === 0) keeper.markComplete();
      return outlook;
    },
  });

  /** The syncs and MailDomains that a ConfigMap says something about. */
  function concerns({ name, labels = {} }: ObjectMeta): string[] {
    const [role, sync, domain] = [labels[LABEL_ROLE], labels[LABEL_SYNC], labels[LABEL_DOMAIN]];
    if (role === "routing" && domain !== undefined && name === routingName(domain)) return [`${ROUTING}${domain}`];
    if (sync === undefined || (syncs.length > 0 && !syncs.includes(sync))) return [];
    return role === "manifest" || role === "recipients" ? [`${SYNC}${sync}`] : [];
  }

  reflector.onChange((change) => {
    const { metadata } = change.kind === "deleted" ? change.old : change.object;
    for (const name of concerns(metadata)) controller.enqueue(`${namespace}/${name}`);
  });

  return {
    async run(signal) {
      const watching = reflector.run(signal);
      while (!reflector.hasSynced && !signal.aborted) await deps.clock.sleep(SYNC_POLL_MS, signal).catch(() => {});
      initial = new Set(reflector.store.list().flatMap(({ metadata }) => concerns(metadata)));
      for (const sync of syncs)
        if (!initial.has(`${SYNC}${sync}`))
          log.warn({ namespace, sync }, "There is no list of this O365Sync yet; is its name right?");
      if (initial.size === 0) keeper.markComplete();
      await Promise.all([watching, controller.run(signal)]);
    },
  };
}

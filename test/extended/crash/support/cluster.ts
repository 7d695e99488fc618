/** Where a scene plays: over a map, or on the API server of this test run. */

import { MAIL_DOMAIN, O365_SYNC } from "../../../../src/api/resources.ts";
import { systemDeps } from "../../../../src/base/deps.ts";
import { loadAccess } from "../../../../src/runtime/access.ts";
import { createClient } from "../../../../src/runtime/client.ts";
import type { KubeObject, ObjectKey, ResourceType } from "../../../../src/runtime/kube.ts";
import { CONFIG_MAP } from "../../../../src/runtime/kube.ts";
import { createStore, type WritableStore } from "../../../../src/runtime/store.ts";
import type { Client, Store } from "../../../../src/runtime/types.ts";
import { createNamespace, useControlPlane } from "../../../support/controlplane.ts";
import { createMemoryCluster } from "../../../support/memory-cluster.ts";

export interface Cluster {
  readonly namespace: string;
  readonly client: Client;
  store<T extends KubeObject>(type: ResourceType<T>): Store<T>;
  /** Brings the stores up to date. */
  refresh(): Promise<void>;
  /** Changes an object as a person would. */
  edit<T extends KubeObject & { spec: object }>(
    type: ResourceType<T>,
    key: ObjectKey,
    change: (object: T) => void,
  ): Promise<void>;
}

export function inMemory(now: () => number): Promise<Cluster> {
  const cluster = createMemoryCluster(now);
  return Promise.resolve({
    namespace: "mail",
    client: cluster.client,
    store: cluster.store,
    refresh: () => Promise.resolve(),
    edit: async (type, key, change) => cluster.edit(type, key, change),
  });
}

const KINDS = [MAIL_DOMAIN, O365_SYNC, CONFIG_MAP] as readonly ResourceType<KubeObject>[];

/** In a namespace of its own. */
export async function onServer(): Promise<Cluster> {
  const namespace = await createNamespace();
  const client = createClient(loadAccess(useControlPlane().kubeconfig), systemDeps);
  const stores = new Map<string, WritableStore<KubeObject>>(KINDS.map(({ plural }) => [plural, createStore()]));
  return {
    namespace,
    client,
    store: <T extends KubeObject>({ plural }: ResourceType<T>) => stores.get(plural) as unknown as Store<T>,
    async refresh() {
      for (const type of KINDS) {
        const { items } = await client.list(type, { namespace });
        // What it tells is of no interest: it happens while it is asked for.
        Array.from(stores.get(type.plural)?.replace(items) ?? []);
      }
    },
    async edit(type, key, change) {
      const object = await client.get(type, key);
      change(object);
      await client.replace(type, object);
    },
  };
}

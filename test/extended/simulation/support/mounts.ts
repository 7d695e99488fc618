/** A gateway for each object of a simulation, which looks after every write of its ConfigMaps. */
import { CONFIG_MAP, type ConfigMap, type KubeObject } from "../../../../src/runtime/kube.ts";
import { createGateway, type Gateway } from "../../../support/gateway.ts";
import type { MemoryCluster } from "../../../support/memory-cluster.ts";

export interface Mounts {
  /** How many gateways accept all that they ever must. */
  served(): number;
}

interface Mount {
  readonly gateway: Gateway;
  isServed: boolean;
}

const PARTS = ["manifest", "accounts-0", "recipients", "routing"];

/** `staffOf`: whom a gateway must never refuse once it has accepted all of them. */
export function createMounts(cluster: MemoryCluster, staffOf: (name: string) => readonly string[]): Mounts {
  const mounts = new Map<string, Mount>();
  const store = cluster.store<ConfigMap>(CONFIG_MAP);
  cluster.onWrite((type, _, { metadata: { namespace, labels = {} } }: KubeObject) => {
    const name = labels["o365sync.dev/sync"] ?? labels["o365sync.dev/domain"];
    if (type.plural !== CONFIG_MAP.plural || name === undefined) return;
    const mount = mounts.get(name) ?? { gateway: createGateway(), isServed: false };
    mounts.set(name, mount);
    mount.gateway.observe(PARTS.flatMap((part) => store.get(`${namespace}/${name}-${part}`) ?? []));
    if (mount.isServed || !staffOf(name).every((address) => mount.gateway.accepted().has(address))) return;
    mount.isServed = true;
    mount.gateway.expectAlways(staffOf(name));
  });
  return { served: () => [...mounts.values()].filter(({ isServed }) => isServed).length };
}

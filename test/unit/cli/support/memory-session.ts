/** The plugin's view of a cluster in memory. */
import { createOutput, type Streams } from "../../../../cli/output.ts";
import type { Session } from "../../../../cli/session.ts";
import type { KubeObject, ResourceType } from "../../../../src/runtime/kube.ts";
import type { Client } from "../../../../src/runtime/types.ts";
import type { SmallWorld } from "../../../support/small-world.ts";

const NOBODY: Streams = { write: () => {}, complain: () => {}, isTerminal: false };

export function memorySession(world: SmallWorld): Session {
  const { cluster } = world;
  const client: Client = {
    ...cluster.client,
    list: <T extends KubeObject>(type: ResourceType<T>) =>
      Promise.resolve({ metadata: { resourceVersion: "1" }, items: cluster.store<T>(type).list() }),
  };
  return {
    client,
    server: "https://cluster.example",
    namespace: "mail",
    ownNamespace: "mail",
    clock: { now: () => world.now, monotonic: () => world.now, setTimeout: () => () => {}, sleep: async () => {} },
    signal: new AbortController().signal,
    output: createOutput(NOBODY, "text", {}),
    streams: NOBODY,
  };
}

/** What the operator remembers of ConfigMaps, when the versions of the API server go back. */
import { describe, expect, it } from "vitest";
import { createConfigMaps } from "../../../src/publication/configmaps.ts";
import type { ConfigMap } from "../../../src/runtime/kube.ts";
import { createRewind } from "../../../src/runtime/rewind.ts";
import { createStore } from "../../../src/runtime/store.ts";
import type { Client } from "../../../src/runtime/types.ts";
import { syncSpec } from "../../support/memory-operator.ts";
import { createMemoryLog } from "../runtime/support/logger.ts";

const table = (text: string): ConfigMap => ({
  metadata: {
    name: "a",
    namespace: "mail",
    uid: "u1",
    resourceVersion: "700",
    labels: {
      "app.kubernetes.io/managed-by": "o365-sync-operator",
      "o365sync.dev/role": "recipients",
      "o365sync.dev/sync": "x",
    },
  },
  data: { text },
});

describe("What was hashed before", () => {
  it("counts no more: one version may name two states", async () => {
    const rewind = createRewind(createMemoryLog());
    const cache = createStore<ConfigMap>();
    const sync = { metadata: { name: "x", namespace: "mail", uid: "s1" }, spec: syncSpec("x") };
    let live = table("before");
    const client = { get: () => Promise.resolve(live) } as unknown as Client;
    const maps = createConfigMaps({ client, cache, rewind });
    const look = async () => (await maps.look(sync, "a", "recipients", new AbortController().signal))?.sha256;
    cache.put(live);
    const before = await look();
    live = table("after");
    expect(await look()).toBe(before);
    rewind.tell();
    expect(await look()).not.toBe(before);
  });
});

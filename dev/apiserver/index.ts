/** An embedded control plane: an API server in memory, for tests and the demo on machines that have only Node. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { writeKubeconfig } from "../kubeconfig.ts";
import { ca } from "../tls/index.ts";
import type { ControlPlane } from "../types.ts";
import { createFaults, type Faults } from "./faults.ts";
import { startGarbageCollection } from "./gc.ts";
import { createRegistry } from "./registry.ts";
import { createListener } from "./server.ts";
import { createStorage } from "./storage.ts";
import { timeText } from "./times.ts";
import type { StoredObject } from "./types.ts";
import { createObject } from "./write.ts";

export type { Effect, Fault, Faults } from "./faults.ts";

export interface EmbeddedOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Its wall clock, for creation times and ages. Default: the machine's. */
  readonly now?: () => number;
}

export interface EmbeddedControlPlane extends ControlPlane {
  readonly faults: Faults;
  /** Forgets the changes so far: who watches from before, or lists on with an older token, is answered 410. */
  readonly compact: () => void;
  /** Keeps what there is now. */
  readonly backUp: () => Promise<void>;
  /** Puts it back as a restore of etcd does: versions go back, and every connection is closed. */
  readonly restore: () => Promise<void>;
}

/** Behaves like this version, as far as it goes. */
const VERSION = "v1.37.2";
const CHANGES_KEPT = 5_000;
const NAMESPACES = ["default", "kube-system"];

/** Listens on 127.0.0.1 only. Every token has every right. */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedControlPlane> {
  const storage = createStorage(CHANGES_KEPT);
  const now = options.now ?? (() => Date.now());
  const context = { storage, registry: createRegistry(storage, now), now };
  const faults = createFaults();
  const tokens = { adminToken: randomUUID(), operatorToken: randomUUID() };
  const about = { url: "", version: VERSION };
  const listener = createListener({ context, faults, tokens: Object.values(tokens), about });
  listener.listen(options.port ?? 0, "127.0.0.1");
  await once(listener, "listening");
  about.url = `https://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const stopCollecting = startGarbageCollection(context);
  createNamespaces(context);
  let putBack = (): void => {};
  const access = { kind: "embedded", version: VERSION, server: about.url, ca, ...tokens } as const;
  return {
    ...access,
    faults,
    compact: () => storage.compact(),
    backUp() {
      putBack = storage.backUp();
      return Promise.resolve();
    },
    restore() {
      putBack();
      listener.closeAllConnections();
      return Promise.resolve();
    },
    writeKubeconfig: (path, user) => writeKubeconfig(access, path, user),
    async stop() {
      stopCollecting();
      const closed = once(listener, "close");
      listener.close();
      listener.closeAllConnections();
      await closed;
    },
  };
}

function createNamespaces(context: Parameters<typeof createObject>[0]): void {
  const kind = context.registry.find("", "v1", "namespaces");
  if (!kind) throw new Error("there is no kind Namespace");
  for (const name of NAMESPACES) {
    const metadata = { name, creationTimestamp: timeText(context.now()) };
    const namespace: StoredObject = { apiVersion: "v1", kind: "Namespace", metadata };
    createObject(context, kind, undefined, namespace, {
      manager: "kube-apiserver",
      dryRun: false,
    });
  }
}

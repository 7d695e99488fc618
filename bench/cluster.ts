/** The API server as the bench uses it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { call } from "../dev/controlplane/call.ts";
import { API_VERSION } from "../src/api/group.ts";
import type { O365Sync, O365SyncSpec } from "../src/api/types.generated.ts";
import type { ConfigMap } from "../src/runtime/kube.ts";
import { startChild } from "./child.ts";

export interface ClusterHello {
  readonly server: string;
  readonly adminToken: string;
  readonly ca: string;
}

type Kind = "maildomains" | "o365syncs" | "configmaps" | "secrets" | "namespaces";

export interface Cluster {
  /** Path of the operator's kubeconfig. */
  readonly kubeconfig: string;
  create(kind: Kind, namespace: string | undefined, object: object): Promise<void>;
  /** A merge patch. */
  patch(kind: Kind, namespace: string, name: string, body: object): Promise<void>;
  remove(kind: Kind, namespace: string | undefined, name: string): Promise<void>;
  /** Secret, MailDomain and O365Sync of one name. */
  install(namespace: string, install: Install): Promise<void>;
  annotate(namespace: string, name: string, annotation: string, value: string): Promise<void>;
  suspend(namespace: string, name: string): Promise<void>;
  sync(namespace: string, name: string): Promise<O365Sync>;
  syncs(): Promise<O365Sync[]>;
  configMaps(namespace: string): Promise<ConfigMap[]>;
  /** Asks for a sync and waits until it is answered; milliseconds. */
  ask(namespace: string, name: string, token: string): Promise<{ readonly ms: number; readonly object: O365Sync }>;
  close(): Promise<void>;
}

export interface Install {
  readonly name: string;
  readonly domain: string;
  readonly tenantId: string;
  /** Name of the Secret. */
  readonly secret: string;
  readonly spec: Partial<O365SyncSpec>;
}

export const CLIENT_ID = "11111111-2222-4333-8444-555555555555";
const POLL_MS = 20;
const PATIENCE_MS = 900_000;

export async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-bench-"));
  const kubeconfig = join(folder, "kubeconfig");
  const { child, hello: access } = await startChild<ClusterHello>("cluster-process.ts", [kubeconfig]);

  const path = (kind: Kind, namespace?: string, name?: string): string => {
    const own = kind === "maildomains" || kind === "o365syncs";
    const place = namespace === undefined ? "" : `/namespaces/${namespace}`;
    return `${own ? `/apis/${API_VERSION}` : "/api/v1"}${place}/${kind}${name === undefined ? "" : `/${name}`}`;
  };
  async function must(method: "GET" | "POST" | "PATCH" | "DELETE", where: string, body?: object): Promise<unknown> {
    const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const answer = await call(access, { method, path: where, contentType, ...(body === undefined ? {} : { body }) });
    if (answer.status >= 300) throw new Error(`${method} ${where}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  const cluster: Cluster = {
    kubeconfig,
    async create(kind, namespace, object) {
      await must("POST", path(kind, namespace), object);
    },
    async patch(kind, namespace, name, body) {
      await must("PATCH", path(kind, namespace, name), body);
    },
    async remove(kind, namespace, name) {
      await must("DELETE", path(kind, namespace, name));
    },
    async install(namespace, { name, domain, tenantId, secret, spec }) {
      await cluster.create("maildomains", namespace, {
        apiVersion: API_VERSION,
        kind: "MailDomain",
        metadata: { name },
        spec: { domain, serverType: "Office365", inboundServers: [{ host: "mx.example.org", preference: 10 }] },
      });
      await cluster.create("o365syncs", namespace, {
        apiVersion: API_VERSION,
        kind: "O365Sync",
        metadata: { name },
        spec: {
          domainRef: { name },
          tenantId,
          credentials: { clientId: CLIENT_ID, clientSecretRef: { name: secret } },
          ...spec,
        },
      });
    },
    async annotate(namespace, name, annotation, value) {
      const metadata = { annotations: { [`o365sync.dev/${annotation}`]: value } };
      await must("PATCH", path("o365syncs", namespace, name), { metadata });
    },
    async suspend(namespace, name) {
      await must("PATCH", path("o365syncs", namespace, name), { spec: { suspend: true } });
    },
    sync: async (namespace, name) => (await must("GET", path("o365syncs", namespace, name))) as O365Sync,
    syncs: async () => ((await must("GET", path("o365syncs"))) as { items: O365Sync[] }).items,
    configMaps: async (namespace) =>
      ((await must("GET", path("configmaps", namespace))) as { items: ConfigMap[] }).items,
    async ask(namespace, name, token) {
      const began = performance.now();
      await cluster.annotate(namespace, name, "sync", token);
      for (;;) {
        const object = await cluster.sync(namespace, name);
        const ms = performance.now() - began;
        if (object.status?.handledSync === token) return { ms, object };
        if (ms > PATIENCE_MS) throw new Error(`${namespace}/${name} was not synced: ${JSON.stringify(object.status)}`);
        await pause(POLL_MS);
      }
    },
    async close() {
      child.disconnect();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return cluster;
}

export async function createSecret(cluster: Cluster, namespace: string, name: string): Promise<void> {
  const stringData = { clientSecret: `secret of ${name}` };
  await cluster.create("secrets", namespace, { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData });
}

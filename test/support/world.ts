/** A small world for a scenario: a namespace, a simulated tenant, and the operator running inside the test. */
import { setTimeout as pause } from "node:timers/promises";
import { type Call, call } from "../../dev/controlplane/call.ts";
import { harbourAndPine } from "../../dev/tenant/fixture.ts";
import { startTenant, type Tenant, type TenantOptions } from "../../dev/tenant/index.ts";
import { API_VERSION } from "../../src/api/group.ts";
import type { MailDomain, MailDomainSpec, O365Sync, O365SyncSpec } from "../../src/api/types.generated.ts";
import { type Deps, systemDeps } from "../../src/base/deps.ts";
import { parseConfig } from "../../src/config/config.ts";
import { createLogger } from "../../src/observe/log.ts";
import { startOperator } from "../../src/operator/operator.ts";
import type { Condition, ConfigMap, KubeEvent } from "../../src/runtime/kube.ts";
import type { Logger } from "../../src/runtime/types.ts";
import { createNamespace, useControlPlane } from "./controlplane.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import type { ProvidedControlPlane } from "./global-setup.ts";

export interface WorldOptions {
  /** Default: that of this test run. */
  readonly controlPlane?: ProvidedControlPlane;
  readonly company?: TenantOptions["company"];
  /** How many objects one of the tenant's pages holds at most. Default 999. */
  readonly largestPage?: number;
  readonly flags?: readonly string[];
  readonly deps?: Deps;
  /** What the --shared-access file says, made from what the world is. */
  readonly sharedAccess?: (world: { readonly namespace: string; readonly tenant: Tenant }) => object;
  /** Default: silent, or as TEST_LOG says. */
  readonly log?: Logger;
  /** For one request to the tenant, in milliseconds on the machine's own clock. */
  readonly tenantTimeoutMs?: number;
  /** How often the tenant is asked what is new, whatever the spec says. */
  readonly additionsIntervalMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the operator. Default: that of a user with the chart's rights. */
  readonly kubeconfig?: string;
  /** Default true. */
  readonly operator?: boolean;
}

/** What an API server answers to somebody who is not the operator. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    body: unknown,
  ) {
    super(`HTTP ${status}: ${JSON.stringify(body)}`);
  }
}

/** For a catch: what was to be deleted may be gone already, anything else is thrown again. */
export const unlessGone = (error: unknown): void => {
  if (!(error instanceof HttpError && error.status === 404)) throw error;
};

type Partially<T> = { readonly [K in keyof T]?: T[K] extends object | undefined ? Partially<T[K]> | T[K] : T[K] };

export interface World {
  readonly namespace: string;
  readonly tenant: Tenant;
  apply(kind: "maildomains" | "o365syncs" | "configmaps" | "secrets", object: object): Promise<void>;
  /** The MailDomain, Secret and O365Sync of example.com, automatic sync off unless told. */
  install(spec?: Partially<O365SyncSpec>, domain?: Partially<MailDomainSpec>): Promise<void>;
  patch(kind: "maildomains" | "o365syncs" | "configmaps" | "secrets", name: string, patch: object): Promise<void>;
  remove(kind: "maildomains" | "o365syncs" | "configmaps" | "secrets", name: string): Promise<void>;
  annotate(annotation: string, value: string | null, name?: string): Promise<void>;
  sync(name?: string): Promise<O365Sync>;
  domain(name?: string): Promise<MailDomain>;
  configMap(name: string): Promise<ConfigMap | undefined>;
  /** Every ConfigMap of the namespace but the cluster's own. */
  configMaps(): Promise<ConfigMap[]>;
  /** What was recorded about the objects of the namespace. */
  events(): Promise<KubeEvent[]>;
  /** Mounts what is published; it has a look after every answered request and before the world ends. */
  readonly gateway: Gateway;
  /** Lets the gateway look at what stands now; throws Error with what is broken, if that does not pass within a second. */
  observe(): Promise<void>;
  /** Waits until `read` answers something that `is` accepts, for 20 s at most unless told, and answers it. */
  until<T>(read: () => Promise<T>, is: (value: T) => boolean, patienceMs?: number): Promise<T>;
  /** Asks with an annotation and waits for its final answer. */
  ask(kind: "sync" | "testSync" | "testConnection" | "approve", token: string, name?: string): Promise<O365Sync>;
  startOperator(flags?: readonly string[]): Promise<void>;
  stopOperator(): Promise<void>;
  close(): Promise<void>;
}

const ANNOTATIONS = {
  sync: "sync",
  testSync: "test-sync",
  testConnection: "test-connection",
  approve: "approve",
} as const;
const HANDLED = {
  sync: "handledSync",
  testSync: "handledTestSync",
  testConnection: "handledTestConnection",
  approve: "handledApprove",
} as const;
/** Tables that a test has damaged on purpose are put right within seconds. */
const OBSERVATIONS = 50;
const PATIENCE_MS = 20_000;

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { company = harbourAndPine(), deps = systemDeps } = options;
  const { controlPlane = useControlPlane() } = options;
  const request = (method: Call["method"], path: string, body?: unknown, contentType = "application/json") =>
    call(controlPlane, { method, path, body, contentType });
  const namespace = await createNamespace(controlPlane);
  const tenant = await startTenant({
    company,
    now: () => deps.clock.now(),
    ...(options.largestPage === undefined ? {} : { largestPage: options.largestPage }),
  });
  const { operatorKubeconfig } = controlPlane;
  let running: { readonly stop: AbortController; readonly ended: Promise<void> }[] = [];

  const path = (kind: string, name?: string): string => {
    const group = kind === "configmaps" || kind === "secrets" ? "/api/v1" : `/apis/${API_VERSION}`;
    return `${group}/namespaces/${namespace}/${kind}${name === undefined ? "" : `/${name}`}`;
  };
  const must = ({ status, body }: { status: number; body: unknown }): unknown => {
    if (status >= 300) throw new HttpError(status, body);
    return body;
  };
  const get = async (kind: string, name: string): Promise<unknown> => must(await request("GET", path(kind, name)));

  const gateway = createGateway();
  /** A list is a moment; what was under way in it is looked at again. */
  const observe = async (): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const found = await world.configMaps();
        gateway.observe(found);
        gateway.expectAtRest(found);
        return;
      } catch (error) {
        if (attempt === OBSERVATIONS) throw error;
        await pause(100);
      }
    }
  };

  const world: World = {
    namespace,
    tenant,
    async apply(kind, object) {
      must(await request("POST", path(kind), object));
    },
    async install(spec = {}, domain = {}) {
      await world.apply("maildomains", {
        apiVersion: API_VERSION,
        kind: "MailDomain",
        metadata: { name: "example-com" },
        spec: {
          domain: "example.com",
          serverType: "Office365",
          inboundServers: [{ host: "example-com.mail.protection.outlook.com", preference: 10 }],
          ...domain,
        },
      });
      await world.apply("secrets", {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "o365" },
        stringData: { clientSecret: tenant.clientSecret },
      });
      await world.apply("o365syncs", {
        apiVersion: API_VERSION,
        kind: "O365Sync",
        metadata: { name: "example-com" },
        spec: {
          domainRef: { name: "example-com" },
          tenantId: tenant.tenantId,
          credentials: { clientId: tenant.clientId, clientSecretRef: { name: "o365" } },
          ...spec,
        },
      });
    },
    async patch(kind, name, patch) {
      must(await request("PATCH", path(kind, name), patch, "application/merge-patch+json"));
    },
    async remove(kind, name) {
      must(await request("DELETE", path(kind, name)));
    },
    annotate: (annotation, value, name = "example-com") =>
      world.patch("o365syncs", name, { metadata: { annotations: { [`o365sync.dev/${annotation}`]: value } } }),
    sync: async (name = "example-com") => (await get("o365syncs", name)) as O365Sync,
    domain: async (name = "example-com") => (await get("maildomains", name)) as MailDomain,
    async configMap(name) {
      const { status, body } = await request("GET", path("configmaps", name));
      return status === 404 ? undefined : (must({ status, body }) as ConfigMap);
    },
    async configMaps() {
      const { items } = must(await request("GET", path("configmaps"))) as { items: ConfigMap[] };
      return items.filter(({ metadata: { name } }) => name !== "kube-root-ca.crt");
    },
    async events() {
      const { items } = must(await request("GET", `/apis/events.k8s.io/v1/namespaces/${namespace}/events`)) as {
        items: KubeEvent[];
      };
      return items;
    },
    gateway,
    observe,
    async until(read, is, patienceMs = PATIENCE_MS) {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const value = await read();
        if (is(value)) return value;
        if (Date.now() > deadline) throw new Error(`waited in vain; last seen: ${JSON.stringify(value, null, 1)}`);
        await pause(20);
      }
    },
    async ask(kind, token, name = "example-com") {
      await world.annotate(ANNOTATIONS[kind], token, name);
      const answered = await world.until(
        () => world.sync(name),
        ({ status }) => status?.[HANDLED[kind]] === token,
      );
      await observe();
      return answered;
    },
    async startOperator(flags = []) {
      const args = [
        "--metrics-bind-address=0",
        "--health-probe-bind-address=0",
        `--kubeconfig=${options.kubeconfig ?? operatorKubeconfig}`,
        `--watch-namespaces=${namespace}`,
      ];
      const config = parseConfig([...args, ...(options.flags ?? []), ...flags], options.env ?? {});
      if (typeof config === "string") throw new Error(`${config} was asked for`);
      const stop = new AbortController();
      const endpoints = JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } });
      const { log = createLogger(process.env["TEST_LOG"] ?? "silent") } = options;
      const ended = startOperator({
        config,
        endpoints,
        sharedAccess: options.sharedAccess && JSON.stringify(options.sharedAccess({ namespace, tenant })),
        instance: "test",
        log,
        deps,
        signal: stop.signal,
        ca: tenant.ca,
        ...(options.additionsIntervalMs === undefined ? {} : { additionsIntervalMs: options.additionsIntervalMs }),
        ...(options.tenantTimeoutMs === undefined ? {} : { tenantTimeoutMs: options.tenantTimeoutMs }),
      });
      ended.catch((error: unknown) => log.error({ err: error }, "The operator ended"));
      running.push({ stop, ended });
    },
    async stopOperator() {
      for (const { stop } of running) stop.abort(new Error("the test stops the operator"));
      await Promise.all(running.map(({ ended }) => ended));
      running = [];
    },
    async close() {
      await observe();
      await world.stopOperator();
      await tenant.close();
    },
  };
  if (options.operator !== false) await world.startOperator();
  return world;
}

/** One line a condition, for comparing whole lists. */
export const brief = (conditions: readonly Condition[] | undefined): string[] =>
  (conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);

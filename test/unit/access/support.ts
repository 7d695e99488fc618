/** One O365Sync in memory, and Entra and Graph as a function: what a person sees of whatever those two say. */
import type { Authority } from "../../../dev/tenant/authority.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import type { O365Sync, O365SyncStatus } from "../../../src/api/types.generated.ts";
import { CLOUDS } from "../../../src/directory/clouds.ts";
import type { Http, HttpResponse } from "../../../src/directory/http/http.ts";
import { createDirectoryProvider } from "../../../src/directory/provider.ts";
import type { Cloud, Connection, Directory } from "../../../src/directory/types.ts";
import { type ObjectMeta, SECRET, type Secret } from "../../../src/runtime/kube.ts";
import { type Checks, createChecks } from "../../../src/sync/access/checks.ts";
import type { SharedKeys } from "../../../src/sync/access/connection.ts";
import { createMemoryCluster, type MemoryCluster } from "../../support/memory-cluster.ts";
import { createMemoryOperator, domainSpec, SILENT, syncSpec } from "../../support/memory-operator.ts";
import { createTestDeps, type TestDeps } from "../directory/support/deps.ts";

export interface Call {
  readonly url: URL;
  readonly body: string;
}

/** JSON with a status, or a throw of what keeps an answer from coming. */
export type Service = (call: Call) => {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json: unknown;
};

export const isToken = ({ url }: Call): boolean => url.pathname.endsWith("/oauth2/v2.0/token");

/** A tenant in which everything is right. */
export const healthy: Service = (call) => {
  if (isToken(call)) return { json: tokenWith(["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"]) };
  const [, , collection] = call.url.pathname.split("/");
  if (collection === "organization") return { json: { value: [{ verifiedDomains: [{ name: "example.com" }] }] } };
  if (collection !== "users") return { json: { value: [] } };
  return { json: { value: [{ id: "1", mail: "ada@example.com", proxyAddresses: ["SMTP:ada@example.com"] }] } };
};

export function tokenWith(roles: readonly string[]): object {
  const payload = Buffer.from(JSON.stringify({ roles })).toString("base64url");
  return { token_type: "Bearer", expires_in: 3600, access_token: `e30.${payload}.x` };
}

/** The machine's own time: msal signs by it. */
export const NOW = Date.now();

/** A connection to a simulated Entra, with a Graph behind it in which everything is right. */
export function connectTo(entra: Authority, connection: Connection): { directory: Directory; calls: Call[] } {
  const calls: Call[] = [];
  const service: Service = (call) => {
    const route = entra.route(call.url);
    if (route === undefined) return healthy(call);
    const { status, body: json } = route.answer(call.body);
    return { status, json };
  };
  const http = recording(service, calls);
  const provider = createDirectoryProvider({ endpoints: CLOUDS, deps: createTestDeps(), http });
  return { directory: provider.connect(connection), calls };
}

function recording(service: Service, calls: Call[]): Http {
  return async ({ url, body = "" }): Promise<HttpResponse> => {
    const call = { url: new URL(url), body };
    calls.push(call);
    const { status = 200, headers = {}, json } = service(call);
    return { status, header: (name) => headers[name], body: JSON.stringify(json) };
  };
}

export interface Seen {
  readonly calls: readonly Call[];
  readonly status: O365SyncStatus;
}

export interface Scene {
  /** What was asked of Entra and Graph. */
  readonly calls: Call[];
  readonly deps: TestDeps;
  readonly cluster: MemoryCluster;
  readonly checks: Checks;
  sync(name?: string): Promise<O365Sync>;
  annotate(annotation: string, value: string, name?: string): void;
  /** Changes the Secret o365. */
  setSecret(data: Readonly<Record<string, string>>): void;
  /** Reconciles until there is nothing to do at this instant; answers in how many milliseconds to look again. */
  settle(name?: string): Promise<number | undefined>;
  /** Another namespace with an object just like it that asks for a sync, and with a Secret o365 of its own where told. */
  addNamespace(namespace: string, clientSecret: string | undefined): Promise<void>;
  syncIn(namespace: string): Promise<O365Sync>;
  settleIn(namespace: string): Promise<number | undefined>;
}

/** Of a spec; undefined takes a field away. */
export type Changes = { readonly [K in keyof O365Sync["spec"]]?: O365Sync["spec"][K] | undefined };

export interface SceneOptions {
  readonly service?: Service;
  readonly spec?: Changes;
  /** Of the Secret o365, not yet in base64. */
  readonly secret?: Readonly<Record<string, string>>;
  readonly sharedKeys?: SharedKeys;
  readonly names?: readonly string[];
}

const NAMESPACE = "mail";
const NAME = "example-com";
const encode = (data: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));

export async function createScene(options: SceneOptions = {}): Promise<Scene> {
  const { service = healthy, secret = { clientSecret: "secret" }, names = [NAME] } = options;
  const deps = createTestDeps();
  const calls: Call[] = [];
  const http = recording(service, calls);
  const cluster = createMemoryCluster(() => deps.clock.now());
  const { client } = cluster;
  await client.create(SECRET, { metadata: { namespace: NAMESPACE, name: "o365" }, data: encode(secret) });
  const addObject = async (metadata: ObjectMeta): Promise<void> => {
    await client.create(MAIL_DOMAIN, { metadata, spec: domainSpec() });
    await client.create(O365_SYNC, {
      metadata,
      spec: syncSpec(metadata.name, options.spec as Partial<O365Sync["spec"]>),
    });
  };
  for (const name of names) await addObject({ namespace: NAMESPACE, name });
  const directories = createDirectoryProvider({ endpoints: CLOUDS, deps, http });
  const checks = createChecks(deps.clock, () => {});
  const { sharedKeys } = options;
  const operator = createMemoryOperator({ cluster, directories, checks, ...(sharedKeys && { sharedKeys }), ...deps });
  const settle = async (namespace: string, name: string): Promise<number | undefined> => {
    for (;;) {
      const context = { signal: new AbortController().signal, reconcileId: "x", log: SILENT };
      const { requeueAfterMs } = await operator.sync(`${namespace}/${name}`, context);
      if (requeueAfterMs !== 0) return requeueAfterMs;
    }
  };
  return {
    calls,
    deps,
    cluster,
    checks,
    sync: (name = NAME) => client.get(O365_SYNC, { namespace: NAMESPACE, name }),
    annotate(annotation, value, name = NAME) {
      cluster.edit(O365_SYNC, { namespace: NAMESPACE, name }, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [`o365sync.dev/${annotation}`]: value };
      });
    },
    setSecret(data) {
      // It has no spec, which matters to its generation alone.
      cluster.edit(SECRET as never, { namespace: NAMESPACE, name: "o365" }, (found: Secret) => {
        found.data = encode(data);
      });
    },
    settle: (name = NAME) => settle(NAMESPACE, name),
    async addNamespace(namespace, clientSecret) {
      await addObject({ namespace, name: NAME, annotations: { "o365sync.dev/sync": "1" } });
      if (clientSecret !== undefined)
        await client.create(SECRET, { metadata: { namespace, name: "o365" }, data: encode({ clientSecret }) });
    },
    syncIn: (namespace) => client.get(O365_SYNC, { namespace, name: NAME }),
    settleIn: (namespace) => settle(namespace, NAME),
  };
}

/** Asks for a manual sync of an object in `cloud` and answers what it came to. */
export async function syncAgainst(service: Service, cloud: Cloud = "Global"): Promise<Seen> {
  const scene = await createScene({ service, spec: { cloud } });
  scene.annotate("sync", "now");
  await scene.settle();
  return { calls: scene.calls, status: (await scene.sync()).status ?? {} };
}

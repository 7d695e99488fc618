/** One O365Sync in memory, and Entra and Graph as a function: what a person sees of whatever those two say. */
import { SECRET } from "../../src/api/kube.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../../src/api/resources.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { CLOUDS } from "../../src/directory/clouds.ts";
import type { Http, HttpResponse } from "../../src/directory/http.ts";
import { createDirectoryProvider } from "../../src/directory/provider.ts";
import type { Cloud } from "../../src/directory/types.ts";
import { createTestDeps } from "../directory/support/deps.ts";
import { createMemoryCluster } from "../support/memory-cluster.ts";
import { createMemoryOperator, SILENT, syncSpec } from "../support/memory-operator.ts";

export interface Call {
  readonly url: URL;
  readonly body: string;
}

/** JSON with a status, or a throw of what keeps an answer from coming. */
export type Service = (call: Call) => { readonly status?: number; readonly json: unknown };

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

export interface Seen {
  readonly calls: readonly Call[];
  readonly status: NonNullable<O365Sync["status"]>;
}

/** Asks for a manual sync of an object in `cloud` and answers what it came to. */
export async function syncAgainst(service: Service, cloud: Cloud = "Global"): Promise<Seen> {
  const deps = createTestDeps();
  const calls: Call[] = [];
  const http: Http = async ({ url, body = "" }): Promise<HttpResponse> => {
    const call = { url: new URL(url), body };
    calls.push(call);
    const { status = 200, json } = service(call);
    return { status, header: () => undefined, body: JSON.stringify(json) };
  };
  const cluster = createMemoryCluster(() => deps.clock.now());
  const key = { namespace: "mail", name: "example-com" };
  const { client } = cluster;
  await client.create(SECRET, { metadata: { namespace: "mail", name: "o365" }, data: { clientSecret: "c2VjcmV0" } });
  await client.create(MAIL_DOMAIN, {
    metadata: key,
    spec: { domain: "example.com", serverType: "Office365", deliveryPort: 25, deletionPolicy: "Orphan" },
  });
  const annotations = { "o365sync.dev/sync": "now" };
  await client.create(O365_SYNC, { metadata: { ...key, annotations }, spec: syncSpec("example-com", { cloud }) });
  const directories = createDirectoryProvider({ endpoints: CLOUDS, deps, http });
  const operator = createMemoryOperator({ cluster, directories, ...deps });
  for (;;) {
    const context = { signal: new AbortController().signal, reconcileId: "x", log: SILENT };
    await operator.sync("mail/example-com", context);
    const { status } = await client.get(O365_SYNC, key);
    if (status?.handledSync === "now") return { calls, status };
  }
}

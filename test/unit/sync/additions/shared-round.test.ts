/** However many domains a tenant has: those who come with the very same credential ask it once a round. */
import { afterEach, describe, expect, it } from "vitest";
import { createCompany } from "../../../../dev/tenant/company.ts";
import { startTenant, type Tenant } from "../../../../dev/tenant/index.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../../src/api/types.generated.ts";
import type { Clock } from "../../../../src/base/deps.ts";
import { CLOUDS } from "../../../../src/directory/clouds.ts";
import { createDirectoryProvider } from "../../../../src/directory/provider.ts";
import { CONFIG_MAP, type ConfigMap, SECRET } from "../../../../src/runtime/kube.ts";
import { createMemoryCluster } from "../../../support/memory-cluster.ts";
import { createMemoryOperator, domainSpec, SILENT, syncSpec } from "../../../support/memory-operator.ts";

const MINUTE_MS = 60_000;
const DOMAINS = Array.from({ length: 12 }, (_, index) => `d${index}.test`);
const CONTEXT = { signal: new AbortController().signal, reconcileId: "test", log: SILENT };

let tenant: Tenant;
afterEach(() => tenant.close());

async function createDomains() {
  const company = createCompany(DOMAINS);
  for (const domain of DOMAINS) company.hire(`someone@${domain}`);
  let now = Date.UTC(2026, 0, 1);
  tenant = await startTenant({ company, now: () => now });
  const clock: Clock = {
    now: () => now++,
    monotonic: () => now++,
    setTimeout: () => () => {},
    sleep: () => Promise.resolve(),
  };
  const cluster = createMemoryCluster(() => now);
  const deps = { clock, random: () => 0.5 };
  const endpoints = { ...CLOUDS, Global: { authority: tenant.authority, graph: tenant.graph } };
  const directories = createDirectoryProvider({ endpoints, deps, ca: tenant.ca });
  const operator = createMemoryOperator({ cluster, directories, ...deps });
  const data = { clientSecret: Buffer.from(tenant.clientSecret).toString("base64") };
  await cluster.client.create(SECRET, { metadata: { namespace: "mail", name: "o365" }, data });
  const schedule: O365Sync["spec"]["schedule"] = {
    enabled: true,
    cron: "0 12 * * *",
    timeZone: "UTC",
    startingDeadlineSeconds: 7200,
    additions: { enabled: true, intervalMinutes: 5 },
  };
  for (const [index, domain] of DOMAINS.entries()) {
    const metadata = { namespace: "mail", name: `d${index}` };
    await cluster.client.create<MailDomain>(MAIL_DOMAIN, { metadata, spec: domainSpec({ domain }) });
    const spec = syncSpec(metadata.name, { tenantId: tenant.tenantId, schedule });
    await cluster.client.create<O365Sync>(O365_SYNC, { metadata, spec });
  }
  const work = async (name: string): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      const { requeueAfterMs = 0 } = await operator.sync(`mail/${name}`, CONTEXT);
      if (requeueAfterMs > 1000) return;
      now += requeueAfterMs;
    }
    throw new Error("it never comes to rest");
  };
  const tables = () => cluster.store<ConfigMap>(CONFIG_MAP).list();
  return {
    company,
    async round(ms: number) {
      now += ms;
      tenant.requests.length = 0;
      for (const index of DOMAINS.keys()) await work(`d${index}`);
      return tenant.requests.map(({ kind }) => kind).filter((kind) => kind !== "token");
    },
    accepts: (address: string): boolean =>
      tables().some(({ data }) => data?.["relay_recipients"]?.includes(`${address} OK`) === true),
  };
}

describe("Twelve domains of one tenant", () => {
  it("ask it three times a round where nothing is new, and once by id for what is", async () => {
    const domains = await createDomains();
    await domains.round(0);
    await domains.round(5 * MINUTE_MS);
    expect(await domains.round(5 * MINUTE_MS)).toEqual(["delta", "delta", "delta"]);
    for (const domain of DOMAINS) domains.company.hire(`new@${domain}`);
    const asked = await domains.round(5 * MINUTE_MS);
    expect(DOMAINS.filter((domain) => !domains.accepts(`new@${domain}`))).toEqual([]);
    expect(asked.filter((kind) => kind === "batch")).toHaveLength(1);
    expect(asked).not.toContain("users");
    expect(await domains.round(5 * MINUTE_MS)).toEqual(["delta", "delta", "delta"]);
  });
});

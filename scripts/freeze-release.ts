/** `npm run freeze`: writes test/data/upgrade/<version>, what this release leaves in a cluster. Run once, when a release is made. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyCrds, startControlPlane } from "../dev/controlplane/index.ts";
import { type Company, createCompany } from "../dev/tenant/company.ts";
import { API_VERSION } from "../src/api/group.ts";
import type { MailDomain, O365Sync } from "../src/api/types.generated.ts";
import { RELEASE } from "../src/version.ts";
import { writeFrozen } from "../test/cluster/upgrade/frozen.ts";
import { grantOperatorRights } from "../test/support/rights.ts";
import { createShiftClock, type ShiftClock } from "../test/support/shift-clock.ts";
import { createWorld, type World } from "../test/support/world.ts";

const MINUTE_MS = 60_000;

/** Small, and with one of everything that a table can hold. */
function frozenCompany(): Company {
  let count = 0;
  const newId = (): string => `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}`;
  const company = createCompany(["example.com", "example.net", "example.org"], newId);
  for (let number = 1; number <= 40; number++) {
    const name = `person${String(number).padStart(2, "0")}`;
    company.hire(`${name}@example.com`, number % 4 === 0 ? [`${name}.alias@example.com`, `${name}@example.net`] : []);
  }
  for (let number = 1; number <= 5; number++) company.hire(`someone${number}@example.org`);
  company.addGroup("all@example.com", ["everybody@example.com"]);
  company.addContact("partner@example.com");
  return company;
}

/** Two syncs: one on a schedule with everything that is rendered, one held and suspended. */
async function live(world: World, clock: ShiftClock): Promise<void> {
  const apply = (kind: "maildomains" | "o365syncs", name: string, spec: object): Promise<void> =>
    world.apply(kind, {
      apiVersion: API_VERSION,
      kind: kind === "maildomains" ? "MailDomain" : "O365Sync",
      metadata: { name },
      spec,
    });
  const { tenantId, clientId } = world.tenant;
  const credentials = { clientId, clientSecretRef: { name: "o365" } };
  await world.install(
    {
      schedule: { enabled: true, times: ["06:00", "18:30"], timeZone: "Europe/Berlin" },
      output: { formats: ["postfix", "cdb", "addresses", "aliases"], shards: 2 },
    },
    {
      aliasDomains: [
        { name: "example.net", recipients: "Directory" },
        { name: "example.edu", recipients: "Mirror" },
      ],
    },
  );
  await world.until(
    () => world.sync(),
    ({ status }) => status?.lastSync?.result !== undefined,
  );
  const slot = (await world.sync()).status?.schedule?.nextTime ?? "";
  world.tenant.company.hire("newcomer@example.com");
  clock.shift(Date.parse(slot) - clock.now());
  await world.until(
    () => world.sync(),
    ({ status }) => status?.schedule?.lastSlotTime === slot && status.lastSync?.result !== undefined,
  );
  await world.ask("testSync", "checked");

  await apply("maildomains", "example-org", {
    domain: "example.org",
    serverType: "Office365",
    inboundServers: [{ host: "example-org.mail.protection.outlook.com" }],
  });
  const limits = { operationsLimit: { accountDeletes: 1 }, deletionGuard: { enabled: false } };
  await apply("o365syncs", "example-org", { domainRef: { name: "example-org" }, tenantId, credentials, ...limits });
  await world.ask("sync", "first", "example-org");
  for (const number of [1, 2]) world.tenant.company.remove(`someone${number}@example.org`);
  await world.ask("sync", "held", "example-org");
  clock.shift(MINUTE_MS);
}

async function main(): Promise<void> {
  const controlPlane = await startControlPlane();
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-freeze-"));
  const kubeconfig = join(folder, "admin.kubeconfig");
  const operatorKubeconfig = join(folder, "operator.kubeconfig");
  try {
    await controlPlane.writeKubeconfig(kubeconfig, "admin");
    await controlPlane.writeKubeconfig(operatorKubeconfig, "operator");
    await applyCrds(controlPlane);
    await grantOperatorRights(controlPlane);
    const clock = createShiftClock();
    const company = frozenCompany();
    const access = { ...controlPlane, kubeconfig, operatorKubeconfig };
    const world = await createWorld({ controlPlane: access, company, deps: { clock, random: Math.random } });
    await live(world, clock);
    await world.stopOperator();
    const names = ["example-com", "example-org"];
    const domains = await Promise.all(names.map((name): Promise<MailDomain> => world.domain(name)));
    const syncs = await Promise.all(names.map((name): Promise<O365Sync> => world.sync(name)));
    const configMaps = await world.configMaps();
    const at = new Date(clock.now()).toISOString();
    await world.close();
    console.log(`wrote ${writeFrozen(`v${RELEASE}`, { at, company, domains, syncs, configMaps })}`);
  } finally {
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();

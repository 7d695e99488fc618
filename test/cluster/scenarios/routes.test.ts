/** Routes on an API server, with both controllers woken by nothing but their watches. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import { createWorld, type World } from "../../support/world.ts";

const SERVERS = { serverType: "Office365", inboundServers: [{ host: "mx.example.com", preference: 10 }] };
const ALIAS = [{ name: "example.net", recipients: "Directory" }];

describe("A name on the gateway", () => {
  let world: World;
  beforeAll(async () => {
    const company = createCompany(["example.com", "example.net", "example.org"]);
    for (let index = 0; index < 20; index++)
      company.hire(`user${index}@example.com`, [`user${index}@example.net`, `user${index}@example.org`]);
    world = await createWorld({ company });
    await world.install({ deletionGuard: { enabled: false } }, { aliasDomains: ALIAS as never });
    await world.ask("sync", "first");
    await world.until(
      () => routed("example-com"),
      (text) => text.includes("example.net"),
    );
    await world.observe();
    world.gateway.expectAlways(world.gateway.accepted());
  });
  afterAll(() => world.close());

  const routed = async (domain: string): Promise<string> =>
    (await world.configMap(`${domain}-routing`))?.data?.["relay_domains"] ?? "";
  const head = (kind: string, name: string) => ({ apiVersion: "o365sync.dev/v1alpha1", kind, metadata: { name } });
  const waiting = () =>
    world.until(
      () => world.domain(),
      ({ status }) => status?.conditions?.[0]?.message.includes("no longer in the spec") === true,
    );

  it("moves to a younger MailDomain, which routes it before the older one stops", async () => {
    const { spec } = await world.sync();
    await world.apply("maildomains", { ...head("MailDomain", "other"), spec: { domain: "example.org", ...SERVERS } });
    await world.apply("o365syncs", { ...head("O365Sync", "other"), spec: { ...spec, domainRef: { name: "other" } } });
    await world.ask("sync", "other", "other");
    await world.until(
      () => routed("other"),
      (text) => text === "example.org OK\n",
    );
    await world.patch("maildomains", "example-com", { spec: { aliasDomains: [] } });
    await world.patch("maildomains", "other", { spec: { aliasDomains: ALIAS } });
    const { status } = await waiting();
    expect(status?.conditions?.[0]?.message).toContain("until the MailDomain other routes it: example.net");
    await world.ask("sync", "keeps");
    expect(await routed("example-com")).toBe("example.com OK\nexample.net OK\n");
    await world.ask("sync", "takes", "other");
    await world.until(
      () => routed("other"),
      (text) => text.includes("example.net"),
    );
    await world.ask("sync", "lets-go");
    expect(await routed("example-com")).toBe("example.com OK\n");
    await world.observe();
  });

  it("stays with the one that routes it when an older one claims it", async () => {
    await world.patch("maildomains", "example-com", { spec: { aliasDomains: ALIAS } });
    const { status } = await world.until(
      () => world.domain(),
      ({ status }) => status?.conditions?.[0]?.reason === "DomainClaimed",
    );
    expect(status?.conditions?.[0]?.message).toContain("example.net is held by the MailDomain other");
    // Whoever claimed it hears of it when the other one lets go of the claim.
    await world.patch("maildomains", "example-com", { spec: { aliasDomains: [] } });
    await world.until(
      () => world.domain(),
      ({ status }) => status?.conditions?.[0]?.reason === "Routed",
    );
    await world.observe();
  });

  it("stays when both objects of its list are made again under other names (16.4, 16.5)", async () => {
    const { spec } = await world.sync();
    await world.remove("o365syncs", "example-com");
    await world.remove("maildomains", "example-com");
    await world.apply("maildomains", { ...head("MailDomain", "renamed"), spec: { domain: "example.com", ...SERVERS } });
    await world.until(
      () => routed("renamed"),
      (text) => text === "example.com OK\n",
    );
    const guarded = {
      ...spec,
      domainRef: { name: "renamed" },
      deletionGuard: { enabled: true, maxPercent: 0, floor: 0 },
    };
    await world.apply("o365syncs", { ...head("O365Sync", "renamed"), spec: guarded });
    for (const { id } of [...world.tenant.company.users.values()].slice(0, 5)) world.tenant.company.remove(id);
    const { status } = await world.ask("sync", "renamed", "renamed");
    expect(status?.held).toMatchObject({ reason: "DeletionGuard" });
    expect(await routed("example-com")).toBe("example.com OK\n");
    await world.observe();
  });
});

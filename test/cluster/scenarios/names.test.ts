/** Names as long as they may be, of the objects and of all that they name: whole lives, and clear words beyond. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_VERSION } from "../../../src/api/group.ts";
import { request } from "../../support/api.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

/** As long as the value of a label, with dots where a DNS name may have them. */
const LONGEST = `${"n".repeat(30)}.${"a".repeat(30)}.z`;
const DOMAIN = `${"d".repeat(61)}-9`;
/** As long as Kubernetes lets any name be, and any key. */
const OTHER = (letter: string): string => `${letter.repeat(250)}.a9`;

describe("With the longest names", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    const { clientId, clientSecret, tenantId } = world.tenant;
    await world.apply("maildomains", {
      apiVersion: API_VERSION,
      kind: "MailDomain",
      metadata: { name: DOMAIN },
      spec: {
        domain: "example.com",
        serverType: "Office365",
        inboundServers: [{ host: "example-com.mail.protection.outlook.com", preference: 10 }],
      },
    });
    const metadata = { name: OTHER("s") };
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      stringData: { [OTHER("k")]: clientSecret },
    });
    const list = { [OTHER("k")]: "old.one@example.com\n" };
    await world.apply("configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: OTHER("b") },
      data: list,
    });
    await world.apply("o365syncs", {
      apiVersion: API_VERSION,
      kind: "O365Sync",
      metadata: { name: LONGEST },
      spec: {
        domainRef: { name: DOMAIN },
        tenantId,
        credentials: { clientId, clientSecretRef: { ...metadata, key: OTHER("k") } },
        baselineRef: { name: OTHER("b"), key: OTHER("k") },
        output: { shards: 128, deletionPolicy: "Delete" },
      },
    });
  });
  afterAll(() => world.close());

  it("a list is compared with the one before it, held, approved and published, and the domain is routed", async () => {
    expect([LONGEST.length, DOMAIN.length, OTHER("s").length]).toEqual([63, 63, 253]);
    // All that stands on the baseline is gone from the tenant.
    const { status: held } = await world.ask("sync", "1", LONGEST);
    expect(held?.held).toMatchObject({ reason: "DeletionGuard", approvable: true });
    const { status } = await world.ask("approve", held?.held?.planDigest ?? "", LONGEST);
    expect(status?.requests?.approve).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(status?.lastSync?.changes).toMatchObject({ accountDeletes: 1 });
    const domain = await world.until(
      () => world.domain(DOMAIN),
      // It hears of the O365Sync a moment later.
      ({ status: told }) => brief(told?.conditions).includes("Ready=True/Routed") && told?.syncs?.[0]?.ready === true,
    );
    expect(domain.status?.syncs).toMatchObject([{ name: LONGEST, ready: true }]);
    const names = (await world.configMaps()).map(({ metadata }) => metadata.name);
    for (const name of [
      `${LONGEST}-manifest`,
      `${LONGEST}-recipients-128-127`,
      `${LONGEST}-changes-0`,
      `${DOMAIN}-routing`,
    ])
      expect(names).toContain(name);
  });

  it("a test writes its plan, and events tell of both", async () => {
    world.tenant.company.hire("new.one@example.com");
    await world.ask("testSync", "2", LONGEST);
    expect(await world.configMap(`${LONGEST}-plan`)).toBeDefined();
    const told = await world.until(
      () => world.events(),
      (events) => [LONGEST, DOMAIN].every((name) => events.some(({ regarding }) => regarding.name === name)),
    );
    for (const { metadata } of told) expect(metadata.name.length).toBeLessThanOrEqual(253);
  });

  it.each([
    ["o365syncs", "O365Sync", 64],
    ["o365syncs", "O365Sync", 253],
    ["maildomains", "MailDomain", 64],
    ["maildomains", "MailDomain", 253],
  ])("one more is refused at once, by the field and its length: %s, %s, %s", async (plural, kind, length) => {
    const template = plural === "o365syncs" ? await world.sync(LONGEST) : await world.domain(DOMAIN);
    const object = { apiVersion: API_VERSION, kind, metadata: { name: "n".repeat(length) }, spec: template.spec };
    const path = `/apis/${API_VERSION}/namespaces/${world.namespace}/${plural}`;
    const { status, body } = await request("POST", path, object);
    expect(status).toBe(422);
    expect((body as { message: string }).message).toMatch(/metadata\.name: Too long: may not be more than 63 bytes/);
  });
});

/** What people ask with annotations, and how each of them is answered. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { brief, createWorld, type World } from "../../support/world.ts";

describe("requests by annotation", () => {
  let world: World;
  let token = 0;
  const next = (): string => `t${++token}`;
  beforeAll(async () => {
    world = await createWorld();
    await world.install();
  });
  afterAll(() => world.close());
  beforeEach(() => {
    world.tenant.app.roles.add("User.Read.All").add("GroupMember.Read.All").add("OrgContact.Read.All");
  });

  it("test-connection answers with permissions, ownership and a first page of each source, and plans nothing", async () => {
    const { status } = await world.ask("testConnection", next());
    expect(status?.requests?.testConnection).toMatchObject({ state: "Succeeded" });
    expect(status?.requests?.testConnection?.message).toMatch(
      /^the token \(\d+\.\d\d s\) carries the permissions; the tenant owns example\.com \(\d+\.\d\d s\); on a first page: 5 users in \d+\.\d\d s, 5 groups in \d+\.\d\d s, 5 contacts in \d+\.\d\d s$/,
    );
    expect(status?.lastSync).toBeUndefined();
    expect(status?.verifiedHash).toBeDefined();
    expect((await world.configMaps()).map(({ metadata }) => metadata.name)).toEqual(["example-com-history"]);
  });

  it("test-sync plans in full and publishes nothing", async () => {
    const { status } = await world.ask("testSync", next());
    expect(status?.requests?.testSync).toMatchObject({ state: "Succeeded" });
    expect(status?.requests?.testSync?.message).toContain(
      "266 accounts added, 84 aliases added; a sync would publish this",
    );
    expect(status?.lastSync).toBeUndefined();
    expect(status?.published).toBeUndefined();
    const plan = (await world.configMap("example-com-plan"))?.data?.["plan.txt"] ?? "";
    expect(plan).toMatch(/^test sync: nothing was published\nplan [0-9a-f]{20} of /);
    expect(plan).toContain("accounts to add: 266\n+ ada.abel@example.com (mailbox)");
    expect(brief(status?.conditions)).toContain("Ready=False/AwaitingFirstSync");
  });

  it("test-connection says what it waits for, and asks once alone (issue 25, seen 1)", async () => {
    const slow = world.tenant.fault({ on: "token", times: 1, effect: { kind: "delay", ms: 2000 } });
    const asked = world.ask("testConnection", next());
    const running = await world.until(
      () => world.sync(),
      ({ status }) => status?.requests?.testConnection?.state === "Running",
    );
    expect(running.status?.requests?.testConnection?.message).toMatch(/one attempt each, at most 10 s a request$/);
    await asked;
    slow();
    // A run would ask again, and get its token.
    const lost = world.tenant.fault({ on: "token", times: 1, effect: { kind: "reset" } });
    const { status } = await world.ask("testConnection", next());
    lost();
    expect(status?.requests?.testConnection).toMatchObject({ state: "Failed", reason: "NetworkError" });
    expect(status?.requests?.testConnection?.message).toContain("check egress, firewall and the NetworkPolicy");
  });

  it("a missing permission is named, with the link that grants it", async () => {
    world.tenant.app.roles.delete("OrgContact.Read.All");
    const { status } = await world.ask("testConnection", next());
    expect(status?.requests?.testConnection).toMatchObject({ state: "Rejected", reason: "NotAuthorized" });
    expect(status?.requests?.testConnection?.message).toContain("the token lacks OrgContact.Read.All");
    expect(status?.requests?.testConnection?.message).toContain("/v2.0/adminconsent?");
    expect(brief(status?.conditions)).toContain("Authorized=False/NotAuthorized");
  });

  it("consent is noticed by the next test-connection", async () => {
    const { status } = await world.ask("testConnection", next());
    expect(status?.requests?.testConnection).toMatchObject({ state: "Succeeded" });
    expect(brief(status?.conditions)).toContain("Authorized=True/Authorized");
  });

  it("a value that is no token is answered, and recorded by its hash", async () => {
    await world.annotate("sync", "not a token; perhaps a secret");
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.requests?.sync?.state === "Rejected",
    );
    expect(status?.requests?.sync).toMatchObject({ reason: "InvalidToken" });
    expect(status?.handledSync).toMatch(/^sha256:/);
    expect(JSON.stringify(status)).not.toContain("perhaps a secret");
  });

  it("an approval of nothing is answered", async () => {
    const { status } = await world.ask("approve", "0123456789abcdef0123");
    expect(status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
  });

  it("several at once are served one after another: connection, test, sync", async () => {
    const [connection, test, sync] = [next(), next(), next()];
    const annotations = {
      "o365sync.dev/test-connection": connection,
      "o365sync.dev/test-sync": test,
      "o365sync.dev/sync": sync,
    };
    await world.patch("o365syncs", "example-com", { metadata: { annotations } });
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === sync,
    );
    expect(status).toMatchObject({ handledTestConnection: connection, handledTestSync: test });
    const order = (status?.history ?? []).slice(0, 3).map(({ id }) => id.replace(/-20.*/, ""));
    expect(order).toEqual(["manual", "test-sync", "test-connection"]);
  });

  it("suspended, every request is rejected; resumed, the next one runs", async () => {
    await world.patch("o365syncs", "example-com", { spec: { suspend: true } });
    const rejected = await world.ask("sync", next());
    expect(rejected.status?.requests?.sync).toMatchObject({ state: "Rejected", reason: "Suspended" });
    expect(rejected.status?.conditions?.[0]?.message).toMatch(/^suspended; /);
    expect(brief(rejected.status?.conditions)).toContain("Ready=True/Succeeded");
    await world.patch("o365syncs", "example-com", { spec: { suspend: false } });
    const served = await world.ask("sync", next());
    expect(served.status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });
});

describe("A sync that is asked for in the moment", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await world.install();
  });
  afterAll(() => world.close());

  it.each([1, 2, 3, 4, 5])(
    "in which its MailDomain and its Secret are made is never answered that they do not exist (%d)",
    async (time) => {
      const [{ spec: domain }, { spec, apiVersion }] = [await world.domain(), await world.sync()];
      const metadata = { name: "example-com" };
      await world.remove("o365syncs", "example-com");
      await world.remove("maildomains", "example-com");
      await world.remove("secrets", "o365");
      const annotations = { "o365sync.dev/sync": `moment-${time}` };
      const stringData = { clientSecret: world.tenant.clientSecret };
      await world.apply("maildomains", { apiVersion, kind: "MailDomain", metadata, spec: domain });
      await world.apply("secrets", { apiVersion: "v1", kind: "Secret", metadata: { name: "o365" }, stringData });
      await world.apply("o365syncs", { apiVersion, kind: "O365Sync", metadata: { ...metadata, annotations }, spec });
      const { status } = await world.until(
        () => world.sync(),
        ({ status }) => status?.handledSync === `moment-${time}`,
      );
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    },
  );
});

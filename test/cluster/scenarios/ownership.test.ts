/** Whose ConfigMaps these are: conflict, adoption, repair, deletion policy. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

describe("the ConfigMaps of an object", () => {
  const clock = createShiftClock();
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: Math.random } });
    await world.apply("configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "example-com-recipients" },
      data: { mine: "yes" },
    });
    await world.install();
  });
  afterAll(() => world.close());

  it("are never written over somebody else's", async () => {
    const { status } = await world.ask("sync", "conflict");
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "ConfigMapConflict" });
    expect(brief(status?.conditions)).toEqual([
      "Ready=False/ConfigMapConflict",
      "Authorized=True/Authorized",
      "Published=False/NotPublished",
      "Stalled=True/ConfigMapConflict",
    ]);
    expect((await world.configMap("example-com-recipients"))?.data).toEqual({ mine: "yes" });
    expect(await world.configMap("example-com-manifest")).toBeUndefined();
  });

  it("are written once the name is free", async () => {
    await world.remove("configmaps", "example-com-recipients");
    const { status } = await world.ask("sync", "free");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("are put right when somebody edits a table, without asking the tenant", async () => {
    const requests = world.tenant.requests.length;
    const before = (await world.configMap("example-com-recipients"))?.data;
    await world.patch("configmaps", "example-com-recipients", {
      data: { relay_recipients: "mallory@example.com OK\n" },
    });
    await world.until(
      () => world.configMap("example-com-recipients"),
      (found) => found?.data?.["relay_recipients"] === before?.["relay_recipients"],
    );
    expect(world.tenant.requests).toHaveLength(requests);
  });

  it("say that a sync is needed when accounts are gone and automatic sync is off", async () => {
    await world.remove("configmaps", "example-com-accounts-0");
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.conditions?.[0]?.reason === "SyncRequired",
    );
    expect(status?.conditions?.[0]?.message).toContain("the published accounts are damaged or gone");
    const after = await world.ask("sync", "mend");
    expect(after.status?.lastSync).toMatchObject({ result: "Published" });
    expect(await world.configMap("example-com-accounts-0")).toBeDefined();
  });

  it("follow deletionPolicy with their owner", async () => {
    // Tables are put right once a minute at most.
    clock.shift(61_000);
    await world.patch("o365syncs", "example-com", { spec: { output: { deletionPolicy: "Delete" } } });
    const names = ["recipients", "accounts-0", "manifest", "history"];
    const owners = (): Promise<(string | undefined)[]> =>
      Promise.all(
        names.map(async (name) => (await world.configMap(`example-com-${name}`))?.metadata.ownerReferences?.[0]?.kind),
      );
    await world.until(owners, (found) => found.every((kind) => kind === "O365Sync"));
    clock.shift(61_000);
    await world.patch("o365syncs", "example-com", { spec: { output: { deletionPolicy: "Orphan" } } });
    await world.until(owners, (found) => found.every((kind) => kind === undefined));
  });

  it("stay when the object goes, and are adopted by its successor", async () => {
    const before = await world.sync();
    await world.remove("o365syncs", "example-com");
    expect(await world.configMap("example-com-recipients")).toBeDefined();
    const { metadata: _, status: __, ...rest } = before;
    await world.apply("o365syncs", { ...rest, metadata: { name: "example-com" } });
    for (const { id } of [...world.tenant.company.users.values()].slice(0, 100)) world.tenant.company.remove(id);
    const { status } = await world.ask("sync", "successor");
    expect(status?.held).toMatchObject({ reason: "DeletionGuard" });
    expect(brief(status?.conditions)).toContain("Published=True/Published");
  });
});

describe("an object that cannot run says why", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  const ready = async (reason: string) =>
    (
      await world.until(
        () => world.sync(),
        ({ status }) => status?.conditions?.[0]?.reason === reason,
      )
    ).status;

  it("while its Secret is missing, which may come right by itself", async () => {
    await world.install({ credentials: { clientId: world.tenant.clientId, clientSecretRef: { name: "later" } } });
    const status = await ready("DependencyNotReady");
    expect(brief(status?.conditions)).toEqual([
      "Ready=False/DependencyNotReady",
      "Published=False/NotPublished",
      "Reconciling=True/DependencyNotReady",
    ]);
    expect(status?.conditions?.[0]?.message).toContain(
      "spec.credentials.clientSecretRef: the Secret later does not exist",
    );
    const asked = await world.ask("sync", "too-early");
    expect(asked.status?.requests?.sync).toMatchObject({ state: "Failed", reason: "DependencyNotReady" });
  });

  it("while its MailDomain is missing", async () => {
    await world.remove("maildomains", "example-com");
    const message = "the MailDomain example-com does not exist";
    await world.until(
      () => world.sync(),
      ({ status }) => status?.conditions?.[0]?.message.includes(message) === true,
    );
  });

  it("when the MailDomain is not in Office 365", async () => {
    await world.apply("maildomains", {
      apiVersion: "o365sync.dev/v1alpha1",
      kind: "MailDomain",
      metadata: { name: "example-com" },
      spec: { domain: "example.com", serverType: "Exchange", inboundServers: [{ host: "mail.example.com" }] },
    });
    expect(brief((await ready("ServerTypeMismatch"))?.conditions)).toContain("Stalled=True/ServerTypeMismatch");
    const { status } = await world.until(
      () => world.domain(),
      ({ status }) => status?.conditions !== undefined,
    );
    expect(status?.conditions?.[0]?.message).toContain("only domains with serverType Office365 have a sync");
  });

  it("when an older object keeps the same MailDomain", async () => {
    const { spec } = await world.sync();
    await world.patch("maildomains", "example-com", { spec: { serverType: "Office365" } });
    await world.apply("o365syncs", {
      apiVersion: "o365sync.dev/v1alpha1",
      kind: "O365Sync",
      metadata: { name: "rival" },
      spec,
    });
    const { status } = await world.until(
      () => world.sync("rival"),
      ({ status }) => status?.conditions?.[0]?.reason === "DomainClaimed",
    );
    expect(status?.conditions?.[0]?.message).toContain(
      "the older O365Sync example-com keeps the MailDomain example-com",
    );
    await world.remove("o365syncs", "example-com");
    await world.until(
      () => world.sync("rival"),
      ({ status }) => status?.conditions?.[0]?.reason === "DependencyNotReady",
    );
  });
});

/** The conditions of an O365Sync, row by row as the contract's matrix has them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const HEALTHY = ["Ready=True/Succeeded", "Authorized=True/Authorized", "Published=True/Published"];

describe("with automatic sync on", () => {
  const clock = createShiftClock();
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: Math.random } });
  });
  afterAll(() => world.close());

  const until = (...conditions: string[]) =>
    world.until(
      () => world.sync(),
      ({ status }) => brief(status?.conditions).join() === conditions.join(),
    );

  it("an object is in progress until its first run ends, and its status counts what was read", async () => {
    const cancel = world.tenant.fault({ on: "groups", effect: { kind: "delay", ms: 1_500 } });
    await world.install({ schedule: { enabled: true } });
    await until("Ready=Unknown/Progressing", "Published=False/NotPublished", "Reconciling=True/Progressing");
    // Every ten seconds it is told how far it is.
    const tenSecondsLater = () => {
      clock.shift(10_001);
      return world.sync();
    };
    const { status } = await world.until(tenSecondsLater, ({ status }) => (status?.progress?.objects ?? 0) > 0);
    expect(status?.progress).toMatchObject({ phase: "Reading", since: status?.lastSync?.startTime });
    expect(status?.conditions?.[0]?.message).toBe("the first sync is under way; see status.progress");
    const after = await until(...HEALTHY);
    expect(after.status?.progress).toBeUndefined();
    cancel();
  });

  it("a routine run leaves Ready alone", async () => {
    const cancel = world.tenant.fault({ on: "users", effect: { kind: "delay", ms: 300 } });
    await world.annotate("sync", "routine");
    const running = await world.until(
      () => world.sync(),
      ({ status }) => status?.requests?.sync?.state === "Running",
    );
    expect(brief(running.status?.conditions)).toEqual(HEALTHY);
    await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "routine",
    );
    cancel();
  });

  it("a slot that is throttled waits for its retry", async () => {
    const cancel = world.tenant.fault({
      on: "users",
      effect: { kind: "status", status: 429, code: "TooManyRequests", retryAfter: "600" },
    });
    clock.shift(Date.parse((await world.sync()).status?.schedule?.nextTime ?? "") - clock.now());
    const { status } = await until(
      "Ready=False/Throttled",
      "Authorized=True/Authorized",
      "Published=True/Published",
      "Reconciling=True/ProgressingWithRetry",
    );
    cancel();
    expect(status?.conditions?.[0]?.message).toMatch(/the published list stays as it is; next try at 20\S+ \S+ UTC$/);
    expect(Date.parse(status?.retry?.time ?? "") - clock.now()).toBeGreaterThan(590_000);
    clock.shift(700_000);
    await until(...HEALTHY);
  });

  it("a wrong secret stalls, and a new one is noticed", async () => {
    world.tenant.app.secrets.clear();
    world.tenant.expireTokens();
    clock.shift(Date.parse((await world.sync()).status?.schedule?.nextTime ?? "") - clock.now());
    const { status } = await until(
      "Ready=False/InvalidCredentials",
      "Authorized=False/InvalidCredentials",
      "Published=True/Published",
      "Stalled=True/InvalidCredentials",
    );
    expect(status?.conditions?.[0]?.message).toContain("AADSTS7000215");
    world.tenant.app.secrets.set("a-new-secret", "valid");
    await world.remove("secrets", "o365");
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "o365" },
      stringData: { clientSecret: "a-new-secret" },
    });
    clock.shift(61_000);
    await until(...HEALTHY);
  });
});

describe("with automatic sync off", () => {
  const clock = createShiftClock();
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: Math.random } });
    await world.install();
    await world.ask("sync", "first");
  });
  afterAll(() => world.close());

  it("a manual run that failed is final", async () => {
    const cancel = world.tenant.fault({ on: "groups", effect: { kind: "edit", edit: () => ({ surprise: true }) } });
    const { status } = await world.ask("sync", "malformed");
    cancel();
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "MalformedAnswer" });
    expect(brief(status?.conditions)).toEqual([
      "Ready=False/MalformedAnswer",
      "Authorized=True/Authorized",
      "Published=True/Published",
      "Stalled=True/MalformedAnswer",
    ]);
    expect(status?.retry).toBeUndefined();
    await world.ask("sync", "well");
  });

  it("a change that alters the accounts asks for a sync", async () => {
    await world.patch("o365syncs", "example-com", { spec: { staticRecipients: ["all@example.com"] } });
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.observedGeneration === 2,
    );
    expect(brief(status?.conditions)).toEqual([
      "Ready=False/SyncRequired",
      "Authorized=True/Authorized",
      "Published=True/Published",
      "Stalled=True/SyncRequired",
    ]);
    expect(status?.conditions?.[0]?.message).toContain("o365sync.dev/sync=$(date +%s) --overwrite");
    expect(brief((await world.ask("sync", "altered")).status?.conditions)).toEqual(HEALTHY);
  });

  it("another change is carried to the new generation at once", async () => {
    await world.patch("o365syncs", "example-com", { spec: { historyLimit: 5 } });
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.observedGeneration === 3,
    );
    expect(brief(status?.conditions)).toEqual(HEALTHY);
    expect(status?.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3, 3]);
  });

  it("a tenant that does not own the domain stalls", async () => {
    world.tenant.company.domains.splice(0, 1);
    const { status } = await world.ask("testConnection", "owner");
    expect(status?.requests?.testConnection).toMatchObject({ state: "Failed", reason: "DomainNotInTenant" });
    world.tenant.company.domains.unshift("example.com");
  });
});

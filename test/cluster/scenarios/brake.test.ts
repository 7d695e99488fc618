/** A list never shrinks by mistake: held plans, and the approval of exactly what was shown. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

describe("the brake", () => {
  let world: World;
  let digest = "";
  const clock = createShiftClock();
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: Math.random } });
    await world.install();
    await world.ask("sync", "first");
  });
  afterAll(() => world.close());

  const accepts = async (address: string): Promise<boolean> =>
    ((await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "").includes(`${address} OK\n`);

  it("holds a mass deletion and leaves the list as it is", async () => {
    for (const user of [...world.tenant.company.users.values()].slice(0, 100)) world.tenant.company.remove(user.id);
    const { status } = await world.ask("sync", "deletion");
    expect(brief(status?.conditions)).toEqual([
      "Ready=False/Held",
      "Authorized=True/Authorized",
      "Held=True/DeletionGuard",
      "Published=True/Published",
      "Stalled=True/Held",
    ]);
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(status?.held).toMatchObject({ reason: "DeletionGuard", approvable: true });
    digest = status?.held?.planDigest ?? "";
    expect(status?.conditions?.[2]?.message).toContain(
      `kubectl -n ${world.namespace} annotate o365syncs.o365sync.dev/example-com o365sync.dev/approve=${digest} --overwrite`,
    );
    expect(await accepts("ada.abel@example.com")).toBe(true);
    expect((await world.configMap("example-com-plan"))?.data?.["plan.txt"]).toContain(
      "- ada.abel@example.com (mailbox)",
    );
  });

  it("keeps what was held through a test sync", async () => {
    const { status } = await world.ask("testSync", "look");
    expect(status?.requests?.testSync?.message).toContain("a sync would be held: deletionGuard allows");
    expect(status?.held?.planDigest).toBe(digest);
  });

  it("answers the approval of another plan", async () => {
    const { status } = await world.ask("approve", "00000000000000000000");
    expect(status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
    expect(status?.requests?.approve?.message).toContain(digest);
  });

  it("lets the shown plan through, together with a hire since", async () => {
    world.tenant.company.hire("new.hire@example.com");
    const { status } = await world.ask("approve", digest);
    expect(status?.requests?.approve).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(status?.lastSync).toMatchObject({ trigger: "Approval", result: "Published" });
    expect(status?.held).toBeUndefined();
    expect(brief(status?.conditions)).toEqual([
      "Ready=True/Succeeded",
      "Authorized=True/Authorized",
      "Published=True/Published",
    ]);
    expect(await accepts("ada.abel@example.com")).toBe(false);
    expect(await accepts("new.hire@example.com")).toBe(true);
    expect(await world.configMap("example-com-plan")).toBeUndefined();
  });

  it("spends an approval once", async () => {
    await world.annotate("approve", null);
    const { status } = await world.ask("approve", `${digest.slice(0, 19)}x`);
    expect(status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
  });

  it("keeps an approval through trouble and over a restart, until it is spent", async () => {
    for (const user of [...world.tenant.company.users.values()].slice(0, 30)) world.tenant.company.remove(user.id);
    const shown = (await world.ask("sync", "for-later")).status?.held?.planDigest ?? "";
    const throttled = { kind: "status", status: 429, code: "TooManyRequests", retryAfter: "600" } as const;
    const cancel = world.tenant.fault({ on: "users", effect: throttled });
    await world.annotate("approve", shown);
    const { status: waiting } = await world.until(
      () => world.sync(),
      ({ status }) => status?.requests?.approve?.reason === "Throttled",
    );
    expect(waiting?.requests?.approve).toMatchObject({ token: shown, state: "Accepted" });
    expect(waiting?.retry).toMatchObject({ trigger: "Approval", token: shown, attempts: 1 });
    cancel();
    await world.stopOperator();
    clock.shift(700_000);
    await world.startOperator();
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledApprove === shown,
    );
    expect(status?.requests?.approve).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(status?.lastSync).toMatchObject({ trigger: "Approval", attempts: 2 });
    expect(status?.retry).toBeUndefined();
  });

  it("holds again what is new since the plan that was shown, when that alone is too much", async () => {
    const users = (): string[] => [...world.tenant.company.users.keys()];
    for (const id of users().slice(0, 40)) world.tenant.company.remove(id);
    const held = await world.ask("sync", "again");
    const shown = held.status?.held?.planDigest ?? "";
    for (const id of users().slice(0, 60)) world.tenant.company.remove(id);
    const { status } = await world.ask("approve", shown);
    expect(status?.requests?.approve).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(status?.held?.planDigest).not.toBe(shown);
    expect(brief(status?.conditions)).toContain("Held=True/DeletionGuard");
  });

  it("does not believe a page that silently lost its users", async () => {
    await world.ask("approve", (await world.sync()).status?.held?.planDigest ?? "");
    const lost = [...world.tenant.company.users.values()].slice(0, 5);
    const cancel = world.tenant.fault({
      on: "users",
      effect: { kind: "lose", lose: ({ id }) => lost.some((user) => user.id === id) },
    });
    const { status } = await world.ask("sync", "lossy");
    cancel();
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "ReadNotWhole" });
    expect(await accepts(lost[0]?.mail ?? "")).toBe(true);
  });

  it("never publishes a list without anybody", async () => {
    await world.patch("o365syncs", "example-com", { spec: { excludeRecords: ["*"] } });
    const { status } = await world.ask("sync", "nobody");
    expect(status?.held).toMatchObject({ reason: "EmptyResult", approvable: false });
    const refused = await world.ask("approve", status?.held?.planDigest ?? "");
    expect(refused.status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "NotApprovable" });
  });
});

describe("a digest", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await world.install();
    await world.ask("sync", "first");
  });
  afterAll(() => world.close());

  it("is another one when the same deletion comes again, so that its approval asks again", async () => {
    const lost = [...world.tenant.company.users.values()].slice(0, 30);
    const leave = (): void => {
      for (const { id } of lost) world.tenant.company.remove(id);
    };
    leave();
    const before = (await world.ask("sync", "leave")).status?.held?.planDigest ?? "";
    await world.ask("approve", before);
    for (const user of lost) world.tenant.company.users.set(user.id, user);
    await world.ask("sync", "return");
    leave();
    const again = (await world.ask("sync", "leave-again")).status?.held?.planDigest ?? "";
    expect(again).not.toBe(before);
    const { status } = await world.ask("approve", again);
    expect(status?.requests?.approve).toMatchObject({ state: "Succeeded", reason: "Published" });
  });

  it("is another one when its approval was refused and it is held after all", async () => {
    const lost = [...world.tenant.company.users.values()].slice(0, 30);
    for (const { id } of lost) world.tenant.company.remove(id);
    const shown = (await world.ask("sync", "held-first")).status?.held?.planDigest ?? "";
    for (const user of lost) world.tenant.company.users.set(user.id, user);
    await world.ask("sync", "undone");
    const refused = await world.ask("approve", shown);
    expect(refused.status?.requests?.approve).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
    for (const { id } of lost) world.tenant.company.remove(id);
    const again = (await world.ask("sync", "held-again")).status?.held?.planDigest ?? "";
    const { status } = await world.ask("approve", again);
    expect(status?.requests?.approve).toMatchObject({ state: "Succeeded", reason: "Published" });
  });
});

describe("a cut-over with baselineRef", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    const recipients = [
      "# what the gateway has today",
      "ada.abel@example.com OK",
      "Gone.Long@example.com",
      "",
      "old.partner@example.net",
      "",
    ].join("\n");
    await world.apply("configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "old-list" },
      data: { recipients },
    });
    await world.install({ baselineRef: { name: "old-list" } });
  });
  afterAll(() => world.close());

  it("tells by a test sync what is accepted today and would be refused tomorrow", async () => {
    const { status } = await world.ask("testSync", "look");
    expect(status?.requests?.testSync?.message).toContain("1 account removed");
    expect(status?.requests?.testSync?.message).toContain("names 1 address of other domains, which is ignored");
    const plan = (await world.configMap("example-com-plan"))?.data?.["plan.txt"] ?? "";
    expect(plan).toContain("accounts to remove: 1\n- gone.long@example.com\n");
    expect(plan).not.toContain("+ ada.abel@example.com");
  });

  it("says what is wrong with a list that cannot be read", async () => {
    await world.patch("configmaps", "old-list", { data: { recipients: "ada.abel@example.com\nno address" } });
    const { status } = await world.ask("testSync", "bad-line");
    expect(status?.requests?.testSync).toMatchObject({ state: "Failed", reason: "InvalidBaseline" });
    expect(status?.requests?.testSync?.message).toContain("line 2 of the key recipients of the ConfigMap old-list");
    await world.remove("configmaps", "old-list");
    const missing = await world.ask("testSync", "missing");
    expect(missing.status?.requests?.testSync).toMatchObject({ state: "Failed", reason: "DependencyNotReady" });
  });
});

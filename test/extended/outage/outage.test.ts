/** The API server is away, stuck, forgetful or empty: the operator waits, comes back, and runs each slot once. */
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { type OwnApiServer, startOwnApiServer } from "../../support/embedded.ts";
import { expectedRecipients } from "../../support/expected.ts";
import { expectDescribed } from "../../support/hostile/golden.ts";
import { createRandom } from "../../support/random.ts";
import { createShiftClock, type ShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const FOR_EVER = Number.POSITIVE_INFINITY;
const WATCHES = /[?&]watch=true/;

describe("An API server that", () => {
  let clock: ShiftClock;
  let server: OwnApiServer;
  let world: World;

  const start = async (options: { crds?: boolean; hurried?: boolean; operator?: boolean } = {}): Promise<void> => {
    clock = createShiftClock({ hurried: options.hurried ?? true });
    server = await startOwnApiServer({ crds: options.crds ?? true });
    const deps = { clock, random: createRandom(9) };
    world = await createWorld({ controlPlane: server.access, deps, operator: options.operator ?? true });
  };
  beforeEach(() => {
    world = undefined as unknown as World;
  });
  afterEach(async () => {
    server.faults.clear();
    await world.close();
    await server.stop();
  });

  const published = ({ status }: O365Sync): boolean => status?.lastSync?.result === "Published";
  /** What stands when a few more seconds have passed: whoever pauses after trouble is done with it soon. */
  const later = (): Promise<O365Sync> => {
    clock.shift(10_000);
    return world.sync();
  };
  const accepted = (): string[] => [...world.gateway.accepted()].toSorted();
  const slots = async (): Promise<string[]> => {
    const history = JSON.parse((await world.configMap("example-com-history"))?.data?.["history.json"] ?? "{}") as {
      records: { id: string }[];
    };
    return history.records.map(({ id }) => id).filter((id) => id.startsWith("slot-"));
  };

  it("is away when the operator starts is waited for", async () => {
    await start({ operator: false });
    await world.install();
    const hits = server.faults.add({ effect: { do: "reset" }, times: FOR_EVER });
    await world.startOperator();
    await world.until(
      () => Promise.resolve(hits()),
      (count) => count > 6,
    );
    server.faults.clear();
    const { status } = await world.ask("sync", "after");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("is away for an hour delays the slot of that hour, and nothing else", async () => {
    await start();
    await world.install({ schedule: { enabled: true, times: ["00:00", "06:00", "12:00", "18:00"] } });
    const before = await world.until(() => world.sync(), published);
    const next = Date.parse(before.status?.schedule?.nextTime ?? "");
    clock.shift(next - clock.now() - 60_000);
    world.gateway.expectAlways(accepted());
    world.tenant.company.hire("meanwhile@example.com");
    const requests = world.tenant.requests.length;
    const hits = server.faults.add({ effect: { do: "reset" }, times: FOR_EVER });
    clock.shift(60_001);
    for (let minute = 0; minute < 60; minute++) {
      clock.shift(60_000);
      await pause(5);
    }
    // Waiting is not hammering: three watches and a reconcile, each with a pause of up to half a minute.
    expect(hits()).toBeLessThan(1_500);
    expect(world.tenant.requests.length).toBe(requests);
    server.faults.clear();
    const slot = new Date(next).toISOString();
    const after = await world.until(
      later,
      ({ status }) => status?.lastSync?.slotTime === slot && status.lastSync.result !== undefined,
    );
    expect(brief(after.status?.conditions)).toEqual([
      "Ready=True/Succeeded",
      "Authorized=True/Authorized",
      "Published=True/Published",
    ]);
    expect(after.status?.schedule?.missedSlots ?? 0).toBe(0);
    await world.observe();
    expect(accepted()).toEqual(expectedRecipients(world.tenant.company, "example.com"));
    expect(await slots()).toEqual([`slot-${slot}`]);
  });

  it("falls silent on its watches is noticed within half a minute", async () => {
    await start({ hurried: false });
    await world.install();
    await world.ask("sync", "first");
    // The next watches: connected, and nothing more is ever said.
    const hits = server.faults.add({ path: WATCHES, effect: { do: "half-open" }, times: 3 });
    clock.shift(25_001);
    await world.until(
      () => Promise.resolve(hits()),
      (count) => count === 3,
    );
    await world.annotate("sync", "unheard");
    clock.shift(25_001);
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "unheard",
    );
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("never answers a write, over a connection that stays, is asked again after half a minute", async () => {
    await start();
    await world.install();
    await world.ask("sync", "first");
    world.gateway.expectAlways(accepted());
    for (const what of [
      "example-com-manifest",
      "example-com-recipients",
      "example-com-history",
      "example-com/status",
    ]) {
      world.tenant.company.hire(`${what.replaceAll(/[^a-z]/g, ".")}@example.com`);
      const path = new RegExp(`${what}\\?.*fieldManager`);
      const hits = server.faults.add({ path, effect: { do: "half-open" } });
      await world.annotate("sync", what.replace("/", "-"));
      const { status } = await world.until(
        () => (hits() > 0 ? later() : world.sync()),
        ({ status }) => status?.handledSync === what.replace("/", "-"),
      );
      expect(hits()).toBe(1);
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
      await world.observe();
      expect(accepted()).toEqual(expectedRecipients(world.tenant.company, "example.com"));
    }
  });

  it("tells nothing of a MailDomain yet is asked for it, before a sync is answered that there is none", async () => {
    await start({ operator: false });
    const path = /maildomains.*[?&]watch=true/;
    const hits = server.faults.add({ path, agent: /o365/, effect: { do: "half-open" }, times: FOR_EVER });
    await world.startOperator();
    await world.until(
      () => Promise.resolve(hits()),
      (count) => count > 0,
    );
    await world.install();
    await world.annotate("sync", "early");
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "early",
    );
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    server.faults.clear();
    clock.shift(25_001);
    await world.until(
      () => world.domain(),
      (domain) => brief(domain.status?.conditions).includes("Ready=True/Routed"),
    );
  });

  it("has forgotten where the watches were is listed anew, and what changed meanwhile is seen", async () => {
    await start();
    await world.install();
    await world.ask("sync", "first");
    const hits = server.faults.add({ path: WATCHES, effect: { do: "reset" }, times: FOR_EVER });
    clock.shift(25_001);
    await world.until(
      () => Promise.resolve(hits()),
      (count) => count >= 3,
    );
    await world.annotate("sync", "unseen");
    server.compact();
    server.faults.clear();
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "unseen",
    );
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("does not know the kinds yet is waited for until their CRDs are there", async () => {
    await start({ crds: false });
    const asked = server.faults.add({ path: /o365syncs/, effect: { do: "delay", ms: 0 }, times: FOR_EVER });
    await world.until(
      () => Promise.resolve(asked()),
      (count) => count > 3,
    );
    await server.applyCrds();
    await world.install();
    const { status } = await world.ask("sync", "first");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("refuses every ConfigMap for a while is told in the conditions, and the run goes on where it stood", async () => {
    await start();
    await world.install({ schedule: { enabled: true, times: ["00:00", "06:00", "12:00", "18:00"] } });
    await world.until(() => world.sync(), published);
    await world.observe();
    world.gateway.expectAlways(accepted());
    world.tenant.company.hire("later@example.com");
    server.faults.add({ path: /configmaps.*fieldManager/, effect: { do: "error" }, times: FOR_EVER });
    const { status } = await world.sync();
    clock.shift(Date.parse(status?.schedule?.nextTime ?? "") - clock.now() + 1);
    const shown = await world.until(later, ({ status }) =>
      brief(status?.conditions).includes("Ready=False/KubernetesAPI"),
    );
    const { status: stuck } = shown;
    await expectDescribed(world, shown, "the API server refuses every ConfigMap");
    expect(brief(stuck?.conditions)).toEqual([
      "Ready=False/KubernetesAPI",
      "Authorized=True/Authorized",
      "Published=True/Published",
      "Reconciling=True/KubernetesAPI",
    ]);
    expect(stuck?.conditions?.[0]?.message).toContain("500 InternalError");
    expect(stuck?.conditions?.[0]?.message).toContain("it is tried again by itself");
    await world.observe();
    server.faults.clear();
    const { status: healed } = await world.until(
      later,
      ({ status }) => status?.lastSync?.trigger === "Schedule" && status.lastSync.result === "Published",
    );
    expect(brief(healed?.conditions)).toEqual([
      "Ready=True/Succeeded",
      "Authorized=True/Authorized",
      "Published=True/Published",
    ]);
    await world.observe();
    expect(accepted()).toEqual(expectedRecipients(world.tenant.company, "example.com"));
  });
});

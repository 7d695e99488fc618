/** Replicas of the bundled operator under what a cluster does to them: lost connections, wrong clocks, rolling restarts, stops. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { bundle } from "../../../scripts/bundle.ts";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import type { HistoryRecord } from "../../../src/publication/run-records.ts";
import type { Lease } from "../../../src/runtime/kube.ts";
import { request } from "../../support/api.ts";
import { type Circumstances, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { createHoldingProxy } from "../../support/holding-proxy.ts";
import { createWorld, type World } from "../../support/world.ts";

const LEADING = "Starting controllers";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Replicas {
  readonly world: World;
  start(circumstances?: Circumstances): OperatorChild;
  /** Who holds the lease; empty: nobody. */
  holder(): Promise<string | undefined>;
  records(): Promise<HistoryRecord[]>;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "o365-sync-replicas-"));
  await bundle(join(folder, "operator.cjs"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each test has its own, because they run side by side: most of the time they wait. */
async function setUp({ onTestFinished }: TestContext): Promise<Replicas> {
  const world = await createWorld({ operator: false });
  const programs = await createBundle(world, { file: join(folder, "operator.cjs") });
  onTestFinished(async () => {
    await programs.close();
    await world.close();
  });
  const { namespace } = world;
  const flags = ["--health-probe-bind-address=0", "--leader-elect", `--leader-election-namespace=${namespace}`];
  return {
    world,
    start: (circumstances = {}) => programs.start(flags, circumstances),
    async holder() {
      const { body } = await request("GET", `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`);
      return (body as { items: Lease[] }).items[0]?.spec?.holderIdentity;
    },
    async records() {
      const text = (await world.configMap("example-com-history"))?.data?.["history.json"] ?? '{"records":[]}';
      return (JSON.parse(text) as { records: HistoryRecord[] }).records;
    },
  };
}

/** What gateways and people see. */
async function standing(world: World) {
  const { lastSync, published, history } = (await world.sync()).status ?? {};
  const tables = (await world.configMaps()).filter(({ metadata }) => !metadata.name.endsWith("-routing"));
  return { lastSync, published, history, tables: tables.map(({ metadata: { name }, data }) => ({ name, data })) };
}

/** How far ahead a clock must be that shows a full minute in `ms`, at least `atLeast` from now. */
function aheadToMinute(ms: number, atLeast: number): { readonly ahead: number; readonly slot: string } {
  const minute = Math.ceil((Date.now() + atLeast + ms) / MINUTE_MS) * MINUTE_MS;
  return { ahead: minute - ms - Date.now(), slot: new Date(minute).toISOString() };
}
const timeOf = (slot: string): string => slot.slice(11, 16);

async function untilSlot(world: World, slot: string): Promise<O365Sync> {
  return world.until(
    () => world.sync(),
    ({ status }) => status?.lastSync?.slotTime === slot && status.lastSync.result !== undefined,
    MINUTE_MS,
  );
}

describe.concurrent("A leader that loses its connection to the API server", { timeout: 180_000 }, () => {
  it("ends before another leads, and what it had sent changes nothing when it arrives", async (context) => {
    const { world, start } = await setUp(context);
    await world.install();
    const { hostname: host, port } = new URL(useControlPlane().server);
    const proxy = await createHoldingProxy({ host, port: Number(port) });
    const leader = start({ server: `https://127.0.0.1:${proxy.port}` });
    await leader.logged(LEADING);
    const standby = start();
    await standby.logged("Caches synced");
    await world.ask("sync", "1");
    // In the middle of a run: wherever that is.
    world.tenant.company.hire("before.hold@example.com");
    await world.annotate("sync", "2");
    await pause(Math.random() * 300);
    proxy.hold();
    const held = Date.now();
    expect(await leader.exited).toBe(1);
    expect(standby.log.join()).not.toContain(LEADING);
    await standby.logged(LEADING);
    expect(Date.now() - held).toBeLessThan(25_000);
    await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "2",
    );
    world.tenant.company.hire("after.hold@example.com");
    await world.ask("sync", "3");
    const before = await standing(world);
    expect(JSON.stringify(before.tables)).toContain("after.hold@example.com");
    expect(proxy.deliver()).toBeGreaterThan(0);
    await pause(2_000);
    expect(await standing(world)).toEqual(before);
    await proxy.close();
  });
});

describe.concurrent("Replicas whose clocks are three hours apart", { timeout: 180_000 }, () => {
  it("lead one after the other, and run a slot once", async (context) => {
    const { world, start, records } = await setUp(context);
    const { ahead, slot } = aheadToMinute(15_000, HOUR_MS);
    const leader = start({ clockAheadMs: ahead });
    await leader.logged(LEADING);
    const standby = start({ clockAheadMs: -2 * HOUR_MS });
    await standby.logged("Caches synced");
    await world.install({ schedule: { enabled: true, times: [timeOf(slot)] } });
    expect((await untilSlot(world, slot)).status?.lastSync).toMatchObject({ result: "Unchanged" });
    // A lease is judged by when it was seen to change, whatever time stands in it.
    await pause(5_000);
    expect(standby.log.join()).not.toContain(LEADING);
    leader.child.kill("SIGKILL");
    const killed = Date.now();
    await standby.logged(LEADING);
    expect(Date.now() - killed).toBeLessThan(25_000);
    world.tenant.company.hire("after.kill@example.com");
    const { status } = await world.ask("sync", "1");
    expect(status?.requests?.sync?.state).toBe("Succeeded");
    // By the clock of this one the slot is still to come.
    expect((await records()).filter(({ trigger }) => trigger === "Schedule").map(({ id }) => id)).toEqual([
      `slot-${slot}`,
    ]);
    expect(Date.parse(status?.schedule?.nextTime ?? "")).toBeGreaterThan(Date.parse(slot));
  });
});

describe.concurrent("A rolling restart", { timeout: 180_000 }, () => {
  it("loses no slot, and runs none twice", async (context) => {
    const { world, start, records } = await setUp(context);
    // All of them have the same clock, by which a slot comes while they change.
    const { ahead, slot } = aheadToMinute(15_000, HOUR_MS);
    const old = [start({ clockAheadMs: ahead })];
    await old[0]?.logged(LEADING);
    await world.install({ schedule: { enabled: true, times: [timeOf(slot)] } });
    old.push(start({ clockAheadMs: ahead }));
    await world.until(
      () => world.sync(),
      ({ status }) => status?.lastSync?.result !== undefined && status.schedule?.nextTime === slot,
    );
    const next: OperatorChild[] = [];
    for (const { child, exited } of old) {
      const replacement = start({ clockAheadMs: ahead });
      next.push(replacement);
      await replacement.logged("Caches synced");
      child.kill("SIGTERM");
      expect(await exited).toBe(0);
    }
    const { status } = await untilSlot(world, slot);
    expect(status?.lastSync).toMatchObject({ trigger: "Schedule", result: "Unchanged", attempts: 1 });
    // Within the time that a hand-over takes.
    expect(Date.parse(status?.lastSync?.startTime ?? "") - Date.parse(slot)).toBeLessThan(10_000);
    expect(status?.schedule?.missedSlots).toBe(0);
    for (const { child, exited } of next) {
      child.kill("SIGTERM");
      expect(await exited).toBe(0);
    }
    expect((await records()).map(({ trigger }) => trigger)).toEqual(["Schedule", "Initial"]);
  });
});

describe.concurrent("An operator that is told to stop in the middle of a run", { timeout: 120_000 }, () => {
  it("ends within 30 s with its lease released, and its successor finishes the run", async (context) => {
    const { world, start, records, holder } = await setUp(context);
    await world.install();
    const cancel = world.tenant.fault({ on: "users", effect: { kind: "hang" } });
    const { child, exited, logged } = start();
    await logged(LEADING);
    await world.annotate("sync", "1");
    const running = await world.until(
      () => world.sync(),
      ({ status }) => status?.requests?.sync?.state === "Running",
    );
    child.kill("SIGTERM");
    const told = Date.now();
    expect(await exited).toBe(0);
    expect(Date.now() - told).toBeLessThan(30_000);
    expect(await holder()).toBe("");
    cancel();
    await start().logged(LEADING);
    expect(Date.now() - told).toBeLessThan(30_000);
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "1",
    );
    expect(status?.lastSync).toMatchObject({ id: running.status?.lastSync?.id, result: "Published" });
    expect(await records()).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";
import { createLeaderElector } from "../../../src/runtime/leader.ts";
import { createManager, type Manager, type ManagerOptions } from "../../../src/runtime/manager.ts";
import { createFakeClock, type FakeClock } from "../../support/clock.ts";
import { createLeaseServer, foreignLease, type LeaseServer } from "./support/lease-server.ts";
import { createMemoryLog } from "./support/logger.ts";

interface World {
  readonly clock: FakeClock;
  readonly manager: Manager;
  readonly stop: AbortController;
  readonly told: string[];
  readonly reflector: { hasSynced: boolean };
  /** Undefined while it runs. */
  readonly outcome: () => string | undefined;
}

function setUp(lease?: LeaseServer, options: Partial<ManagerOptions> & { drainTakesMs?: number } = {}): World {
  const { drainTakesMs = 0, ...rest } = options;
  const clock = createFakeClock();
  const deps = { clock, random: () => 0 };
  const log = createMemoryLog();
  const told: string[] = [];
  const whenAborted = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  const reflector = {
    namespace: undefined,
    trouble: undefined,
    hasSynced: false,
    async run(signal: AbortSignal) {
      told.push("reflector runs");
      await whenAborted(signal);
      told.push("reflector ended");
    },
  };
  const controller = {
    async run(signal: AbortSignal) {
      told.push("controller runs");
      await whenAborted(signal);
      told.push("controller told to stop");
      await clock.sleep(drainTakesMs);
      told.push(`controller ended, lease of ${lease?.lease?.spec?.holderIdentity}`);
    },
  };
  const elector =
    lease &&
    createLeaderElector({ client: lease.connect(), namespace: "mail", name: "leader", identity: "me", deps, log });
  const manager = createManager({ reflectors: [reflector], controllers: [controller], elector, deps, log, ...rest });
  const stop = new AbortController();
  let outcome: string | undefined;
  manager.run(stop.signal).then(
    () => (outcome = "resolved"),
    (error: Error) => (outcome = error.message),
  );
  return { clock, manager, stop, told, reflector, outcome: () => outcome };
}

describe("namespaces that are watched one by one (issue 17, point 7)", () => {
  const cache = (namespace: string, hasSynced: boolean, trouble?: string) => ({
    namespace,
    hasSynced,
    trouble,
    run: (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
  });

  it.each([
    ["one of them cannot be listed", [cache("a", true), cache("b", false, "403 Forbidden")], true],
    ["one of them was not asked for yet", [cache("a", true), cache("b", false)], false],
    ["none can be listed", [cache("a", false, "403 Forbidden"), cache("b", false, "403 Forbidden")], false],
    ["a part of each is open", [cache("a", true), cache("a", false), cache("b", false, "403 Forbidden")], false],
    ["all of them were listed", [cache("a", true), cache("b", true)], true],
  ])("are served where they can be: %s", async (_, reflectors, starts) => {
    const { clock, manager, told, stop } = setUp(undefined, { reflectors });
    await clock.advance(1_000);
    expect([manager.ready(), told.includes("controller runs")]).toEqual([starts, starts]);
    stop.abort();
    await clock.advance(1_000);
  });
});

describe("the manager", () => {
  it("starts controllers only when the caches have synced", async () => {
    const { clock, manager, told, reflector } = setUp();
    await clock.advance(5_000);
    expect([manager.ready(), manager.state, told]).toEqual([false, "starting", ["reflector runs"]]);
    reflector.hasSynced = true;
    await clock.advance(1_000);
    expect([manager.ready(), manager.state, told]).toEqual([true, "leading", ["reflector runs", "controller runs"]]);
  });

  it("is ready on standby with synced caches, and leads when the lease is free", async () => {
    const lease = createLeaseServer();
    lease.put(foreignLease("other", "2026-01-01T00:00:00.000000Z"));
    const { clock, manager, told, reflector } = setUp(lease);
    reflector.hasSynced = true;
    await clock.advance(5_000);
    expect([manager.ready(), manager.state, told]).toEqual([true, "standby", ["reflector runs"]]);
    await clock.advance(20_000);
    expect([manager.state, told.at(-1)]).toEqual(["leading", "controller runs"]);
  });

  it("on stop drains first, still holding the lease, then releases it", async () => {
    const lease = createLeaseServer();
    const { clock, manager, stop, told, reflector, outcome } = setUp(lease, { drainTakesMs: 19_000 });
    reflector.hasSynced = true;
    await clock.advance(1_000);
    stop.abort();
    await clock.advance(18_000);
    expect(manager.state).toBe("stopping");
    await clock.advance(1_000);
    expect(outcome()).toBe("resolved");
    expect(told.slice(2)).toEqual(["controller told to stop", "controller ended, lease of me", "reflector ended"]);
    expect(lease.lease?.spec?.holderIdentity).toBe("");
    expect([manager.state, clock.timers]).toEqual(["stopped", 0]);
  });

  it("rejects when draining takes too long, and leaves the lease to expire", async () => {
    const lease = createLeaseServer();
    const { clock, stop, reflector, outcome } = setUp(lease, { drainTakesMs: 100_000, drainMs: 10_000 });
    reflector.hasSynced = true;
    await clock.advance(1_000);
    stop.abort();
    await clock.advance(10_000);
    expect(outcome()).toBe("reconciles still ran 10 s after they were told to stop");
    expect(lease.lease?.spec?.holderIdentity).toBe("me");
  });

  it("stops the controllers and rejects at once when the lease is lost", async () => {
    const lease = createLeaseServer();
    const { clock, stop, told, reflector, outcome } = setUp(lease, { drainTakesMs: 20_000 });
    reflector.hasSynced = true;
    await clock.advance(1_000);
    lease.put(foreignLease("other", "2026-01-01T00:00:00.000000Z"));
    await clock.advance(2_000);
    expect(outcome()).toBe("the leader lease was lost: another replica may lead now");
    expect(told).toContain("controller told to stop");
    expect(lease.lease?.spec?.holderIdentity).toBe("other");
    stop.abort();
  });

  it("rejects when a controller fails", async () => {
    const broken = { run: () => Promise.reject(new Error("broken")) };
    const { clock, reflector, outcome } = setUp(undefined, { controllers: [broken] });
    reflector.hasSynced = true;
    await clock.advance(1_000);
    expect(outcome()).toBe("broken");
  });

  it.each(["before the caches have synced", "on standby"])("ends cleanly when stopped %s", async (when) => {
    const lease = createLeaseServer();
    lease.put(foreignLease("other", "2026-01-01T00:00:00.000000Z"));
    const { clock, stop, told, reflector, outcome } = setUp(lease);
    reflector.hasSynced = when === "on standby";
    await clock.advance(1_000);
    stop.abort();
    await clock.advance(100);
    expect(outcome()).toBe("resolved");
    expect(told).toEqual(["reflector runs", "reflector ended"]);
    expect(clock.timers).toBe(0);
  });
});

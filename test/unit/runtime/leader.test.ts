import { describe, expect, it } from "vitest";
import { createLeaderElector, type LeaderElector, type LeaderElectorOptions } from "../../../src/runtime/leader.ts";
import { createFakeClock, type FakeClock } from "../../support/clock.ts";
import { createLeaseServer, foreignLease, type LeaseClient, type LeaseServer } from "./support/lease-server.ts";
import { createMemoryLog } from "./support/logger.ts";

interface Contender {
  readonly client: LeaseClient;
  readonly elector: LeaderElector;
  /** What its handlers were told, with the second of the test. */
  readonly told: string[];
  readonly stop: AbortController;
  readonly ended: () => boolean;
}

const START = Date.UTC(2026, 0, 1);

/** `skew` is how wrong this contender's clock is; time passes alike for all. */
function contend(
  server: LeaseServer,
  clock: FakeClock,
  identity: string,
  skew = 0,
  options: Partial<LeaderElectorOptions> = {},
): Contender {
  const client = server.connect();
  const deps = { clock: { ...clock, now: () => clock.now() + skew }, random: () => 0.5 };
  const elector = createLeaderElector({
    client,
    namespace: "mail",
    name: "leader",
    identity,
    deps,
    log: createMemoryLog(),
    ...options,
  });
  const told: string[] = [];
  const at = (what: string) => told.push(`${what}@${(clock.now() - START) / 1000}`);
  const stop = new AbortController();
  let ended = false;
  const handlers = {
    onStarted: (signal: AbortSignal) => {
      at("started");
      signal.addEventListener("abort", () => at("signal"));
    },
    onLost: () => at("lost"),
  };
  void elector.run(stop.signal, handlers).finally(() => {
    ended = true;
  });
  return { client, elector, told, stop, ended: () => ended };
}

const holder = (server: LeaseServer): string | undefined => server.lease?.spec?.holderIdentity;

describe("a single contender", () => {
  it("takes a lease that is not there, and renews it every 2 s with one write", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    await clock.advance(7_000);
    expect(a.told).toEqual(["started@0"]);
    expect(a.elector.isLeader).toBe(true);
    expect(a.client.calls).toEqual(["get", "create", "replace", "replace", "replace"]);
    expect(server.lease?.spec).toEqual({
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:06.000000Z",
      leaseTransitions: 0,
    });
  });

  it("releases the lease when it is told to stop", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    await clock.advance(3_000);
    a.stop.abort();
    await clock.advance(0);
    expect(a.told).toEqual(["started@0", "signal@3"]);
    expect(a.ended()).toBe(true);
    expect(a.elector.isLeader).toBe(false);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(clock.timers).toBe(0);
  });

  it.each<["refuse" | "hang"]>([["refuse"], ["hang"]])(
    "stops to lead 10 s after its last renewal when its connections %s",
    async (connection) => {
      const [server, clock] = [createLeaseServer(), createFakeClock(START)];
      const a = contend(server, clock, "a");
      await clock.advance(5_000);
      a.client.connection = connection;
      await clock.advance(8_999);
      expect(a.elector.isLeader).toBe(true);
      await clock.advance(1);
      expect(a.told).toEqual(["started@0", "signal@14", "lost@14"]);
      expect(a.ended()).toBe(true);
    },
  );

  it("survives a short outage", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    await clock.advance(5_000);
    a.client.connection = "refuse";
    await clock.advance(6_500);
    a.client.connection = "up";
    await clock.advance(60_000);
    expect(a.told).toEqual(["started@0"]);
  });

  it("makes the lease anew when somebody deleted it", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    await clock.advance(5_000);
    server.put(undefined);
    await clock.advance(5_000);
    expect(a.told).toEqual(["started@0"]);
    expect(holder(server)).toBe("a");
  });

  it("gives up at once when it finds another in the lease", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    await clock.advance(5_000);
    server.put(foreignLease("b", "2020-01-01T00:00:00.000000Z"));
    await clock.advance(1_000);
    expect(a.told).toEqual(["started@0", "signal@6", "lost@6"]);
    expect(holder(server)).toBe("b");
  });

  it("carries on when only a label of the lease was edited", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    await clock.advance(5_000);
    server.put({ ...server.lease, metadata: { namespace: "mail", name: "leader", labels: { x: "y" } } });
    await clock.advance(5_000);
    expect(a.told).toEqual(["started@0"]);
    expect(server.lease?.metadata.labels).toEqual({ x: "y" });
  });

  it("refuses times that cannot work", () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    expect(() => contend(server, clock, "a", 0, { leaseMs: 10_000 })).toThrow(RangeError);
    expect(() => contend(server, clock, "a", 0, { retryMs: 9_000 })).toThrow(RangeError);
  });
});

describe("a lease that another holds", () => {
  it.each([
    ["far in the past", "1999-01-01T00:00:00.000000Z"],
    ["now", "2026-01-01T00:00:00.000000Z"],
    ["far in the future", "2099-01-01T00:00:00.000000Z"],
  ])(
    "is left alone for its 15 s from when it was first seen, and taken then, when its renewTime is %s",
    async (_, renewTime) => {
      const [server, clock] = [createLeaseServer(), createFakeClock(START)];
      server.put(foreignLease("dead", renewTime));
      const a = contend(server, clock, "a");
      await clock.advance(14_900);
      expect(a.told).toEqual([]);
      await clock.advance(4_400);
      expect(a.told).toHaveLength(1);
      expect(server.lease?.spec).toMatchObject({ holderIdentity: "a", leaseTransitions: 4 });
    },
  );

  it("is left alone for as long as its holder promised, not as long as ours", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    server.put(foreignLease("slow", "2026-01-01T00:00:00.000000Z", 60));
    const a = contend(server, clock, "a");
    await clock.advance(59_000);
    expect(a.told).toEqual([]);
    await clock.advance(5_000);
    expect(a.told).toHaveLength(1);
  });

  it("is taken at the next look when it was released", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    await clock.advance(1_000);
    const b = contend(server, clock, "b");
    await clock.advance(20_000);
    a.stop.abort();
    await clock.advance(3_200);
    expect(b.told).toHaveLength(1);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
  });

  it("is not waited for after a stop", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    server.put(foreignLease("b", "2026-01-01T00:00:00.000000Z"));
    const a = contend(server, clock, "a");
    await clock.advance(5_000);
    a.stop.abort();
    await clock.advance(0);
    expect(a.ended()).toBe(true);
    expect(a.told).toEqual([]);
    expect(holder(server)).toBe("b");
  });
});

describe("two contenders", () => {
  it.each([0, 3_600_000, -3_600_000])("lead one after the other, never both, with clocks %i ms apart", async (skew) => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const a = contend(server, clock, "a");
    const b = contend(server, clock, "b", skew);
    let leaders = 0;
    for (let second = 0; second < 120; second++) {
      if (second === 30) a.client.connection = "hang";
      await clock.advance(1_000);
      leaders = Math.max(leaders, Number(a.elector.isLeader) + Number(b.elector.isLeader));
    }
    expect(leaders).toBe(1);
    expect(a.told).toEqual(["started@0", "signal@40", "lost@40"]);
    expect(b.elector.isLeader).toBe(true);
    expect(holder(server)).toBe("b");
  });

  it("that start at the same instant do not both take a new lease", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const all = ["a", "b", "c"].map((identity) => contend(server, clock, identity));
    await clock.advance(30_000);
    expect(all.filter(({ elector }) => elector.isLeader)).toHaveLength(1);
    expect(all.flatMap(({ told }) => told)).toHaveLength(1);
  });
});

describe("a Lease that is older than it was, as after a restore of etcd", () => {
  it("is told by who holds it and by who waits for it, at the next try", async () => {
    const [server, clock] = [createLeaseServer(), createFakeClock(START)];
    const told: string[] = [];
    const telling = (who: string) => ({ rewind: { tell: () => void told.push(who) } });
    contend(server, clock, "a", 0, telling("a"));
    await clock.advance(1_000);
    server.backUp();
    contend(server, clock, "b", 0, telling("b"));
    await clock.advance(30_000);
    expect(told).toEqual([]);
    server.restore();
    await clock.advance(5_000);
    expect(told.toSorted()).toEqual(["a", "b"]);
  });
});

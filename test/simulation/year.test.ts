/** Many objects over a long time, with restarts, edits, suspends and outages: every slot is done, missed, or skipped. */
import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/api/deps.ts";
import { Failure } from "../../src/api/failure.ts";
import { CONFIG_MAP, SECRET } from "../../src/api/kube.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../../src/api/resources.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import type { Directory } from "../../src/directory/types.ts";
import type { Reconcile } from "../../src/runtime/types.ts";
import { createMemoryCluster } from "../support/memory-cluster.ts";
import { createMemoryOperator, SILENT, syncSpec } from "../support/memory-operator.ts";
import { createRandom } from "../support/random.ts";

const FULL = process.env["CI_DEPTH"] === "full";
const OBJECTS = FULL ? 200 : 10;
const DAYS = FULL ? 365 : 40;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 0, 1);

describe(`${OBJECTS} objects over ${DAYS} days`, () => {
  it("account for every slot exactly once, in status, history and runs alike", async () => {
    const random = createRandom(7);
    let now = START;
    const clock: Clock = { now: () => now, setTimeout: () => () => {}, sleep: () => Promise.resolve() };
    const cluster = createMemoryCluster(() => now);
    const { client } = cluster;
    let tenantIsDown = false;
    /** What the simulation itself saw: ended attempts by run id, and slots by what became of them. */
    const finished = new Map<string, Map<string, number>>();
    const missed = new Map<string, number>();

    const directory: Directory = {
      authorize: () => Promise.resolve({ roles: [], missing: [] }),
      verifiedDomains: () => Promise.resolve(["example.com"]),
      async read({ onObject }) {
        if (tenantIsDown) throw new Failure("retry", "ServiceUnavailable", "listing users was refused (HTTP 503)");
        const shown = Math.floor((now - START) / DAY_MS) % 3;
        for (let index = 0; index < 5 + shown; index++)
          onObject({ id: `id-${index}`, source: "users", mail: `user${index}@example.com`, proxyAddresses: [] });
        return { users: 5, groups: 0, contacts: 0, requests: 1 };
      },
      sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
      confirm: (objects) => Promise.resolve(new Map(objects.map(({ id }) => [id, "gone" as const]))),
    };

    const newProcess = (): Reconcile => createMemoryOperator({ cluster, directory, clock, random }).sync;

    const keys = Array.from({ length: OBJECTS }, (_, index) => ({ namespace: "mail", name: `sync-${index}` }));
    await client.create(SECRET, { metadata: { namespace: "mail", name: "o365" }, data: { clientSecret: "c2VjcmV0" } });
    for (const [index, { name }] of keys.entries()) {
      const domain = {
        domain: "example.com",
        serverType: "Office365",
        deliveryPort: 25,
        deletionPolicy: "Orphan",
      } as const;
      await client.create(MAIL_DOMAIN, { metadata: { namespace: "mail", name }, spec: domain });
      await client.create(O365_SYNC, { metadata: { namespace: "mail", name }, spec: specOf(name, (index % 4) + 1) });
    }

    /** When each object is looked at next. */
    const due = new Map(keys.map(({ name }) => [name, now]));
    let reconcile = newProcess();
    const wake = (name: string): void => void due.set(name, now);
    const look = async (name: string): Promise<void> => {
      const signal = new AbortController().signal;
      const before = cluster.store<O365Sync>(O365_SYNC).get(`mail/${name}`)?.status;
      try {
        const { requeueAfterMs } = await reconcile(`mail/${name}`, { signal, reconcileId: "x", log: SILENT });
        due.set(name, requeueAfterMs === undefined ? Number.POSITIVE_INFINITY : now + requeueAfterMs);
      } catch {
        due.set(name, now + 1_000);
      }
      const after = cluster.store<O365Sync>(O365_SYNC).get(`mail/${name}`)?.status;
      const { lastSync } = after ?? {};
      if (lastSync?.result !== undefined && JSON.stringify(lastSync) !== JSON.stringify(before?.lastSync)) {
        const runs = finished.get(name) ?? new Map<string, number>();
        if (lastSync.result !== "Failed") runs.set(lastSync.id, (runs.get(lastSync.id) ?? 0) + 1);
        finished.set(name, runs);
      }
      missed.set(name, after?.schedule?.missedSlots ?? 0);
    };
    const runUntil = async (end: number): Promise<void> => {
      for (;;) {
        const [name, at] = [...due].reduce((first, entry) => (entry[1] < first[1] ? entry : first));
        if (at > end) break;
        now = Math.max(now, at);
        await look(name);
      }
      now = end;
    };

    await runUntil(now);
    for (let hour = 0; hour < DAYS * 24; hour++) {
      const { name } = keys[Math.floor(random() * OBJECTS)] ?? { name: "" };
      const change = random();
      if (change < 0.02) reconcile = newProcess();
      else if (change < 0.04) tenantIsDown = !tenantIsDown;
      else if (change < 0.06) cluster.fail(Math.ceil(random() * 3), random() < 0.5 ? "before" : "after");
      else if (change < 0.08) edit(name, ({ spec }) => set(spec, "suspend", true));
      else if (change < 0.2) edit(name, ({ spec }) => set(spec, "suspend", false));
      else if (change < 0.22) edit(name, ({ spec }) => set(spec.schedule, "timesPerDay", 1 + Math.floor(random() * 4)));
      else if (change < 0.24) edit(name, ({ spec }) => set(spec, "excludeRecords", [`x${hour}@example.com`]));
      // The process is gone for a while, and everything is late.
      else if (change < 0.25) now += Math.floor(random() * 5 * HOUR_MS);
      if (tenantIsDown && random() < 0.3) tenantIsDown = false;
      await runUntil(Math.max(now, START + (hour + 1) * HOUR_MS));
    }

    function edit(name: string, change: (object: O365Sync) => void): void {
      cluster.edit(O365_SYNC, { namespace: "mail", name }, change);
      wake(name);
    }

    let runs = 0;
    let misses = 0;
    for (const { name } of keys) {
      const ended = finished.get(name) ?? new Map<string, number>();
      const twice = [...ended].filter(([id, times]) => id.startsWith("slot-") && times > 1);
      expect(twice).toEqual([]);
      runs += [...ended.keys()].filter((id) => id.startsWith("slot-")).length;
      misses += missed.get(name) ?? 0;
      const status = cluster.store<O365Sync>(O365_SYNC).get(`mail/${name}`)?.status;
      const history = await client.get(CONFIG_MAP, { namespace: "mail", name: `${name}-history` });
      const { records } = JSON.parse(history.data?.["history.json"] ?? "{}") as { records: { id: string }[] };
      const ids = records.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(status?.history?.map(({ id }) => id)).toEqual(ids.slice(0, 5));
      // What the simulation saw ending and what the history keeps is the same, as far back as it goes.
      const slots = ids.filter((id) => id.startsWith("slot-"));
      const succeeded = slots.filter((id) => ended.has(id));
      expect(succeeded.length).toBeGreaterThan(0);
    }
    console.log(`${runs} slots done, ${misses} missed`);
    expect(runs).toBeGreaterThan(OBJECTS * DAYS * 0.5);
  }, 3_600_000);
});

function set<T extends object, K extends keyof T>(target: T, field: K, value: T[K]): void {
  target[field] = value;
}

function specOf(name: string, timesPerDay: number): O365Sync["spec"] {
  return syncSpec(name, {
    schedule: { enabled: true, timesPerDay, timeZone: "Europe/Berlin", startingDeadlineSeconds: 7200 },
    deletionGuard: { enabled: false, maxPercent: 10, floor: 10 },
  });
}

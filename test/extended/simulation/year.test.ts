/** Many objects over a long time, with restarts, deaths, edits, suspends, outages and wrong clocks: every slot is done, missed, or skipped. */
import { describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import type { HistoryRecord } from "../../../src/publication/run-records.ts";
import { CONFIG_MAP, SECRET } from "../../../src/runtime/kube.ts";
import type { Reconcile } from "../../../src/runtime/types.ts";
import { createMemoryCluster, type MemoryCluster } from "../../support/memory-cluster.ts";
import { createMemoryOperator, domainSpec, SILENT, syncSpec } from "../../support/memory-operator.ts";
import { createMortal, Died, type Mortal } from "../../support/mortal.ts";
import { createRandom } from "../../support/random.ts";
import { createWallClock } from "../../support/wall-clock.ts";
import { createAudience } from "./support/audience.ts";
import { createLedger, type Ended, type Ledger, type Told } from "./support/ledger.ts";
import { createSimulatedTenants, createTime, STAFF } from "./support/machine.ts";
import { createMounts } from "./support/mounts.ts";
import { createLookQueue } from "./support/queue.ts";

const SIZES = { full: [200, 365], ci: [12, 40], quick: [6, 30] } as const;
const DEPTH = process.env["CI_DEPTH"] === "full" ? "full" : process.env["CI"] ? "ci" : "quick";
const [OBJECTS, DAYS] = SIZES[DEPTH];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Every zone below that changes its clocks does so within a few weeks. */
const START = Date.UTC(2026, 9, 1);
const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"];
const range = (length: number): number[] => [...Array(length).keys()];
const domainOf = (name: string): string => `${name}.example.com`;
const NAMES = Array.from({ length: OBJECTS }, (_, index) => `sync-${index}`);

describe(`${OBJECTS} objects over ${DAYS} days`, () => {
  it("account for every slot exactly once, and status, history, events and metrics agree", async () => {
    const simulation = await createSimulation(createRandom(7));
    for (let hour = 0; hour < DAYS * 24; hour++) {
      simulation.makeTrouble();
      await simulation.runUntil((hour + 1) * HOUR_MS);
    }
    await simulation.endWell();

    const sums = { done: 0, open: 0, missed: 0, skipped: 0 };
    for (const name of NAMES) {
      const ledger = simulation.ledgerOf(name);
      await compare(simulation.cluster, name, ledger);
      for (const id of ledger.started) sums[ledger.done.has(id) ? "done" : "open"]++;
      sums.missed += ledger.missed;
      sums.skipped += ledger.skipped;
    }
    const { told, untold } = simulation.heard();
    const { done, open, missed, skipped } = sums;
    console.log(
      `${done} slots done, ${open} failed until the next, ${missed} missed, ${skipped} skipped; ${told} told, ${untold} not`,
    );
    expect(done).toBeGreaterThan(OBJECTS * DAYS * 0.5);
    expect(simulation.served()).toBe(OBJECTS);
    expect(missed).toBeGreaterThan(0);
    expect(open).toBeGreaterThan(0);
    expect(skipped).toBeGreaterThan(0);
    // Only what a process wrote, and died before it could tell, is not heard.
    expect(untold / told).toBeLessThan(0.05);
  }, 7_200_000);
});

/** What stands in the end against the books. */
async function compare(cluster: MemoryCluster, name: string, ledger: Ledger): Promise<void> {
  const { metadata, status } = cluster.store<O365Sync>(O365_SYNC).get(`mail/${name}`) ?? {};
  const { lastSync, history, schedule, handledSync } = status ?? {};
  // No slot that began was left behind: it ended, also where a later one then took the place of its retries.
  const left = [...ledger.started].filter((id) => !ledger.ended.some((end) => end.id === id));
  const asked = metadata?.annotations?.["o365sync.dev/sync"];
  expect({ name, left, running: lastSync?.result === undefined, missed: schedule?.missedSlots, handledSync }).toEqual({
    name,
    left: [],
    running: false,
    missed: ledger.missed,
    handledSync: asked,
  });
  // The history is what ended, the latest attempt of each run, newest first: 30 that did something, 10 that did not.
  const kept = await cluster.client.get(CONFIG_MAP, { namespace: "mail", name: `${name}-history` });
  const { records } = JSON.parse(kept.data?.["history.json"] ?? "{}") as { records: HistoryRecord[] };
  const latest = newestFirst(ledger.ended);
  expect(records.map(briefly)).toEqual(keptOf(ledger.ended).map(briefly));
  const inShort = ({ id, result }: { id: string; result: string }) => ({ id, result });
  expect(history?.map(inShort)).toEqual(latest.slice(0, 5).map(inShort));
}

type Trouble = readonly (readonly [chance: number, make: () => void])[];

interface Simulation {
  readonly cluster: MemoryCluster;
  ledgerOf(name: string): Ledger;
  /** How many ends and missed slots were told as events and metrics, and how many could not be. */
  heard(): { readonly told: number; readonly untold: number };
  /** How many gateways accept whoever never leaves. */
  served(): number;
  /** Perhaps; meant for once an hour. */
  makeTrouble(): void;
  runUntil(elapsed: number): Promise<void>;
  /** Two days on which all is well. */
  endWell(): Promise<void>;
}

async function createSimulation(random: () => number): Promise<Simulation> {
  const time = createTime(START);
  const { clock } = time;
  const cluster = createMemoryCluster(() => clock.now());
  const tenants = createSimulatedTenants(() => time.elapsed);
  const wallClock = createWallClock(START - 2 * DAY_MS, START + (2 * DAYS + 30) * DAY_MS);
  const ledgers = new Map(NAMES.map((name) => [name, createLedger(wallClock)]));
  const ledgerOf = (name: string): Ledger => ledgers.get(name) ?? createLedger(wallClock);
  const audience = createAudience();
  const queue = createLookQueue(
    NAMES,
    () => time.elapsed,
    () => clock.now(),
  );
  const failures = new Map<string, number>();
  /** Of the look that is under way. */
  let written: Told[] = [];
  let mortal: Mortal;
  let reconcile: Reconcile;
  let route: Reconcile;

  await install(cluster);
  const mounts = createMounts(cluster, (name) => range(STAFF).map((index) => `user${index}@${domainOf(name)}`));
  cluster.onWrite((type, before, after) => {
    if (type.plural !== O365_SYNC.plural) return;
    written.push(ledgerOf(after.metadata.name).see(before as O365Sync, after as O365Sync, clock.now()));
  });

  /** A process that remembers nothing, and looks at everything. */
  function restart(): void {
    mortal = createMortal(cluster.client);
    const { events, observer } = audience;
    const { directories } = tenants;
    const process = { cluster, client: mortal.client, directories, clock, random };
    reconcile = createMemoryOperator({ ...process, events, observer }).sync;
    // What is said of a MailDomain is in nobody's books.
    route = createMemoryOperator(process).domain;
    failures.clear();
    for (const name of NAMES) queue.set(name, 0);
  }

  async function look(name: string): Promise<void> {
    written = [];
    const { signal } = new AbortController();
    try {
      const { requeueAfterMs } = await reconcile(`mail/${name}`, { signal, reconcileId: "x", log: SILENT });
      failures.delete(name);
      queue.set(name, requeueAfterMs ?? Number.POSITIVE_INFINITY);
      audience.compare(written);
      await lookAtDomain(name, signal);
    } catch (error) {
      if (!mortal.isDead && (error as Error).name !== "ApiError") throw error;
      audience.compareNothing(written);
      if (error instanceof Died) return restart();
      const before = failures.get(name) ?? 0;
      failures.set(name, before + 1);
      queue.set(name, Math.min(500 * 2 ** before, 5 * MINUTE_MS));
    }
  }

  /** Both controllers look when something of an object changed; here the second one after the first. */
  async function lookAtDomain(name: string, signal: AbortSignal): Promise<void> {
    try {
      await route(`mail/${name}`, { signal, reconcileId: "x", log: SILENT });
    } catch (error) {
      if (error instanceof Died) return restart();
      if ((error as Error).name !== "ApiError") throw error;
      queue.set(name, MINUTE_MS);
    }
  }

  async function runUntil(end: number): Promise<void> {
    for (let next = queue.next(); next.elapsed <= end; next = queue.next()) {
      time.elapsed = Math.max(time.elapsed, next.elapsed);
      await look(next.name);
    }
    time.elapsed = Math.max(time.elapsed, end);
  }

  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const edit = (change: (object: O365Sync) => void): void => {
    const name = pick(NAMES);
    cluster.edit(O365_SYNC, { namespace: "mail", name }, change);
    queue.set(name, 0);
  };
  const setSpec = (spec: Partial<O365Sync["spec"]>): void => edit((object) => void Object.assign(object.spec, spec));
  const setSchedule = (schedule: Partial<O365Sync["spec"]["schedule"]>): void =>
    edit(({ spec }) => void Object.assign(spec.schedule, schedule));
  const setTenant = (isDown: boolean): void => void Object.assign(tenants, { isDown });
  const setClock = (offset: number): void => {
    time.offset = offset;
    queue.clockWasSet();
  };
  const beGone = (): void => {
    time.elapsed += Math.floor(random() * 5 * HOUR_MS);
    if (random() < 0.3) setSpec({ suspend: true });
    restart();
  };
  let token = 0;
  const next = (): string => `t${++token}`;
  const ask = (): void =>
    edit(({ metadata }) => void Object.assign(metadata, { annotations: { "o365sync.dev/sync": next() } }));

  /** With their chances in percent. */
  const ofAll: Trouble = [
    [2, restart],
    [6, () => mortal.dieAt(1 + Math.floor(random() * 20), pick(["before", "after"]))],
    [2, () => setTenant(true)],
    [15, () => setTenant(false)],
    [2, () => cluster.fail(1 + Math.floor(random() * 3), pick(["before", "after"]))],
    // An outage of the API server: longer than everybody's patience.
    [1, () => cluster.fail(Math.floor(random() * 20 * OBJECTS), "before")],
    // The process is gone for a while, and everything is late.
    [2, beGone],
    // Somebody sets the clock, or another machine's clock is another one.
    [1, () => setClock(Math.floor((random() - 0.5) * 4 * HOUR_MS))],
    [2, () => setClock(0)],
  ];
  const ofOne: Trouble = [
    [2, () => setSpec({ suspend: true })],
    [10, () => setSpec({ suspend: false })],
    [1, () => setSchedule({ enabled: false })],
    [5, () => setSchedule({ enabled: true })],
    [2, () => setSchedule({ timesPerDay: 1 + Math.floor(random() * 4) })],
    [1, () => setSchedule({ timeZone: pick(ZONES) })],
    [2, () => setSpec({ excludeRecords: [`${next()}@example.com`] })],
    [3, ask],
  ];
  const perhaps = (trouble: Trouble): void => {
    let chance = random() * 100;
    for (const [size, make] of trouble) {
      chance -= size;
      if (chance >= 0) continue;
      make();
      return;
    }
  };

  restart();
  return {
    cluster,
    ledgerOf,
    heard: audience.heard,
    served: mounts.served,
    runUntil,
    makeTrouble() {
      perhaps(ofAll);
      for (let object = 0; object < OBJECTS; object += 20) perhaps(ofOne);
    },
    async endWell() {
      setTenant(false);
      cluster.fail(0, "before");
      setClock(0);
      await runUntil(time.elapsed + 2 * DAY_MS);
    },
  };
}

async function install({ client }: MemoryCluster): Promise<void> {
  const namespace = "mail";
  const inboundServers = [{ host: "mx.example.com", preference: 10 }];
  await client.create(SECRET, { metadata: { namespace, name: "o365" }, data: { clientSecret: "c2VjcmV0" } });
  for (const [index, name] of NAMES.entries()) {
    await client.create(MAIL_DOMAIN, {
      metadata: { namespace, name },
      spec: domainSpec({ domain: domainOf(name), inboundServers }),
    });
    const timeZone = ZONES[index % ZONES.length] ?? "UTC";
    const spec = syncSpec(name, {
      tenantId: domainOf(name),
      schedule: { enabled: true, timesPerDay: (index % 4) + 1, timeZone, startingDeadlineSeconds: 7200 },
      deletionGuard: { enabled: false, maxPercent: 10, floor: 10 },
    });
    await client.create(O365_SYNC, { metadata: { namespace, name }, spec });
  }
}

const briefly = ({ id, trigger, result, attempts }: Omit<Ended, "reason" | "isNews">) => ({
  id,
  trigger,
  result,
  attempts,
});

/** What the history has after one end after the other: a slot that is retried is in the one class, then in the other. */
function keptOf(ended: readonly Ended[]): Ended[] {
  let kept: Ended[] = [];
  for (const end of ended) {
    kept = [end, ...kept.filter(({ id }) => id !== end.id)];
    const ofQuiet = kept.filter(({ result }) => result === "Unchanged");
    const lost = new Set([...ofQuiet.slice(10), ...kept.filter((each) => !ofQuiet.includes(each)).slice(30)]);
    kept = kept.filter((each) => !lost.has(each));
  }
  return kept;
}

function newestFirst(ended: readonly Ended[]): Ended[] {
  const byId = new Map<string, Ended>();
  for (const end of ended) {
    byId.delete(end.id);
    byId.set(end.id, end);
  }
  return [...byId.values()].reverse();
}

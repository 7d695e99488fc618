/** Large lists that are due at the same moment: the container's memory holds them, and nobody else waits for them. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Shape } from "../../../bench/company.ts";
import { type Cloud, startCloud } from "../../../bench/tenant.ts";
import { AS_IN_THE_IMAGE, type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { limitMemory, type MemoryLimit } from "../../support/memory-limit.ts";
import { watchWithout } from "../../support/run-queue.ts";
import { createWorld, type World } from "../../support/world.ts";

const isFull = process.env["CI_DEPTH"] === "full";
const MIB = 1024 * 1024;
/** Of the chart. */
const LIMIT_BYTES = 512 * MIB;
const LISTS = 4;
/** Each third has an alias: more than 50,000 addresses, from where on a list counts as large. */
const USERS = isFull ? 150_000 : 40_000;
const ADDRESSES = USERS + Math.ceil(USERS / 3);
const SLICE_MS = 200;
const VICTIM_MS = 10_000;
const MINUTE_MS = 60_000;
const PATIENCE_MS = (isFull ? 10 : 4) * MINUTE_MS;

const tenantOf = (list: number): string => `6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a1${list}`;
const nameOf = (list: number): string => `list-${list}`;
const shapeOf = (list: number, renewed: number): Shape => ({
  users: USERS,
  groups: 0,
  contacts: 0,
  domains: [`l${list}.example`],
  renewed,
});

describe.each([
  { where: "one namespace", namespaces: 1 },
  { where: "four namespaces", namespaces: LISTS },
])(`${LISTS} lists of ${ADDRESSES} addresses in $where`, { timeout: 3 * PATIENCE_MS }, ({ namespaces }) => {
  let cloud: Cloud;
  let worlds: World[];
  let victim: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let limit: MemoryLimit;
  const worldOf = (list: number): World => worlds[list % namespaces] as World;
  beforeAll(async () => {
    cloud = await startCloud();
    worlds = [];
    for (let index = 0; index < namespaces; index++) worlds.push(await createWorld({ operator: false }));
    victim = await createWorld({ operator: false });
    const tenant = { ...victim.tenant, authority: cloud.origin, graph: cloud.origin };
    bundle = await createBundle({ ...victim, tenant }, { ...AS_IN_THE_IMAGE, others: { China: victim } });
    const watched = [victim, ...worlds].map(({ namespace }) => namespace).join(",");
    operator = bundle.start(
      [
        "--health-probe-bind-address=0",
        "--leader-elect",
        `--leader-election-namespace=${victim.namespace}`,
        `--watch-namespaces=${watched}`,
        "--manual-runs-per-hour=3600",
      ],
      { watched: true },
    );
    limit = limitMemory(operator.child.pid ?? 0, LIMIT_BYTES);
    await victim.install({ cloud: "China" });
    await victim.ask("sync", "first");
  }, 2 * MINUTE_MS);
  afterAll(async () => {
    await bundle.close();
    limit.close();
    cloud.close();
    for (const { tenant } of [victim, ...worlds]) await tenant.close();
  });

  const isGone = (): boolean => operator.child.exitCode !== null || operator.child.signalCode !== null;

  async function install(list: number): Promise<void> {
    const world = worldOf(list);
    const name = nameOf(list);
    const apiVersion = "o365sync.dev/v1alpha1";
    await world.apply("maildomains", {
      apiVersion,
      kind: "MailDomain",
      metadata: { name },
      spec: {
        domain: `l${list}.example`,
        serverType: "Office365",
        inboundServers: [{ host: "mx.example", preference: 10 }],
      },
    });
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      stringData: { clientSecret: "a-secret" },
    });
    await world.apply("o365syncs", {
      apiVersion,
      kind: "O365Sync",
      metadata: { name },
      spec: {
        domainRef: { name },
        tenantId: tenantOf(list),
        credentials: { clientId: victim.tenant.clientId, clientSecretRef: { name } },
        output: { shards: 32 },
      },
    });
  }

  /** Asks for a sync of all at once, and of the victim again and again until all are answered; answers the longest that it waited. */
  async function askAll(token: string): Promise<number> {
    for (let list = 0; list < LISTS; list++) await worldOf(list).annotate("sync", token, nameOf(list));
    let slowest = 0;
    for (const [end, began] = [performance.now() + PATIENCE_MS, 0]; performance.now() < end; ) {
      const waits = watchWithout([operator.child.pid ?? 0, process.pid]);
      const round = `${token}-${performance.now() - began}`;
      await victim.annotate("sync", round);
      await victim.until(
        () => victim.sync(),
        ({ status }) => status?.handledSync === round || isGone(),
        PATIENCE_MS,
      );
      slowest = Math.max(slowest, waits());
      const syncs = await Promise.all(Array.from({ length: LISTS }, (_, list) => worldOf(list).sync(nameOf(list))));
      if (isGone() || syncs.every(({ status }) => status?.handledSync === token)) break;
      await pause(500);
    }
    return slowest;
  }

  it.each([
    { sync: "first", renewed: 0 },
    { sync: "one alias more in each", renewed: 1 },
  ])("are published at once, and the victim is served: $sync", async ({ sync, renewed }) => {
    await cloud.order({
      tenants: Array.from({ length: LISTS }, (_, list) => [tenantOf(list), shapeOf(list, renewed)]),
    });
    const began = Date.now();
    if (renewed === 0) for (let list = 0; list < LISTS; list++) await install(list);
    const slowest = await askAll(`renewed-${renewed}`);
    const slice = operator.longestSliceMs(began);
    console.info(
      `${sync}: ${Date.now() - began} ms, peak ${Math.round(limit.peakBytes() / MIB)} MiB by ${limit.by}, longest slice ${Math.round(slice)} ms, victim ${Math.round(slowest)} ms`,
    );
    expect([operator.child.exitCode, operator.child.signalCode]).toEqual([null, null]);
    for (let list = 0; list < LISTS; list++) {
      const { status } = await worldOf(list).sync(nameOf(list));
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
      expect(status?.published?.addresses).toBe(ADDRESSES + renewed + 2);
    }
    expect(limit.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
    expect(slice).toBeLessThan(SLICE_MS);
    expect(slowest).toBeLessThan(VICTIM_MS);
  });
});

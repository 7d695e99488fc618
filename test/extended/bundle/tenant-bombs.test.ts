/** A tenant, or whoever answers in its place, sends what becomes large or takes long: the operator lives within its memory, pauses, and serves others. */

import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import type { Effect } from "../../../dev/tenant/faults.ts";
import { AS_IN_THE_IMAGE, type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { limitMemory, type MemoryLimit } from "../../support/memory-limit.ts";
import { createWorld, type World } from "../../support/world.ts";

/** Of the chart. */
const LIMIT_BYTES = 512 * 1024 * 1024;
const VICTIM_MS = 10_000;
const SLICE_MS = 200;
const MINUTE_MS = 60_000;

interface Bomb {
  readonly name: string;
  readonly spec?: object;
  /** Makes the tenant such; answers what puts it right again. */
  arrange(world: World): (() => void) | Promise<() => void>;
}

const MIB = 1024 * 1024;
const page = (body: string | (() => string), zipped = false): Effect => ({
  kind: "answer",
  status: 200,
  headers: { "Content-Type": "application/json", ...(zipped ? { "Content-Encoding": "gzip" } : {}) },
  body: zipped && typeof body === "string" ? gzipSync(body) : body,
});
const addresses = (owner: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${owner}.${index}@example.com`);
/** In place of whoever is there. */
function people(
  { tenant: { company } }: World,
  count: number,
  of: (index: number) => readonly [string, string[]],
): () => void {
  company.users.clear();
  for (let index = 0; index < count; index++) company.hire(...of(index));
  return () => company.users.clear();
}
const onUsers =
  (effect: (world: World) => Effect): Bomb["arrange"] =>
  (world) =>
    world.tenant.fault({ on: "users", effect: effect(world) });

const BOMBS: readonly Bomb[] = [
  {
    name: "500 hostile patterns, and 1,000 objects of 21 addresses (1)",
    spec: { excludeRecords: Array.from({ length: 500 }, (_, index) => `*${"[!~]".repeat(78)}~${index}`) },
    arrange: (world) => people(world, 1000, (index) => [`u${index}@example.com`, addresses(`u${index}`, 20)]),
  },
  {
    name: "one address on 100,000 objects (4)",
    arrange: (world) => people(world, 100_000, () => ["info@example.com", []]),
  },
  {
    name: "120 objects that share 10,000 addresses (4)",
    // In pages that are as large as pages may be.
    arrange: onUsers(({ tenant }) => {
      const proxyAddresses = addresses("s", 10_000).map((address) => `smtp:${address}`);
      let next = 0;
      return page(() => {
        const value = Array.from({ length: 40 }, (_, index) => ({
          id: `u${next}.${index}`,
          mail: null,
          proxyAddresses,
        }));
        const link = { "@odata.nextLink": `${tenant.graph}/v1.0/users?$skiptoken=${++next}` };
        return JSON.stringify({ value, ...(next % 3 === 0 ? {} : link) });
      });
    }),
  },
  {
    name: "1,000 objects of 400 addresses (4)",
    arrange: (world) => people(world, 1000, (index) => [`u${index}@example.com`, addresses(`u${index}`, 399)]),
  },
  {
    name: "a page of 60 KiB that becomes 60 MiB of lists (4)",
    arrange: onUsers(() => page(`{"value":[${"[],".repeat(20 * MIB)}[]]}`, true)),
  },
  {
    name: "a page as large as it may be, of lists (4)",
    arrange: onUsers(() => page(`{"value":[${"[],".repeat(7 * MIB)}[]]}`, true)),
  },
  {
    name: "a page as large as it may be, of objects nested as deep as nothing is (4)",
    arrange: onUsers(() => page(`{"value":${"[".repeat(11 * MIB)}${"]".repeat(11 * MIB)}}`, true)),
  },
  {
    name: "an answer of Entra that is a mebibyte of brackets",
    arrange(world) {
      world.tenant.expireTokens();
      return world.tenant.fault({ on: "token", times: 20, effect: page(`{"x":[${"[],".repeat(340_000)}[]]}`, true) });
    },
  },
  {
    name: "objects with as many addresses as they may have, each of thousands of characters",
    arrange: onUsers(() => {
      const user = (id: number) => ({
        id: `u${id}`,
        mail: null,
        proxyAddresses: Array(300).fill(`smtp:${"x".repeat(4000)}@example.com`),
      });
      return page(JSON.stringify({ value: Array.from({ length: 18 }, (_, id) => user(id)) }), true);
    }),
  },
  {
    name: "links to a next page without end",
    arrange: onUsers(({ tenant }) => {
      let next = 0;
      return page(() =>
        JSON.stringify({ value: [], "@odata.nextLink": `${tenant.graph}/v1.0/users?$skiptoken=${next++}` }),
      );
    }),
  },
  {
    name: "long links to a next page without end",
    arrange: onUsers(({ tenant }) => {
      let next = 0;
      const tail = "x".repeat(12 * 1024);
      return page(() =>
        JSON.stringify({ value: [], "@odata.nextLink": `${tenant.graph}/v1.0/users?$skiptoken=${next++}&x=${tail}` }),
      );
    }),
  },
  {
    name: "large answers about each of those that are gone",
    async arrange(world) {
      people(world, 6_000, (index) => [`u${index}@example.com`, []]);
      await world.annotate("sync", "large");
      await world.until(
        () => world.sync(),
        ({ status }) => status?.handledSync === "large",
        MINUTE_MS,
      );
      const { company, showing } = world.tenant;
      const proxyAddresses = Array.from({ length: 1800 }, (_, index) => `smtp:a${index}@elsewhere.example`);
      const elsewhere = [...company.users.values()]
        .slice(0, 2900)
        .map((user) => ({ ...user, mail: null, proxyAddresses }));
      for (const { id } of elsewhere) company.users.delete(id);
      showing.views.ids = (collection) => (collection === "users" ? elsewhere : []);
      return () => void delete showing.views.ids;
    },
  },
];

describe("A tenant that sends", { timeout: 4 * MINUTE_MS }, () => {
  let evil: World;
  let victim: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let limit: MemoryLimit;
  beforeAll(async () => {
    evil = await createWorld({ operator: false, company: createCompany(["example.com"]) });
    victim = await createWorld({ operator: false });
    bundle = await createBundle(evil, { ...AS_IN_THE_IMAGE, china: victim });
    operator = bundle.start(
      [
        "--health-probe-bind-address=0",
        "--leader-elect",
        `--leader-election-namespace=${victim.namespace}`,
        `--watch-namespaces=${evil.namespace},${victim.namespace}`,
        "--manual-runs-per-hour=3600",
        "--sync-timeout=20",
      ],
      { watched: true },
    );
    limit = limitMemory(operator.child.pid ?? 0, LIMIT_BYTES);
    await evil.install({ deletionGuard: { enabled: false }, output: { shards: 16 } });
    await victim.install({ cloud: "China" });
    await victim.ask("sync", "first");
  }, 2 * MINUTE_MS);
  afterAll(async () => {
    await bundle.close();
    limit.close();
    await evil.close();
    await victim.close();
  });

  it.each(BOMBS)("$name: it keeps nobody waiting", async ({ name, spec = {}, arrange }) => {
    await evil.patch("o365syncs", "example-com", { spec: { excludeRecords: null, ...spec } });
    const undo = await arrange(evil);
    onTestFinished(undo);
    const began = Date.now();
    const token = `bomb-${BOMBS.findIndex((bomb) => bomb.name === name)}`;
    await evil.annotate("sync", token);
    let slowest = 0;
    for (let round = 0; ; round++) {
      const asked = performance.now();
      await victim.annotate("sync", `${token}-${round}`);
      const { status } = await victim.until(
        () => victim.sync(),
        (sync) =>
          sync.status?.handledSync === `${token}-${round}` ||
          operator.child.exitCode !== null ||
          operator.child.signalCode !== null,
        MINUTE_MS,
      );
      slowest = Math.max(slowest, performance.now() - asked);
      if ((await evil.sync()).status?.handledSync === token) break;
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    }
    const { state, reason } = (await evil.sync()).status?.requests?.sync ?? {};
    const slice = operator.longestSliceMs(began);
    console.info(
      `${name}: ${state} ${reason} in ${Date.now() - began} ms, longest slice ${Math.round(slice)} ms, victim ${Math.round(slowest)} ms, peak ${Math.round(limit.peakBytes() / MIB)} MiB`,
    );
    expect([operator.child.exitCode, operator.child.signalCode]).toEqual([null, null]);
    expect(slowest).toBeLessThan(VICTIM_MS);
    expect(slice).toBeLessThan(SLICE_MS);
    expect(limit.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
  });
});

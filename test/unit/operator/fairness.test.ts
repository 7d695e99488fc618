/** Nobody takes all workers: neither a tenant nor a namespace, whatever its objects name as their tenants. */
import { describe, expect, it } from "vitest";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { createTenantNames } from "../../../src/directory/tenant-names.ts";
import { createDomainFairness, createFairness } from "../../../src/operator/fairness.ts";
import { createQueue } from "../../../src/runtime/queue.ts";
import { createStore, storeKey } from "../../../src/runtime/store.ts";
import { createFakeClock } from "../../support/clock.ts";

const guid = (index: number): string => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;
const sync = (namespace: string, name: string, tenantId: string, addresses?: number): O365Sync =>
  ({
    metadata: { namespace, name, uid: `${namespace} ${name}` },
    spec: { cloud: "Global", tenantId },
    ...(addresses === undefined ? {} : { status: { published: { addresses } } }),
  }) as O365Sync;
/** One in each of these namespaces, each of a tenant of its own. */
const spread = (namespaces: readonly string[], addresses?: number): O365Sync[] =>
  namespaces.map((namespace, index) => sync(namespace, "example-com", guid(index + 100), addresses));
const invented = (namespace: string, count: number): O365Sync[] =>
  Array.from({ length: count }, (_, index) => sync(namespace, `s${index}`, guid(index + 1)));

const WORKERS = 4;
/** What the workers take when all of these wait, in this order; none is ever done. */
async function taken(syncs: readonly O365Sync[]): Promise<string[]> {
  const store = createStore<O365Sync>();
  for (const each of syncs) store.put(each);
  const fairness = createFairness(store, createTenantNames(), WORKERS);
  const queue = createQueue({ clock: createFakeClock(), fairness });
  for (const { metadata } of syncs) queue.add(storeKey(metadata));
  const found: string[] = [];
  for (let worker = 0; worker < WORKERS; worker++) void queue.get().then((key) => key !== undefined && found.push(key));
  await new Promise((resolve) => setImmediate(resolve));
  return found;
}

describe("Of four workers", () => {
  it("a namespace whose objects name a thousand invented tenants takes two, and its neighbour comes second", async () => {
    const found = await taken([...invented("evil", 1000), sync("mail", "example-com", guid(5000))]);
    expect(found).toEqual(["evil/s0", "mail/example-com", "evil/s1"]);
  });

  it("the only namespace takes all, for different tenants", async () => {
    expect(await taken(invented("mail", 10))).toHaveLength(4);
  });

  it("a tenant takes two, from however many namespaces it is read", async () => {
    const tenant = guid(7);
    const found = await taken(["a", "b", "c", "d"].map((namespace) => sync(namespace, "example-com", tenant)));
    expect(found).toHaveLength(2);
  });

  it("large lists take two, from however many namespaces, and a small one behind them comes second", async () => {
    const large = spread(["a", "b", "c", "d"], 200_000);
    const found = await taken([...large, sync("mail", "example-com", guid(1), 500)]);
    expect(found).toEqual(["a/example-com", "mail/example-com", "b/example-com"]);
  });

  it("large lists take two in the only namespace too", async () => {
    const large = Array.from({ length: 4 }, (_, index) => sync("mail", `s${index}`, guid(index), 200_000));
    expect(await taken([...large, sync("mail", "small", guid(9), 500)])).toEqual(["mail/s0", "mail/small", "mail/s1"]);
  });

  it("those that have published nothing yet take three where somebody has, and that one comes second", async () => {
    const found = await taken([...spread(["a", "b", "c", "d"]), sync("mail", "example-com", guid(1), 500)]);
    expect(found).toEqual(["a/example-com", "mail/example-com", "b/example-com", "c/example-com"]);
  });

  it("those that have published nothing yet take all while nobody has", async () => {
    expect(await taken(spread(["a", "b", "c", "d", "e"]))).toHaveLength(4);
  });

  it("usual lists take all, of different tenants in different namespaces", async () => {
    expect(await taken(spread(["a", "b", "c", "d", "e"], 500))).toHaveLength(4);
  });

  /** The first four, when the only worker takes one after the other. */
  async function turns(syncs: readonly O365Sync[]): Promise<string[]> {
    const store = createStore<O365Sync>();
    for (const each of syncs) store.put(each);
    const fairness = createFairness(store, createTenantNames(), WORKERS);
    const queue = createQueue({ clock: createFakeClock(), fairness });
    for (const { metadata } of syncs) queue.add(storeKey(metadata));
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const key = (await queue.get()) ?? "";
      order.push(key);
      queue.done(key);
    }
    return order;
  }

  it("namespaces take turns, whatever tenants they invent: the last of a hundred is not served behind the first's objects", async () => {
    const found = await turns([...invented("evil", 100), sync("mail", "a", guid(5000)), sync("mail", "b", guid(5001))]);
    expect(found).toEqual(["evil/s0", "mail/a", "evil/s1", "mail/b"]);
  });

  it("none makes the turn of a neighbour's tenant be over by naming it in its own objects", async () => {
    const [other, victim] = [guid(1), guid(2)];
    const found = await turns([
      ...Array.from({ length: 8 }, (_, index) => sync("evil", `s${index}`, victim, 500)),
      ...Array.from({ length: 4 }, (_, index) => sync("mail", `other${index}`, other, 500)),
      sync("mail", "victim", victim, 500),
    ]);
    expect(found).toEqual(["evil/s0", "mail/other0", "evil/s1", "mail/victim"]);
  });
});

it("Thousands that one change wakes are looked through once, also while a worker that may take none of them waits", async () => {
  const store = createStore<O365Sync>();
  const [mine, others] = [invented("b", 5_000), invented("a", 2)];
  for (const each of [sync("mail", "victim", guid(9_000), 500), ...others, ...mine]) store.put(each);
  let asked = 0;
  const counting: Pick<typeof store, "get" | "values"> = {
    get: (key) => store.get(key),
    values: (indexer) => {
      asked++;
      return store.values(indexer);
    },
  };
  const fairness = createFairness(counting, createTenantNames(), WORKERS);
  const queue = createQueue({ clock: createFakeClock(), fairness });
  for (let worker = 0; worker < WORKERS; worker++) void queue.get();
  for (const { metadata } of [...others, ...mine.slice(0, 1)]) queue.add(storeKey(metadata));
  await new Promise((resolve) => setImmediate(resolve));
  asked = 0;
  for (const { metadata } of mine) queue.add(storeKey(metadata));
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBeLessThan(20);
});

describe("Of two workers for MailDomains", () => {
  const domain = (namespace: string, name: string): MailDomain =>
    ({ metadata: { namespace, name, uid: `${namespace} ${name}` } }) as MailDomain;
  const crowd = Array.from({ length: 1000 }, (_, index) => domain("evil", `d${index}`));
  const queueOf = (domains: readonly MailDomain[]) => {
    const store = createStore<MailDomain>();
    for (const each of domains) store.put(each);
    const queue = createQueue({ clock: createFakeClock(), fairness: createDomainFairness(store, 2) });
    for (const { metadata } of domains) queue.add(storeKey(metadata));
    return queue;
  };

  it("a namespace with a thousand takes one, and its neighbour is not behind them", async () => {
    const queue = queueOf([...crowd, domain("mail", "example-com")]);
    expect([await queue.get(), await queue.get()]).toEqual(["evil/d0", "mail/example-com"]);
  });

  it("the only namespace takes both", async () => {
    const queue = queueOf(crowd);
    expect([await queue.get(), await queue.get()]).toEqual(["evil/d0", "evil/d1"]);
  });
});

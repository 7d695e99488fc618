/** Which change wakes which object: whoever may gain or lose by it looks again, also by what an object was before. */
import { beforeEach, describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { route } from "../../../src/operator/wake.ts";
import { CONFIG_MAP, type KubeObject, type ResourceType, SECRET } from "../../../src/runtime/kube.ts";
import { createStore } from "../../../src/runtime/store.ts";
import type { Controller, Reflector, StoreChange } from "../../../src/runtime/types.ts";
import { domainSpec, syncSpec } from "../../support/memory-operator.ts";

/** A cache that a test fills, and that tells its changes as a reflector does: after the store has changed. */
function watched<T extends KubeObject>(type: ResourceType<T>) {
  const store = createStore<T>();
  const handlers: ((change: StoreChange<T>) => void)[] = [];
  const tell = (changes: readonly StoreChange<T>[]): void => {
    for (const change of changes) for (const handler of handlers) handler(change);
  };
  const reflector: Reflector<T> = {
    type,
    version: undefined,
    store,
    namespace: undefined,
    trouble: undefined,
    hasSynced: true,
    onChange: (handler) => void handlers.push(handler),
    run: () => Promise.resolve(),
  };
  return {
    store,
    reflectors: [reflector],
    put: (object: T) => tell([store.put(object)].flat().filter((change) => change !== undefined)),
    remove: (object: T) => tell([store.remove(object)].flat().filter((change) => change !== undefined)),
  };
}

const metadata = (name: string) => ({ namespace: "mail", name, resourceVersion: "1" });
let version = 1;
const domain = (name: string, aliases: readonly string[] = [], routed: readonly string[] = []): MailDomain => ({
  metadata: { ...metadata(name), resourceVersion: String(++version) },
  spec: domainSpec({
    domain: `${name}.test`,
    aliasDomains: aliases.map((alias) => ({ name: alias, recipients: "Directory" })),
  }),
  status: { routing: { names: [...routed] } },
});
const sync = (name: string, ref: string): O365Sync => ({
  metadata: { ...metadata(name), resourceVersion: String(++version) },
  spec: syncSpec(ref),
});

const make = () => ({
  domains: watched(MAIL_DOMAIN),
  syncs: watched(O365_SYNC),
  configMaps: watched(CONFIG_MAP),
  secrets: watched(SECRET),
});
let world: ReturnType<typeof make>;
let woken: Set<string>;

beforeEach(() => {
  world = make();
  woken = new Set();
  const controller = (kind: string): Controller => ({
    name: kind,
    enqueue: (key) => void woken.add(`${kind} ${key.replace("mail/", "")}`),
    run: () => Promise.resolve(),
  });
  route(world, controller("sync"), controller("domain"));
  for (const each of [
    domain("a", ["n.test"], ["a.test", "n.test"]),
    domain("b"),
    domain("c", [], ["c.test", "old.test"]),
  ])
    world.domains.put(each);
  for (const name of ["a", "b", "c"]) world.syncs.put(sync(name, name));
  woken.clear();
});

describe("A change wakes", () => {
  it("the rival MailDomain of a name that comes, and the O365Syncs of both", () => {
    world.domains.put(domain("b", ["n.test"]));
    expect([...woken].sort()).toEqual(["domain a", "domain b", "sync a", "sync b"]);
  });

  it("the rival MailDomain of a name that went: by the old values", () => {
    world.domains.put(domain("b", ["n.test"]));
    woken.clear();
    world.domains.put(domain("b"));
    expect([...woken].sort()).toEqual(["domain a", "domain b", "sync a", "sync b"]);
  });

  it("the rivals of a MailDomain that is deleted", () => {
    world.domains.put(domain("b", ["n.test"]));
    woken.clear();
    world.domains.remove(world.domains.store.get("mail/a") as MailDomain);
    expect([...woken].sort()).toEqual(["domain a", "domain b", "sync a", "sync b"]);
  });

  it("whoever routes a name that another one claims, though its own spec has lost it", () => {
    world.domains.put(domain("b", ["old.test"]));
    expect([...woken].sort()).toEqual(["domain b", "domain c", "sync b", "sync c"]);
  });

  it("the rival O365Sync of a MailDomain", () => {
    world.syncs.put(sync("second", "a"));
    woken.clear();
    world.syncs.remove(world.syncs.store.get("mail/a") as O365Sync);
    expect([...woken].sort()).toEqual(["domain a", "sync a", "sync second"]);
  });

  it("every MailDomain of the domain whose list changed, whatever its O365Sync refers to", () => {
    world.configMaps.put({
      metadata: {
        ...metadata("x-manifest"),
        labels: { "o365sync.dev/sync": "x", "o365sync.dev/domain": "gone" },
        annotations: { "o365sync.dev/domain-name": "a.test" },
      },
    });
    expect([...woken].sort()).toEqual(["domain a", "domain gone", "sync x"]);
  });

  it("no rival of an O365Sync that somebody annotates, however many want its MailDomain", () => {
    for (let index = 0; index < 200; index++) world.syncs.put(sync(`s${index}`, "a"));
    woken.clear();
    const changed = sync("a", "a");
    world.syncs.put({ ...changed, metadata: { ...changed.metadata, annotations: { "o365sync.dev/sync": "1" } } });
    expect([...woken].sort()).toEqual(["domain a", "sync a"]);
  });

  it("no older rival of an O365Sync that comes", () => {
    world.syncs.put(sync("second", "a"));
    expect([...woken].sort()).toEqual(["domain a", "sync second"]);
  });

  it("every younger rival of an O365Sync that asks for its MailDomain now, or asks for it no longer", () => {
    world.syncs.put(sync("second", "a"));
    woken.clear();
    world.syncs.put(sync("a", "b"));
    expect([...woken].sort()).toEqual(["domain a", "domain b", "sync a", "sync b", "sync second"]);
  });

  it("no O365Sync of a MailDomain that somebody annotates, or whose conditions change", () => {
    world.domains.put(domain("b", ["n.test"]));
    woken.clear();
    const changed = domain("b", ["n.test"]);
    const status = { ...changed.status, conditions: [], addresses: 3 };
    world.domains.put({ ...changed, metadata: { ...changed.metadata, annotations: { a: "1" } }, status });
    expect([...woken].sort()).toEqual(["domain b"]);
  });
});

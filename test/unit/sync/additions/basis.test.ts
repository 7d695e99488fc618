/** What a poll may stand on: whoever attacked it put addresses on lists whose sync had refused them, or that had left. */
import { afterEach, describe, expect, it } from "vitest";
import { O365_SYNC } from "../../../../src/api/resources.ts";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { SECRET, type Secret } from "../../../../src/runtime/kube.ts";
import {
  createSmallWorld,
  NAME,
  peopleOf,
  SLOTS_AND_POLLS,
  type SmallWorld,
  type SmallWorldOptions,
} from "../../../support/small-world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let world: SmallWorld;
afterEach(() => world.close());

async function create(options: SmallWorldOptions = {}): Promise<void> {
  world = await createSmallWorld({ company: peopleOf(40), spec: { schedule: SLOTS_AND_POLLS }, ...options });
  await world.work();
  await wait();
}
async function wait(ms = 5 * MINUTE_MS): Promise<void> {
  world.now += ms;
  await world.work();
}
/** The spec names another tenant, of which nobody may see whose the domain is; its plan removes everybody, and is held. */
async function holdAnotherTenant(): Promise<void> {
  for (let index = 0; index < 40; index++) world.company.remove(`user${index}@example.com`);
  world.tenant.fault({ on: "organization", effect: { kind: "status", status: 403 } });
  world.now += 3 * HOUR_MS;
  world.edit(({ spec }) => void Object.assign(spec, { tenantId: "example.com" }));
  await wait(0);
  expect(world.sync().status?.lastSync?.result).toBe("Held");
}
const additions = () => world.sync().status?.additions;

describe("A poll", () => {
  it("takes nothing from a tenant that no sync found to own the domain", async () => {
    await create();
    world.company.domains.splice(0, 9, "other.test");
    world.edit(({ spec }) => void Object.assign(spec, { tenantId: "example.com" }));
    await wait(0);
    expect(world.sync().status?.lastSync?.reason).toBe("DomainNotInTenant");
    world.company.addContact("foreign@example.com");
    await wait();
    await wait();
    expect(world.accepted()).not.toContain("foreign@example.com");
    expect(additions()).toMatchObject({ state: "Waiting", message: expect.stringContaining("the last sync failed") });
    world.company.domains.splice(0, 9, "example.com");
    world.edit(({ metadata, spec }) => {
      Object.assign(spec, { tenantId: world.tenant.tenantId });
      metadata.annotations = { "o365sync.dev/sync": "mended" };
    });
    await wait(0);
    world.company.hire("new@example.com");
    await wait();
    expect(world.accepted()).toContain("new@example.com");
    expect(additions()?.state).toBe("Current");
  });

  it("takes nothing from a tenant whose plan is held, where nobody may see whose the domain is", async () => {
    await create();
    world.company.domains.splice(0, 9, "other.test");
    world.company.addContact("foreign@example.com");
    await holdAnotherTenant();
    await wait();
    await wait();
    expect(world.accepted()).not.toContain("foreign@example.com");
    expect(additions()?.state).toBe("Waiting");
  });

  it("takes nothing from a tenant whose plan is held, because somebody wrote its name into the manifest", async () => {
    await create();
    await holdAnotherTenant();
    world.editMap(`${NAME}-manifest`, ({ data = {} }) => {
      const manifest = JSON.parse(data["manifest.json"] ?? "") as { feed: { tenant: string } };
      manifest.feed.tenant = "Global example.com";
      data["manifest.json"] = JSON.stringify(manifest);
    });
    world.company.addContact("foreign@example.com");
    await wait();
    await wait();
    world.restart();
    await wait();
    await wait();
    expect(world.accepted()).not.toContain("foreign@example.com");
    expect(additions()?.state).toBe("Waiting");
  });

  it("goes on while a plan of its own tenant is held, also in a process that starts meanwhile", async () => {
    await create();
    for (let index = 0; index < 40; index++) world.company.remove(`user${index}@example.com`);
    await world.ask("sync", "held");
    expect(world.sync().status?.lastSync?.result).toBe("Held");
    world.restart();
    world.company.hire("new@example.com");
    await wait();
    await wait();
    expect(world.accepted()).toContain("new@example.com");
  });

  /** The tenant has lost the domain, and another key has it looked at again. */
  async function loseDomain(annotation: string): Promise<void> {
    await create();
    world.company.domains.splice(0, 9, "other.test");
    world.cluster.edit(SECRET as never, { namespace: "mail", name: "o365" }, ({ data = {} }: Secret) => {
      data["second"] = data["clientSecret"] ?? "";
    });
    world.edit(({ metadata, spec }) => {
      Object.assign(spec.credentials ?? {}, { clientSecretRef: { name: "o365", key: "second" } });
      metadata.annotations = { [`o365sync.dev/${annotation}`]: "again" };
    });
    await wait(0);
  }
  async function expectNobodyTaken(): Promise<void> {
    world.company.addContact("foreign@example.com");
    await wait(MINUTE_MS);
    await wait();
    await wait();
    expect(world.accepted()).not.toContain("foreign@example.com");
  }

  it("takes nothing from a tenant that has lost the domain, once a sync has found that out", async () => {
    await loseDomain("sync");
    expect(world.sync().status?.lastSync?.reason).toBe("DomainNotInTenant");
    await expectNobodyTaken();
  });

  it("takes nothing from a tenant that has lost the domain, once a test of the connection has found that out", async () => {
    await loseDomain("test-connection");
    expect(world.sync().status?.requests?.testConnection?.reason).toBe("DomainNotInTenant");
    await expectNobodyTaken();
  });

  it.each([503, 429, 401])(
    "takes nothing from a tenant that has lost the domain, though the next sync failed at something else: %s",
    async (status) => {
      await loseDomain("sync");
      for (let times = 0; times < 4; times++)
        world.tenant.fault({ on: "organization", effect: { kind: "status", status } });
      await world.ask("sync", "third");
      expect(world.sync().status?.lastSync?.reason).not.toBe("DomainNotInTenant");
      await expectNobodyTaken();
    },
  );

  it("takes nothing from a tenant whose last sync said so, in the words of an older version", async () => {
    await loseDomain("sync");
    const { status } = world.sync();
    const before = { ...world.sync(), status: { ...status, verifiedHash: "0123456789abcdef" } };
    await world.cluster.client.patch(O365_SYNC, { namespace: "mail", name: NAME }, before, { subresource: "status" });
    await expectNobodyTaken();
  });

  it.each([
    ["found that it has it again", () => void world.company.domains.splice(0, 9, "example.com")],
    [
      "passed, though nobody may see whose it is",
      () => void world.tenant.fault({ on: "organization", effect: { kind: "status", status: 403 } }),
    ],
  ])("goes on after a sync that %s", async (_, change) => {
    await loseDomain("sync");
    change();
    expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded" });
    world.company.hire("new@example.com");
    await wait();
    await wait();
    expect(world.accepted()).toContain("new@example.com");
  });

  it("asks for the sources that are on, whatever else others of the tenant follow", async () => {
    await create();
    world.edit(({ spec }) => void Object.assign(spec, { sources: { users: true, groups: false, contacts: false } }));
    await wait(0);
    await wait();
    world.company.addGroup("team@example.com");
    world.company.addContact("contact@example.com");
    world.company.hire("new@example.com");
    await wait();
    await wait();
    expect(world.accepted()).toContain("new@example.com");
    expect(world.accepted()).not.toContain("team@example.com");
    expect(world.accepted()).not.toContain("contact@example.com");
  });

  it("does not take in who had to wait at a limit and has left since", async () => {
    await create();
    world.edit(({ spec }) => void Object.assign(spec, { operationsLimit: { accountAdds: 1 } }));
    const hired = ["a1@example.com", "a2@example.com"];
    for (const address of hired) world.company.hire(address);
    await wait();
    const left = hired.find((address) => !world.accepted().includes(address)) ?? "nobody";
    world.company.remove(left);
    await wait(6 * HOUR_MS);
    await wait();
    expect(world.accepted()).not.toContain(left);
  });

  it.each<[what: string, change: (spec: O365Sync["spec"]) => unknown]>([
    [
      "additions are turned off",
      (spec) => Object.assign(spec, { schedule: { ...SLOTS_AND_POLLS, additions: { enabled: false } } }),
    ],
    ["it is suspended", (spec) => Object.assign(spec, { suspend: true })],
  ])("publishes nothing where %s while it asks", async (_, change) => {
    await create();
    const before = world.accepted();
    world.company.hire("new@example.com");
    const edit = (page: never): never => {
      world.edit(({ spec }) => void change(spec));
      return page;
    };
    world.tenant.fault({ on: "delta", effect: { kind: "edit", edit: edit as never } });
    await wait().catch(() => {});
    await wait();
    expect(world.accepted()).toEqual(before);
  });

  it("takes nobody in at a Directory domain whose removal is held, and others as ever", async () => {
    const company = peopleOf(40);
    for (let index = 0; index < 30; index++) company.addAlias(`user${index}@example.com`, `user${index}@old.test`);
    await create({ company, domain: { aliasDomains: [{ name: "old.test", recipients: "Directory" }] } });
    world.editDomain(({ spec }) => void Object.assign(spec, { aliasDomains: [] }));
    await wait(0);
    const digest = world.sync().status?.held?.planDigest;
    expect(digest).toBeDefined();
    company.hire("new@old.test");
    company.hire("new@example.com");
    await wait();
    await wait();
    expect(world.accepted()).not.toContain("new@old.test");
    expect(world.accepted()).toContain("new@example.com");
    expect(world.sync().status?.held?.planDigest).toBe(digest);
  });

  it("adds nothing while the removal of a Mirror domain is held, for its plan has shown what leaves", async () => {
    await create({ domain: { aliasDomains: [{ name: "mirror.test", recipients: "Mirror" }] } });
    const before = world.accepted();
    expect(before).toContain("user1@mirror.test");
    world.editDomain(({ spec }) => void Object.assign(spec, { aliasDomains: [] }));
    await wait(0);
    const digest = world.sync().status?.held?.planDigest;
    world.company.hire("new@example.com");
    await wait();
    expect(world.accepted()).toEqual(before);
    expect(additions()).toMatchObject({ state: "Waiting", message: expect.stringContaining("published as a Mirror") });
    world.edit(({ metadata }) => void Object.assign(metadata, { annotations: { "o365sync.dev/approve": digest } }));
    await wait(0);
    expect(world.accepted().filter((address) => address.endsWith("@mirror.test"))).toEqual([]);
    await wait();
    expect(world.accepted()).toContain("new@example.com");
  });
});

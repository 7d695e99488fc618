/** Approvals that meet an obstacle, renderings that are held, and runs whose ground goes while they are under way. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../../src/api/resources.ts";
import { CONFIG_MAP, SECRET } from "../../../../src/runtime/kube.ts";
import type { Client } from "../../../../src/runtime/types.ts";
import { createSmallWorld, NAME, peopleOf, type SmallWorld } from "../../../support/small-world.ts";

const KEY = { namespace: "mail", name: NAME };
const MINUTE_MS = 60_000;
const MIRROR = [{ name: "example.org", recipients: "Mirror" as const }];

let world: SmallWorld;
afterEach(() => world.close());

const condition = (type: string) => world.sync().status?.conditions?.find((each) => each.type === type);
const digest = (): string => world.sync().status?.held?.planDigest ?? "";
const approve = (token: string) => world.ask("approve", token);
const leave = (from: number, to: number): void => {
  for (let index = from; index < to; index++) world.company.remove(`user${index}@example.com`);
};

describe("An approval that meets an obstacle", () => {
  beforeEach(async () => {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    leave(0, 40);
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
  });

  const suspend = (is: boolean): void =>
    world.edit(({ spec }) => {
      spec.suspend = is;
    });

  it("is answered while the object is suspended, and does its work afterwards (16.11)", async () => {
    const shown = digest();
    suspend(true);
    expect(await approve(shown)).toMatchObject({ state: "Accepted", reason: "Suspended" });
    expect(world.sync().status?.handledApprove).toBeUndefined();
    expect(condition("Held")?.message).toContain(`approve=${shown}`);
    expect(world.accepted()).toContain("user0@example.com");
    suspend(false);
    await world.work();
    expect(world.sync().status?.requests?.approve).toMatchObject({ token: shown, state: "Succeeded" });
    expect(world.accepted()).not.toContain("user0@example.com");
  });

  it("is answered while the Secret is missing, and does its work once it is there (16.11)", async () => {
    const shown = digest();
    const secret = await world.cluster.client.get(SECRET, { ...KEY, name: "o365" });
    await world.cluster.client.delete(SECRET, { ...KEY, name: "o365" });
    const answer = await approve(shown);
    expect(answer).toMatchObject({ state: "Accepted", reason: "DependencyNotReady" });
    await world.cluster.client.create(SECRET, { metadata: { ...KEY, name: "o365" }, data: secret.data ?? {} });
    world.now += MINUTE_MS;
    await world.work();
    expect(world.sync().status?.requests?.approve).toMatchObject({ token: shown, state: "Succeeded" });
  });

  it("is told once, however often the object is looked at", async () => {
    suspend(true);
    await approve(digest());
    const { resourceVersion } = world.sync().metadata;
    await world.work();
    expect(world.sync().metadata.resourceVersion).toBe(resourceVersion);
  });

  it("is refused at once where it names another plan, suspended or not", async () => {
    suspend(true);
    expect(await approve("00000000000000000000")).toMatchObject({ state: "Rejected", reason: "UnknownPlan" });
  });
});

describe("A rendering that is held", () => {
  beforeEach(async () => {
    world = await createSmallWorld({ domain: { aliasDomains: MIRROR } });
    await world.ask("sync", "first");
    world.now += MINUTE_MS;
  });

  const setMirrors = (aliasDomains: typeof MIRROR): void =>
    world.editDomain(({ spec }) => {
      spec.aliasDomains = aliasDomains;
    });
  const later = async (): Promise<void> => {
    world.now += MINUTE_MS + 1;
    await world.work();
  };

  it("has the same digest after a restart, also beside a change of shards, and its command works (16.12)", async () => {
    setMirrors([]);
    world.edit(({ spec }) => {
      spec.output.shards = 4;
    });
    await world.work();
    const shown = digest();
    expect(world.sync().status?.published?.shards).toBe(4);
    for (let restart = 0; restart < 2; restart++) {
      world.restart();
      await later();
      expect(digest()).toBe(shown);
    }
    expect(await approve(shown)).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(world.accepted()).not.toContain("user0@example.org");
  });

  it("keeps its digest while tables are put right that somebody edited", async () => {
    setMirrors([]);
    await world.work();
    const shown = digest();
    world.now += MINUTE_MS + 1;
    await world.removeMap(`${NAME}-recipients`);
    world.damaged = true;
    await later();
    world.damaged = false;
    expect(world.accepted()).toContain("user0@example.org");
    expect(digest()).toBe(shown);
    expect(await approve(shown)).toMatchObject({ state: "Succeeded" });
  });

  it("is held no longer once the person undoes it, and again when it comes back (16.13)", async () => {
    setMirrors([]);
    await world.work();
    expect(condition("Ready")).toMatchObject({ status: "False", reason: "Held" });
    setMirrors(MIRROR);
    await later();
    expect(condition("Ready")).toMatchObject({ status: "True", reason: "Succeeded" });
    expect(condition("Held")).toBeUndefined();
    expect(world.map(`${NAME}-plan`)).toBeUndefined();
    setMirrors([]);
    await later();
    expect(condition("Held")).toMatchObject({ status: "True", reason: "DeletionGuard" });
    expect(world.accepted()).toContain("user0@example.org");
  });

  it("passes when the guard is told to let it pass", async () => {
    setMirrors([]);
    await world.work();
    world.edit(({ spec }) => {
      spec.deletionGuard = { enabled: false, maxPercent: 10, floor: 10 };
    });
    await later();
    expect(condition("Held")).toBeUndefined();
    expect(world.accepted()).not.toContain("user0@example.org");
  });

  it("takes no run's plan away, whose command goes on working", async () => {
    leave(0, 40);
    await world.ask("sync", "second");
    const shown = digest();
    setMirrors([]);
    await later();
    expect(digest()).toBe(shown);
    expect(world.accepted()).toContain("user50@example.org");
    // What the run's plan did not show is judged by itself.
    expect(await approve(shown)).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(await approve(digest())).toMatchObject({ state: "Succeeded" });
    expect(world.accepted()).not.toContain("user50@example.org");
    expect(world.accepted()).not.toContain("user0@example.com");
  });

  it("counts what was removed in the last 24 hours, and the installation's cap", async () => {
    await world.close();
    world = await createSmallWorld({
      company: peopleOf(100),
      domain: { aliasDomains: MIRROR },
      maxDeletionPercent: 5,
      spec: { deletionGuard: { enabled: true, maxPercent: 100, floor: 1000 } },
    });
    await world.ask("sync", "first");
    world.now += MINUTE_MS;
    setMirrors([]);
    await later();
    expect(condition("Held")).toMatchObject({ reason: "DeletionGuard" });
    expect(world.accepted()).toContain("user0@example.org");
  });
});

describe("Approved removals", () => {
  it("do not count against the next 24 hours, others do", async () => {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    leave(0, 40);
    await world.ask("sync", "second");
    await approve(digest());
    leave(40, 46);
    expect(await world.ask("sync", "third")).toMatchObject({ state: "Succeeded" });
    leave(46, 52);
    expect(await world.ask("sync", "fourth")).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
  });
});

/** What happens to the object, or to its MailDomain, in the moment before the first write. */
const GROUNDS: Readonly<Record<string, { happen(): void | Promise<void>; answer?: object }>> = {
  "is suspended": {
    happen: () =>
      world.edit(({ spec }) => {
        spec.suspend = true;
      }),
    answer: { state: "Rejected", reason: "Suspended" },
  },
  "gets another tenant": {
    happen: () =>
      world.edit(({ spec }) => {
        spec.tenantId = "99999999-0000-4000-8000-000000000000";
      }),
    answer: { state: "Failed", reason: "SpecChanged" },
  },
  "gets another guard": {
    happen: () =>
      world.edit(({ spec }) => {
        spec.deletionGuard = { enabled: true, maxPercent: 1, floor: 0 };
      }),
    answer: { state: "Failed", reason: "SpecChanged" },
  },
  "gets another alias domain": {
    happen: () =>
      world.editDomain(({ spec }) => {
        spec.aliasDomains = [{ name: "example.net", recipients: "Directory" }];
      }),
    answer: { state: "Failed", reason: "SpecChanged" },
  },
  "loses its MailDomain": {
    happen: () => world.cluster.client.delete(MAIL_DOMAIN, KEY),
    answer: { state: "Failed", reason: "SpecChanged" },
  },
  "is deleted": { happen: () => world.cluster.client.delete(O365_SYNC, KEY) },
  "is deleted and made again": {
    async happen() {
      const { metadata: _, ...rest } = world.sync();
      await world.cluster.client.delete(O365_SYNC, KEY);
      await world.cluster.client.create(O365_SYNC, { metadata: { ...KEY }, spec: rest.spec });
    },
  },
};

describe("A run whose object", () => {
  /** While the tenant is read the ground goes. */
  async function runWhile(happen: () => void | Promise<void>): Promise<string[]> {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    const written: string[] = [];
    let armed = true;
    const client: Client = {
      ...world.cluster.client,
      async get(type, key, options) {
        // The last look before anything is written of a publication is at its ConfigMaps' owner.
        if (armed && type.plural === O365_SYNC.plural && world.sync()?.status?.lastSync?.id.startsWith("manual-")) {
          const running = world.sync().status?.lastSync?.result === undefined;
          if (running) {
            armed = false;
            await happen();
            world.cluster.onWrite((kind, _, after) => {
              if (kind.plural === CONFIG_MAP.plural) written.push(after.metadata.name);
            });
          }
        }
        return world.cluster.client.get(type, key, options);
      },
    };
    world.restart(client);
    world.company.hire("new@example.com");
    world.edit(({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, "o365sync.dev/sync": "second" };
    });
    await world.work();
    expect(armed).toBe(false);
    return written;
  }

  it.each(Object.keys(GROUNDS))("%s meanwhile publishes nothing (16.14)", async (how) => {
    const { happen = () => {}, answer } = GROUNDS[how] ?? {};
    const written = await runWhile(happen);
    expect(written.filter((name) => /recipients|accounts|manifest/.test(name))).toEqual([]);
    expect(world.map(`${NAME}-recipients`)?.data?.["relay_recipients"]).not.toContain("new@example.com");
    // Of an object that is gone nothing is written at all, and of one that was made anew nothing was answered.
    expect(answer === undefined ? written : []).toEqual([]);
    expect(world.sync()?.status?.requests?.sync ?? {}).toMatchObject(
      answer === undefined ? {} : { token: "second", ...answer },
    );
  });

  it("only gets another schedule meanwhile publishes", async () => {
    await runWhile(() =>
      world.edit(({ spec }) => {
        spec.historyLimit = 7;
        spec.schedule = { ...spec.schedule, timeZone: "Europe/Paris" };
      }),
    );
    expect(world.accepted()).toContain("new@example.com");
  });
});

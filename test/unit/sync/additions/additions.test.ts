/** Between syncs a new address is accepted within minutes, nothing ever leaves the list, and nobody who does not want it notices. */
import { afterEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { parseLeftOut } from "../../../../src/publication/left-out-file.ts";
import { CONFIG_MAP } from "../../../../src/runtime/kube.ts";
import { reportOf } from "../../../../src/sync/mail/mail.ts";
import {
  createSmallWorld,
  NAME,
  peopleOf,
  SLOTS,
  SLOTS_AND_POLLS,
  type SmallWorld,
} from "../../../support/small-world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let world: SmallWorld;
afterEach(() => world.close());

async function create(spec: Partial<O365Sync["spec"]> = {}): Promise<void> {
  world = await createSmallWorld({ company: peopleOf(40), spec: { schedule: SLOTS_AND_POLLS, ...spec } });
  await world.work();
  world.tenant.requests.length = 0;
}
/** As long as an object waits at most until it asks. */
async function wait(ms = 5 * MINUTE_MS): Promise<void> {
  world.now += ms;
  await world.work();
}
const additions = () => world.sync().status?.additions;
const asked = (kind: string): number => world.tenant.requests.filter((request) => request.kind === kind).length;
const writes = (): string[] =>
  world.cluster
    .store(CONFIG_MAP)
    .list()
    .map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
const historyOf = (): { readonly id: string; readonly trigger: string; readonly added?: readonly string[] }[] =>
  (JSON.parse(world.map(`${NAME}-history`)?.data?.["history.json"] ?? "{}") as { records: never[] }).records;

describe("A new address", () => {
  it("is accepted within the interval, without a sync", async () => {
    await create();
    const { lastSync } = world.sync().status ?? {};
    world.company.hire("new@example.com", ["second@example.com"]);
    world.company.addAlias("user1@example.com", "other@example.com");
    world.company.addGroup("team@example.com");
    await wait();
    const names = ["new", "second", "other", "team"].map((local) => `${local}@example.com`);
    expect(world.accepted()).toEqual(expect.arrayContaining(names));
    expect(world.sync().status?.lastSync).toEqual(lastSync);
    expect(additions()).toMatchObject({ state: "Current", accountAdds: 2, aliasAdds: 2 });
    expect(asked("users")).toBe(0);
  });

  it("that cannot be added is told with its reason, beside what was known of others", async () => {
    await create({ excludeRecords: ["test*"] });
    const told = () =>
      parseLeftOut(world.map(`${NAME}-left-out`)?.data?.["left-out.jsonl"] ?? "damaged")?.entries.map(
        ({ reason, address }) => `${reason} ${address}`,
      );
    world.company.hire("new@example.com", ["j\u00f6rg@example.com", "#one@example.com"]);
    world.company.hire("test.two@example.com");
    await wait();
    expect(told()).toEqual([
      "nonAscii j\u00f6rg@example.com",
      "format #one@example.com",
      "excluded test.two@example.com",
    ]);
    // Another object is looked at, and then one of these again.
    world.company.addAlias("user1@example.com", "b\u00e4r@example.com");
    await wait();
    world.company.removeAlias("new@example.com", "j\u00f6rg@example.com");
    await wait();
    const between = told();
    expect(between).toEqual([
      "nonAscii b\u00e4r@example.com",
      "format #one@example.com",
      "excluded test.two@example.com",
    ]);
    // A sync, which looks at all of them, says the same.
    await world.ask("sync", "all");
    expect(told()).toEqual(between);
  });

  it("that replaces another leaves the other accepted until the next sync", async () => {
    await create();
    world.company.rename("user1@example.com", "married@example.com");
    world.company.remove("user2@example.com");
    await wait();
    expect(world.accepted()).toEqual(
      expect.arrayContaining(["user1@example.com", "married@example.com", "user2@example.com"]),
    );
    await wait(6 * HOUR_MS);
    expect(world.accepted()).toContain("married@example.com");
    expect(world.accepted()).not.toContain("user1@example.com");
    expect(world.accepted()).not.toContain("user2@example.com");
  });

  it("is told in one record between two syncs, and in the status", async () => {
    await create();
    for (const local of ["a1", "a2", "a3"]) {
      world.company.hire(`${local}@example.com`);
      await wait();
    }
    const told = historyOf().filter(({ trigger }) => trigger === "Additions");
    expect(told.map(({ added }) => added)).toEqual([["a1@example.com", "a2@example.com", "a3@example.com"]]);
    expect(additions()?.accountAdds).toBe(3);
    expect(world.sync().status?.history?.[0]).toMatchObject({ trigger: "Additions", changes: { accountAdds: 3 } });
    await wait(6 * HOUR_MS);
    expect(additions()).toMatchObject({ accountAdds: 0, aliasAdds: 0, since: world.sync().status?.lastSuccessfulTime });
  });

  it("is told by the mail of the next sync", async () => {
    await create();
    world.company.hire("new@example.com", ["second@example.com"]);
    await wait();
    await wait(6 * HOUR_MS);
    const { history, lastSync } = world.sync().status ?? {};
    expect(history?.map(({ trigger }) => trigger)).toEqual(["Schedule", "Additions", "Initial"]);
    const { startTime = "", completionTime = "", trigger = "Schedule", attempts = 1 } = lastSync ?? {};
    const run = {
      trigger,
      syncedBy: "",
      startTime,
      completionTime,
      result: "Unchanged",
      reason: "",
      message: "",
      attempts,
    };
    const { facts } = reportOf({ object: world.sync(), domain: undefined }, run as never, undefined);
    expect(facts).toContainEqual({
      label: "Accepted before, between syncs",
      value: "accounts: 1, aliases: 1",
    });
  });

  it("that a pattern leaves out stays left out", async () => {
    await create({ excludeRecords: ["secret*"] });
    world.company.hire("secret1@example.com");
    await wait();
    expect(world.accepted()).not.toContain("secret1@example.com");
    expect(additions()?.accountAdds).toBe(0);
  });
});

describe("A poll that finds nothing", () => {
  it("is one request for each source, and writes nothing", async () => {
    await create();
    // The first keeps where it is asked from.
    await wait();
    await wait();
    world.tenant.requests.length = 0;
    const before = { writes: writes(), version: world.sync().metadata.resourceVersion };
    for (let round = 0; round < 6; round++) await wait();
    expect(asked("delta")).toBe(18);
    expect(world.tenant.requests.filter(({ kind }) => kind !== "delta" && kind !== "token")).toEqual([]);
    expect({ writes: writes(), version: world.sync().metadata.resourceVersion }).toEqual(before);
  });
});

describe("With additions off", () => {
  it.each([
    ["not asked for", SLOTS],
    ["switched off", { ...SLOTS, additions: { enabled: false, intervalMinutes: 5 } }],
  ])("because they are %s, there is no request, no write and no field", async (_, schedule) => {
    await create({ schedule });
    const before = { writes: writes(), version: world.sync().metadata.resourceVersion };
    world.company.hire("new@example.com");
    for (let round = 0; round < 4; round++) await wait();
    expect(world.tenant.requests).toEqual([]);
    expect({ writes: writes(), version: world.sync().metadata.resourceVersion }).toEqual(before);
    expect(additions()).toBeUndefined();
    expect(world.map(`${NAME}-manifest`)?.data?.["manifest.json"]).not.toMatch(/"(feed|plannedTime)":/);
  });

  it("again, nothing is left in the status", async () => {
    await create();
    await wait();
    expect(additions()).toBeDefined();
    world.edit(({ spec }) => void Object.assign(spec.schedule, { additions: { enabled: false, intervalMinutes: 5 } }));
    await world.work();
    expect(additions()).toBeUndefined();
  });

  it("while the object is suspended nothing is asked", async () => {
    await create();
    world.edit(({ spec }) => void Object.assign(spec, { suspend: true }));
    await wait();
    await wait();
    expect(asked("delta")).toBe(0);
  });
});

describe("While a plan is held", () => {
  const leave = (count: number): void => {
    for (let index = 0; index < count; index++) world.company.remove(`user${index}@example.com`);
  };
  const held = () => world.sync().status?.held;

  it("additions reach the gateway, and the plan that is shown stays the one to approve", async () => {
    await create();
    leave(20);
    world.company.hire("before@example.com");
    await wait(6 * HOUR_MS);
    expect(held()).toMatchObject({ approvable: true, reason: "DeletionGuard" });
    const shown = held()?.planDigest ?? "";
    world.company.hire("after@example.com");
    world.company.rename("user30@example.com", "married@example.com");
    await wait();
    const added = ["before@example.com", "after@example.com", "married@example.com"];
    expect(world.accepted()).toEqual(expect.arrayContaining([...added, "user0@example.com", "user30@example.com"]));
    expect(held()?.planDigest).toBe(shown);
    expect(await world.ask("approve", shown)).toMatchObject({ state: "Succeeded" });
    expect(world.accepted()).toEqual(expect.arrayContaining(added));
    expect(world.accepted()).not.toContain("user0@example.com");
  });

  it("the next slot holds it under the same digest, and that can be approved", async () => {
    await create();
    leave(20);
    world.company.hire("before@example.com");
    await wait(6 * HOUR_MS);
    const shown = held()?.planDigest ?? "";
    world.company.hire("after@example.com");
    await wait();
    expect(world.accepted()).toEqual(expect.arrayContaining(["before@example.com", "after@example.com"]));
    world.company.hire("late@example.com");
    await wait(12 * HOUR_MS);
    expect(world.sync().status?.lastSync).toMatchObject({ trigger: "Schedule", result: "Held" });
    expect(held()?.planDigest).toBe(shown);
    expect(await world.ask("approve", shown)).toMatchObject({ state: "Succeeded" });
    expect(world.accepted()).not.toContain("user0@example.com");
    expect(world.accepted()).toContain("late@example.com");
  });

  it("a plan that takes more than was shown has another digest", async () => {
    await create();
    leave(20);
    await wait(6 * HOUR_MS);
    const shown = held()?.planDigest;
    world.company.remove("user25@example.com");
    await wait(12 * HOUR_MS);
    expect(held()?.planDigest).not.toBe(shown);
  });
});

describe("At a limit", () => {
  it("no more is added until the next sync, which judges the whole", async () => {
    await create();
    world.edit(({ spec }) => void Object.assign(spec, { operationsLimit: { accountAdds: 2 } }));
    world.company.hire("a1@example.com");
    await wait();
    world.company.hire("a2@example.com");
    world.company.hire("a3@example.com");
    await wait();
    expect(additions()).toMatchObject({ state: "Limited", accountAdds: 2 });
    expect(world.accepted().filter((address) => /^a\d@/.test(address))).toHaveLength(2);
    world.tenant.requests.length = 0;
    await wait();
    expect(world.tenant.requests).toEqual([]);
    await wait(6 * HOUR_MS);
    expect(world.accepted().filter((address) => /^a\d@/.test(address))).toHaveLength(3);
    expect(additions()).toMatchObject({ state: "Current", accountAdds: 0 });
  });
});

describe("Trouble with the tenant", () => {
  const ready = () => world.sync().status?.conditions?.find(({ type }) => type === "Ready");

  it.each([
    ["throttling", { kind: "status", status: 429, retryAfter: "400" }],
    ["an error of Graph", { kind: "status", status: 503 }],
  ] as const)("(%s) leaves Ready alone, is told the third time, and is over when it is over", async (_, effect) => {
    await create();
    const before = ready();
    const over = world.tenant.fault({ on: "delta", effect });
    world.company.hire("new@example.com");
    for (let round = 0; round < 2; round++) await wait();
    expect(additions()?.state).toBe("Current");
    for (let round = 0; round < 3; round++) await wait();
    expect(additions()?.state).toBe("Behind");
    expect(ready()).toEqual(before);
    over();
    await wait();
    await wait();
    expect(additions()?.state).toBe("Current");
    expect(world.accepted()).toContain("new@example.com");
  });
});

describe("Where the tenant no longer tells what changed", () => {
  it("everything is read in full once, and only added to; the next time the next sync is waited for", async () => {
    await create();
    world.tenant.forgetDeltas();
    world.company.hire("new@example.com");
    world.company.remove("user1@example.com");
    await wait();
    expect(world.accepted()).toEqual(expect.arrayContaining(["new@example.com", "user1@example.com"]));
    expect(asked("users")).toBe(1);
    world.tenant.forgetDeltas();
    world.company.hire("newer@example.com");
    for (let round = 0; round < 5; round++) await wait();
    expect(asked("users")).toBe(1);
    expect(additions()?.state).toBe("Waiting");
    expect(world.accepted()).not.toContain("newer@example.com");
    await wait(6 * HOUR_MS);
    expect(world.accepted()).toContain("newer@example.com");
    expect(additions()?.state).toBe("Current");
    world.company.hire("newest@example.com");
    await wait();
    expect(world.accepted()).toContain("newest@example.com");
  });
});

describe("A full read for additions", () => {
  const lose = async (): Promise<void> => {
    world.tenant.forgetDeltas();
    world.company.hire("new@example.com");
    await wait();
  };

  it("that came to nothing is tried again after a quarter of an hour", async () => {
    await create();
    const over = world.tenant.fault({ on: "users", effect: { kind: "status", status: 503 } });
    await lose();
    over();
    expect(world.accepted()).not.toContain("new@example.com");
    for (let round = 0; round < 4; round++) await wait();
    expect(world.accepted()).toContain("new@example.com");
    expect(additions()?.state).toBe("Current");
  });

  it("is not done again by a process that starts: the place after it is kept", async () => {
    await create();
    world.tenant.forgetDeltas();
    await wait();
    expect(asked("users")).toBe(1);
    world.restart();
    for (let round = 0; round < 3; round++) await wait();
    expect(asked("users")).toBe(1);
    expect(additions()?.state).toBe("Current");
  });
});

describe("A process that starts", () => {
  it("goes on where the one before it was", async () => {
    await create();
    world.company.hire("seen@example.com");
    await wait();
    world.company.hire("unseen@example.com");
    world.restart();
    await wait(0);
    await wait();
    expect(world.accepted()).toContain("unseen@example.com");
    expect(asked("users")).toBe(0);
    expect(additions()?.accountAdds).toBe(2);
  });
});

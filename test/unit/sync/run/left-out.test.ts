/** `<sync>-left-out` after every kind of sync: what the tenant has and the list that stands has not (issue 18, point 6). */
import { afterEach, describe, expect, it } from "vitest";
import { parseLeftOut } from "../../../../src/publication/left-out-file.ts";
import {
  createSmallWorld,
  NAME,
  peopleOf,
  type SmallWorld,
  type SmallWorldOptions,
} from "../../../support/small-world.ts";

let world: SmallWorld;
afterEach(() => world.close());

const start = async (options: SmallWorldOptions): Promise<void> => {
  world = await createSmallWorld(options);
};

/** "reason address" a line; undefined where there is no such ConfigMap. */
function told(): string[] | undefined {
  const map = world.map(`${NAME}-left-out`);
  if (map === undefined) return undefined;
  const file = parseLeftOut(map.data?.["left-out.jsonl"] ?? "damaged");
  return file?.entries.map(({ reason, address = "" }) => `${reason} ${address}`);
}

const MIRRORS = [
  { name: "example.org", recipients: "Mirror" as const },
  { name: "example.net", recipients: "Mirror" as const },
];

describe("What is left out is told", () => {
  it("of a first sync that is held: nothing is published, and everybody can see why", async () => {
    const company = peopleOf(3);
    company.addAlias("user0@example.com", "jörg@example.com");
    await start({ company, spec: { operationsLimit: { accountAdds: 1 }, excludeRecords: ["user1@*"] } });
    expect(await world.ask("sync", "first")).toMatchObject({ state: "Failed", reason: "OperationsLimit" });
    expect(told()).toEqual(["nonAscii jörg@example.com", "excluded user1@example.com"]);
  });

  it("of a later sync that is held, but for what stays on the list until the plan is approved", async () => {
    await start({
      company: peopleOf(100),
      spec: { output: { formats: ["postfix"], shards: 1, deletionPolicy: "Orphan" } },
    });
    await world.ask("sync", "first");
    expect(told()).toBeUndefined();
    world.company.addAlias("user0@example.com", "jörg@example.com");
    world.company.addAlias("user1@example.com", "user2@example.com");
    world.company.hire("user55.new@example.com");
    world.edit(({ spec }) => {
      spec.excludeRecords = ["user5*"];
    });
    expect(await world.ask("sync", "held")).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    expect(told()).toEqual([
      "conflict user2@example.com",
      "nonAscii jörg@example.com",
      "excluded user55.new@example.com",
    ]);
    const digest = world.sync().status?.held?.planDigest ?? "";
    expect(await world.ask("approve", digest)).toMatchObject({ state: "Succeeded" });
    expect(told()).toContain("excluded user5@example.com");
    expect(world.accepted()).not.toContain("user5@example.com");
  });

  it("of what an object lost on paper alone: while a plan is held, the list has it where it was", async () => {
    await start({ company: peopleOf(100) });
    await world.ask("sync", "first");
    for (let index = 0; index < 40; index++) world.company.remove(`user${index}@example.com`);
    world.company.hire("user50.new@example.com", ["user50@example.com"]);
    world.company.find("user50@example.com").proxyAddresses = ["smtp:user50@example.com"];
    world.company.find("user50@example.com").mail = null;
    expect(await world.ask("sync", "held")).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    const holder = [...world.company.users.values()].find(({ mail }) => mail === "user50.new@example.com");
    // Whoever lost it in the directory and never had it on the list is told; its holder on the list is not.
    const entries = parseLeftOut(world.map(`${NAME}-left-out`)?.data?.["left-out.jsonl"] ?? "")?.entries ?? [];
    expect(entries.every(({ object }) => object === holder?.id)).toBe(true);
  });

  it("of what a format has no room for, where Mirror domains would repeat it, and of static recipients", async () => {
    const company = peopleOf(2);
    company.addAlias("user0@example.com", "#one@example.com");
    company.hire("#two@example.com", ["#one@example.net"]);
    await start({ company, spec: { staticRecipients: ["#three@example.com"] }, domain: { aliasDomains: MIRRORS } });
    await world.ask("sync", "first");
    expect(told()).toEqual([
      "format #one@example.com",
      // The tenant's own: not the copy of the one above.
      "format #one@example.net",
      "format #one@example.org",
      "format #three@example.com",
      "format #three@example.net",
      "format #three@example.org",
      "format #two@example.com",
      "format #two@example.net",
      "format #two@example.org",
    ]);
    expect(world.accepted().filter((address) => address.startsWith("#"))).toEqual([]);
  });

  it("no more, once nothing is left out", async () => {
    const company = peopleOf(2);
    company.addAlias("user0@example.com", "jörg@example.com");
    await start({ company });
    await world.ask("sync", "first");
    expect(told()).toEqual(["nonAscii jörg@example.com"]);
    world.company.removeAlias("user0@example.com", "jörg@example.com");
    await world.ask("sync", "second");
    expect(told()).toEqual([]);
  });
});

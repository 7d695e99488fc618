/** What requests and events say is so, and stays so (issue 17, point 17). */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSmallWorld, peopleOf, type SmallWorld } from "../../../support/small-world.ts";

let world: SmallWorld;
beforeEach(async () => {
  world = await createSmallWorld({ company: peopleOf(50) });
  await world.ask("sync", "first");
});
afterEach(() => world.close());

const leave = (count: number): void => {
  for (let index = 0; index < count; index++) world.company.remove(`user${index}@example.com`);
};

describe("A plan that was approved", () => {
  it("is offered for approval nowhere any more", async () => {
    leave(40);
    await world.ask("sync", "second");
    const digest = world.sync().status?.held?.planDigest ?? "";
    expect(JSON.stringify(world.sync().status)).toContain(`approve=${digest}`);
    expect(await world.ask("approve", digest)).toMatchObject({ state: "Succeeded" });
    expect(JSON.stringify(world.sync().status)).not.toContain("approve=");
    expect(world.sync().status?.requests?.sync).toMatchObject({ token: "second", state: "Failed" });
  });
});

describe("Tables that are made anew", () => {
  const notes = (): string[] => world.events.filter((line) => line.includes("tables were"));

  it("because the spec asks for others are not told as put right", async () => {
    world.edit(({ spec }) => void Object.assign(spec.output, { shards: 2 }));
    await world.work();
    expect(world.map("example-com-recipients-2-1")).toBeDefined();
    expect(notes().join()).toContain("spec.output or the Mirror domains changed");
    expect(notes().join()).not.toContain("put right");
  });

  it("because somebody edited them are", async () => {
    world.editMap("example-com-recipients", ({ data }) => void Object.assign(data ?? {}, { relay_recipients: "" }));
    world.now += 61_000;
    await world.work();
    expect(notes().join()).toContain("were put right from the published accounts");
  });
});

describe("A test of the connection that fails", () => {
  it("says nothing of a try to come: nobody tries it again", async () => {
    world.tenant.fault({ on: "users", effect: { kind: "status", status: 503 } });
    const answer = await world.ask("test-connection", "t1");
    expect(answer).toMatchObject({ state: "Failed" });
    expect(answer.message).not.toMatch(/tried again|next try|retr/);
  });
});

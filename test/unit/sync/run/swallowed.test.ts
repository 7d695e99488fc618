/** A request that somebody who may write ConfigMaps would have go by unanswered. */
import { afterEach, describe, expect, it } from "vitest";
import { createSmallWorld, NAME, peopleOf, SLOTS, type SmallWorld } from "../../../support/small-world.ts";

let world: SmallWorld;
afterEach(() => world.close());

describe("A request", () => {
  it("is answered, though somebody wrote its token into manifest and history as one that was handled", async () => {
    world = await createSmallWorld({ company: peopleOf(40), spec: { schedule: SLOTS } });
    await world.work();
    for (let index = 0; index < 30; index++) world.company.remove(`user${index}@example.com`);
    await world.ask("sync", "1");
    const digest = world.sync().status?.held?.planDigest ?? "none";
    world.editMap(`${NAME}-manifest`, ({ data = {} }) => {
      const manifest = JSON.parse(data["manifest.json"] ?? "") as object;
      data["manifest.json"] = JSON.stringify({ ...manifest, handled: { approve: digest } });
    });
    world.editMap(`${NAME}-history`, ({ data = {} }) => {
      const file = JSON.parse(data["history.json"] ?? "") as { records: object[] };
      for (const record of file.records) Object.assign(record, { request: "approve", token: digest });
      data["history.json"] = JSON.stringify(file);
    });
    expect(await world.ask("approve", digest)).toMatchObject({ token: digest, state: "Succeeded" });
    expect(world.accepted()).not.toContain("user0@example.com");
  });
});

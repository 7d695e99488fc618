/**
 * The process dies before the first call that a run makes to the API server and after every write, which is to die at any
 * call: a successor finishes. And what a dead process had under way changes nothing when it arrives late.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import { CONFIG_MAP, type KubeObject, type ResourceType } from "../../../src/runtime/kube.ts";
import { inMemory } from "./support/cluster.ts";
import { createScene, type Death, deathsOf, type Scene, settle, writesOf } from "./support/scene.ts";
import { recordOf, STORIES } from "./support/stories.ts";

const FULL = process.env["CI_DEPTH"] === "full";

describe.each(STORIES)("A process that dies during $name", ({ given, ask, expected }) => {
  let calls: readonly string[] = [];
  const begin = async (): Promise<Scene> => {
    const scene = await createScene(inMemory);
    await given(scene);
    await ask(scene);
    return scene;
  };
  beforeEach(async () => {
    const scene = await begin();
    const whole = scene.start();
    expect(await whole.work()).toBe(true);
    expected(scene);
    ({ calls } = whole);
    expect(calls.length).toBeGreaterThan(10);
  });

  it("wherever it dies, leaves work that a successor finishes", async () => {
    for (const { at, when } of deathsOf(calls)) {
      const scene = await begin();
      expect(await scene.start(at, when).work()).toBe(false);
      await settle(scene);
      expected(scene);
    }
  });

  it("changes nothing by a call that arrives late, whatever the tenant has become meanwhile", async () => {
    for (const at of writesOf(calls)) {
      const scene = await begin();
      const process = scene.start(at, "late");
      await process.work();
      scene.users++;
      await settle(scene);
      const before = outcomeOf(scene);
      await process.late();
      await settle(scene);
      expect({ call: calls[at - 1], ...outcomeOf(scene) }).toEqual({ call: calls[at - 1], ...before });
    }
  });
});

describe.each(FULL ? STORIES : STORIES.filter(({ name }) => name === "an approval"))(
  "A process that dies during $name",
  ({ given, ask }) => {
    /** All that is in the cluster when it has died. */
    async function leftBy(death: Death): Promise<string> {
      const scene = await createScene(inMemory);
      await given(scene);
      await ask(scene);
      expect(await scene.start(death.at, death.when).work()).toBe(false);
      const kinds = [MAIL_DOMAIN, O365_SYNC, CONFIG_MAP] as readonly ResourceType<KubeObject>[];
      return JSON.stringify(kinds.map((kind) => scene.cluster.store(kind).list()));
    }

    it("leaves what its last write left, whatever it asked since", { timeout: 240_000 }, async () => {
      const scene = await createScene(inMemory);
      await given(scene);
      await ask(scene);
      const { calls, work } = scene.start();
      await work();
      const writes = writesOf(calls);
      let last = await leftBy({ at: 1, when: "before" });
      for (const [index, call] of calls.entries()) {
        const at = index + 1;
        expect({ at, call, left: await leftBy({ at, when: "before" }) }).toEqual({ at, call, left: last });
        const after = await leftBy({ at, when: "after" });
        expect({ at, call, leaves: after === last ? "the same" : "more" }).toEqual({
          at,
          call,
          leaves: writes.includes(at) ? "more" : "the same",
        });
        last = after;
      }
    });
  },
);

it("A run that has published is told as published, also when its object was suspended before it could say so", async () => {
  const told = new Set<string>();
  for (let at = 1; ; at++) {
    const scene = await createScene(inMemory);
    await scene.ask("sync", "1");
    if (await scene.start(at, "after").work()) break;
    await scene.cluster.edit(O365_SYNC, scene.key, ({ spec }) => void Object.assign(spec, { suspend: true }));
    await settle(scene);
    const { lastSync, published } = scene.sync().status ?? {};
    expect(lastSync?.result ?? "never begun").toBe(
      published !== undefined ? "Published" : lastSync === undefined ? "never begun" : "Failed",
    );
    expect(recordOf(scene, "Manual").map(({ result }) => result)).toEqual(
      lastSync === undefined ? [] : [lastSync.result],
    );
    told.add(lastSync?.result ?? "never begun");
  }
  expect([...told].sort()).toEqual(["Failed", "Published", "never begun"]);
});

/** What gateways and people see in the end. */
function outcomeOf(scene: Scene) {
  const { lastSync, held, handledSync, handledApprove, published, history } = scene.sync().status ?? {};
  const status = { lastSync, held, handledSync, handledApprove, revision: published?.revision, history };
  return { status, records: scene.history(), accepted: [...scene.accepted()] };
}

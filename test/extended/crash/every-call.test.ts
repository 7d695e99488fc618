/**
 * The process dies at every single call that a run makes, to the API server or to the tenant, before it is carried out and
 * after: a successor finishes. And what a dead process had under way changes nothing when it arrives late.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { O365_SYNC } from "../../../src/api/resources.ts";
import { inMemory } from "./support/cluster.ts";
import { createScene, type Scene, settle } from "./support/scene.ts";
import { recordOf, STORIES } from "./support/stories.ts";

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

  it.each(["before", "after"] as const)(
    "%s any call is carried out leaves work that a successor finishes",
    async (when) => {
      for (let at = 1; at <= calls.length; at++) {
        const scene = await begin();
        expect(await scene.start(at, when).work()).toBe(false);
        await settle(scene);
        expected(scene);
      }
    },
  );

  it("changes nothing by a call that arrives late, whatever the tenant has become meanwhile", async () => {
    for (const [index, call] of calls.entries()) {
      const scene = await begin();
      const process = scene.start(index + 1, "late");
      await process.work();
      scene.users++;
      await settle(scene);
      const before = outcomeOf(scene);
      await process.late();
      await settle(scene);
      expect({ call, ...outcomeOf(scene) }).toEqual({ call, ...before });
    }
  });
});

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

/**
 * The same deaths on the API server of this test run, which has its own mind about versions, conflicts and what it stores.
 * CI lets a process die at every twentieth call; with CI_DEPTH=full at every single one.
 */
import { describe, expect, it } from "vitest";
import { onServer } from "./support/cluster.ts";
import { createScene, type Scene, settle } from "./support/scene.ts";
import { STORIES } from "./support/stories.ts";

const STEP = process.env["CI_DEPTH"] === "full" ? 1 : 20;

describe.each(STORIES)("On an API server, a process that dies during $name", ({ given, ask, expected }) => {
  const begin = async (): Promise<Scene> => {
    const scene = await createScene(onServer);
    await given(scene);
    await ask(scene);
    return scene;
  };

  it.each(["before", "after"] as const)(
    "%s a call is carried out leaves work that a successor finishes",
    async (when) => {
      const whole = await begin();
      const { calls, work } = whole.start();
      expect(await work()).toBe(true);
      expected(whole);
      for (let at = when === "before" ? 1 : STEP; at <= calls.length; at += STEP) {
        const scene = await begin();
        expect(await scene.start(at, when).work()).toBe(false);
        await settle(scene);
        expected(scene);
      }
    },
    STEP === 1 ? 600_000 : 60_000,
  );
});

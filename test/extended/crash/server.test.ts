/**
 * The same deaths on the API server of this test run, which has its own mind about versions, conflicts and what it stores.
 * CI lets a process die after every fifth write; with CI_DEPTH=full after every one.
 */
import { describe, expect, it } from "vitest";
import { onServer } from "./support/cluster.ts";
import { createScene, deathsOf, type Scene, settle } from "./support/scene.ts";
import { STORIES } from "./support/stories.ts";

const STEP = process.env["CI_DEPTH"] === "full" ? 1 : 5;

describe.each(STORIES)("On an API server, a process that dies during $name", ({ given, ask, expected }) => {
  const begin = async (): Promise<Scene> => {
    const scene = await createScene(onServer);
    await given(scene);
    await ask(scene);
    return scene;
  };

  it(
    "leaves work that a successor finishes",
    async () => {
      const whole = await begin();
      const { calls, work } = whole.start();
      expect(await work()).toBe(true);
      expected(whole);
      const deaths = deathsOf(calls).filter((_, index) => index % STEP === STEP - 1);
      expect(deaths.length).toBeGreaterThan(0);
      for (const { at, when } of deaths) {
        const scene = await begin();
        expect(await scene.start(at, when).work()).toBe(false);
        await settle(scene);
        expected(scene);
      }
    },
    STEP === 1 ? 600_000 : 60_000,
  );
});

/** The rows of a chapter as tests. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { useControlPlane } from "../controlplane.ts";
import { type OwnApiServer, startOwnApiServer } from "../embedded.ts";
import { embeddedObstacles, realObstacles } from "../obstacles.ts";
import { type Place, play } from "./play.ts";
import type { Chapter } from "./row.ts";

/** A busy machine takes its time for the largest lists. */
const TIMEOUT_MS = 120_000;

export function playChapter({ title, rows }: Chapter): void {
  describe(`${title}:`, () => {
    const { kind } = useControlPlane();
    let own: OwnApiServer | undefined;
    let place: Place;
    beforeAll(async () => {
      const controlPlane = useControlPlane();
      if (kind === "real") place = { controlPlane, obstacles: realObstacles(controlPlane) };
      else {
        own = await startOwnApiServer();
        place = { controlPlane: own.access, obstacles: embeddedObstacles(own) };
      }
    });
    afterAll(() => own?.stop());
    const played = rows.filter(({ only }) => only === undefined || only === kind);
    it.each(played.map((row) => [row.cause, row] as const))("%s", { timeout: TIMEOUT_MS }, (_cause, row) =>
      play(place, row),
    );
  });
}

/** What earlier plans took away counts against the next one, for a day and no longer. */
import { describe, expect, it } from "vitest";
import {
  committed,
  EMPTY_MANIFEST,
  type Manifest,
  type Publication,
  removedLastDay,
} from "../../../../src/publication/manifest.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1, 12);

/** The manifest after a publication at `hour` that took `removed` addresses away. */
function publish(manifest: Manifest, hour: number, removed: number): Manifest {
  const publication = { time: new Date(START + hour * HOUR_MS).toISOString() } as Publication;
  const intent = { removedAddresses: removed } as NonNullable<Manifest["intent"]>;
  return committed({ ...manifest, intent }, publication);
}

describe("Removals of the last 24 hours", () => {
  const manifest = publish(publish(publish(EMPTY_MANIFEST, 0, 5), 6, 0), 12, 3);

  it.each([
    { hour: 12, removed: 8 },
    { hour: 23.9, removed: 8 },
    { hour: 24, removed: 3 },
    { hour: 35.9, removed: 3 },
    { hour: 36, removed: 0 },
  ])("are $removed after $hour hours", ({ hour, removed }) => {
    expect(removedLastDay(manifest, START + hour * HOUR_MS)).toBe(removed);
  });

  it("are forgotten by the manifest once they are older", () => {
    expect(publish(manifest, 40, 1).removals.map(({ addresses }) => addresses)).toEqual([1]);
  });
});

/** Every object is looked at again without an event, those that wait for a person more often; none before its namespace is seen. */
import { describe, expect, it } from "vitest";
import { lookAgain } from "../../../src/operator/relook.ts";
import { whenSynced } from "../../../src/operator/when-synced.ts";
import { createFakeClock } from "../../support/clock.ts";
import { SILENT } from "../../support/memory-operator.ts";

const MINUTE = 60_000;

function setUp(stalled: boolean) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const conditions = stalled
    ? [{ type: "Stalled", status: "True", reason: "X", message: "", lastTransitionTime: "" } as const]
    : [];
  const objects = Array.from({ length: 600 }, (_, index) => ({
    metadata: { namespace: "mail", name: `object-${index}` },
    status: { conditions },
  }));
  const looks = new Map<string, number[]>();
  const enqueue = (key: string): void => void looks.set(key, [...(looks.get(key) ?? []), clock.now()]);
  lookAgain({ list: () => objects }, { enqueue }, clock, stop.signal);
  return { clock, stop, looks };
}

describe("Without an event (issue 17, points 2 and 10)", () => {
  it.each([
    ["every object is looked at once an hour", false, 60],
    ["one that waits for a person every 10 minutes", true, 10],
  ])("%s", async (_, stalled, minutes) => {
    const { clock, looks } = setUp(stalled);
    await clock.advance(180 * MINUTE);
    expect(looks.size).toBe(600);
    for (const times of looks.values()) {
      expect(times).toHaveLength(180 / minutes);
      expect(new Set(times.slice(1).map((time, index) => time - (times[index] ?? 0)))).toEqual(
        new Set([minutes * MINUTE]),
      );
    }
  });

  it("they take turns, so that no minute has many", async () => {
    const { clock, looks } = setUp(false);
    await clock.advance(60 * MINUTE);
    const perMinute = new Map<number, number>();
    for (const [time = 0] of looks.values()) perMinute.set(time, (perMinute.get(time) ?? 0) + 1);
    expect(Math.max(...perMinute.values())).toBeLessThan(40);
  });

  it("nothing is looked at once the operator stops", async () => {
    const { clock, stop, looks } = setUp(true);
    stop.abort();
    await clock.advance(60 * MINUTE);
    expect([looks.size, clock.timers]).toEqual([0, 0]);
  });
});

describe("An object of a namespace", () => {
  const context = { signal: new AbortController().signal, reconcileId: "test", log: SILENT };
  it.each([
    ["that was listed is looked at", "a/x", {}],
    ["that was not listed yet waits: what is not seen is not gone", "b/x", { requeueAfterMs: 5_000 }],
  ])("%s", async (_, key, result) => {
    const namespaces = [
      { namespace: "a", synced: true, trouble: undefined },
      { namespace: "b", synced: false, trouble: "403 Forbidden" },
    ];
    const reconcile = whenSynced(
      () => namespaces,
      () => Promise.resolve({}),
    );
    expect(await reconcile(key, context)).toEqual(result);
  });
});

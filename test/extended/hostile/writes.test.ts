/** Every write of a sync goes wrong once, in every way that an API server has; then it is asked again, and all is well. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Effect } from "../../../dev/apiserver/faults.ts";
import type { HistoryRecord } from "../../../src/publication/run-records.ts";
import { type OwnApiServer, startOwnApiServer } from "../../support/embedded.ts";
import { expectedRecipients } from "../../support/expected.ts";
import { createRandom } from "../../support/random.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";

/** Only the operator names its fields. */
const OF_THE_OPERATOR = /fieldManager=o365-sync-operator/;
/** More than a sync has, events and routes included. */
const MOST_WRITES = 40;

const EFFECTS: readonly (readonly [string, Effect])[] = [
  ["is answered 409", { do: "conflict" }],
  ["is answered 429 with Retry-After", { do: "throttle", retryAfterSeconds: 2 }],
  ["is answered 500", { do: "error" }],
  ["is done, and its answer lost", { do: "drop" }],
  ["is reset before it is done", { do: "reset" }],
];

describe.each(EFFECTS)("A write that %s", { timeout: 90_000 }, (_, effect) => {
  let server: OwnApiServer;
  let world: World;
  beforeAll(async () => {
    server = await startOwnApiServer();
    const deps = { clock: createShiftClock({ hurried: true }), random: createRandom(5) };
    world = await createWorld({ controlPlane: server.access, deps, flags: ["--manual-runs-per-hour=3600"] });
    await world.install({ historyLimit: 100, output: { formats: ["postfix", "addresses"], shards: 2 } });
    await world.ask("sync", "first");
  });
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  it("loses nothing, whichever write of a sync it is", async () => {
    const { company } = world.tenant;
    let hit = 0;
    for (let at = 1; at <= MOST_WRITES; at++) {
      world.gateway.expectAlways(world.gateway.accepted());
      company.hire(`hire${at}@example.com`);
      const hits = server.faults.add({ path: OF_THE_OPERATOR, at, effect });
      await world.ask("sync", `write-${at}`);
      const wasHit = hits() > 0;
      server.faults.clear();
      const { status } = await world.ask("sync", `again-${at}`);
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
      expect([...world.gateway.accepted()].toSorted()).toEqual(expectedRecipients(company, "example.com"));
      if (!wasHit) break;
      hit++;
    }
    expect(hit).toBeGreaterThan(8);
    expect(hit).toBeLessThan(MOST_WRITES);
    const history = (await world.configMap("example-com-history"))?.data?.["history.json"] ?? "";
    const ids = (JSON.parse(history) as { records: HistoryRecord[] }).records.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

/** Records of past runs that somebody edited are gone, and it is told: nobody looks for a run that seems never to have been. */
import { afterEach, describe, expect, it } from "vitest";
import { createSmallWorld, NAME, type SmallWorld } from "../../../support/small-world.ts";

let world: SmallWorld;
afterEach(() => world.close());

const told = (): string[] => world.events.filter((event) => event.startsWith("HistoryDamaged"));

describe("A history of which somebody has edited", () => {
  it.each<[what: string, edit: (text: string) => string]>([
    ["one record, to a bad date", (text) => text.replace(/"synced": ?"[^"]+"/, '"synced":"soon"')],
    ["all of it, to null", () => "null"],
  ])("%s: it is told once, and the run is kept", async (_, edit) => {
    world = await createSmallWorld();
    await world.ask("sync", "first");
    expect(told()).toEqual([]);
    world.editMap(`${NAME}-history`, (map) => {
      map.data = { ...map.data, "history.json": edit(map.data?.["history.json"] ?? "") };
    });
    expect(await world.ask("sync", "second")).toMatchObject({ state: "Succeeded" });
    await world.ask("sync", "third");
    expect(told()).toHaveLength(1);
    expect(told()[0]).toContain("by an edit of their ConfigMap");
    expect(world.map(`${NAME}-history`)?.data?.["history.json"]).toContain('"second"');
  });
});

/** The installation's cap and the window of 24 hours hold for runs and for renderings alike. */
import { describe, expect, it } from "vitest";
import { createTown, type Town } from "../../../support/memory-town.ts";

const OPEN = { deletionGuard: { enabled: false, maxPercent: 100, floor: 10 } };
const MIRROR = [{ name: "m.test", recipients: "Mirror" as const }];

async function publish(guard: object, maxDeletionPercent?: number): Promise<Town> {
  const town = await createTown(maxDeletionPercent === undefined ? {} : { maxDeletionPercent });
  for (let index = 0; index < 20; index++) town.people.set(`id-${index}`, [`user${index}@a.test`]);
  await town.addDomain("a", { domain: "a.test", aliasDomains: MIRROR });
  await town.addSync("a", "a", guard);
  town.ask("a", "sync", "first");
  await town.work();
  return town;
}
const leave = async (town: Town, from: number, to: number): Promise<void> => {
  for (let index = from; index < to; index++) town.people.delete(`id-${index}`);
  town.ask("a", "sync", `leave-${from}`);
  await town.work();
};
const endMirror = async (town: Town): Promise<void> => {
  town.now += 61_000;
  town.editDomain("a", { aliasDomains: [] });
  await town.work();
};
const heldFor = (town: Town): string | undefined => town.sync("a")?.status?.held?.reason;

describe("--max-deletion-percent", () => {
  it.each([
    [100, undefined],
    [5, "DeletionGuard"],
  ])("of %d for a run whose own guard is off", async (cap, held) => {
    const town = await publish(OPEN, cap);
    await leave(town, 0, 8);
    expect(heldFor(town)).toBe(held);
  });

  it.each([
    [100, undefined],
    [5, "DeletionGuard"],
  ])("of %d for a rendering whose own guard is off", async (cap, held) => {
    const town = await publish(OPEN, cap);
    await endMirror(town);
    expect(heldFor(town)).toBe(held);
    expect(town.routed("a")).toBe(held === undefined ? "a.test" : "a.test m.test");
  });
});

describe("The window of 24 hours", () => {
  it("does not count what a person has approved", async () => {
    const town = await publish({ deletionGuard: { enabled: true, maxPercent: 0, floor: 8 } });
    await leave(town, 0, 5);
    town.ask("a", "approve", town.sync("a")?.status?.held?.planDigest ?? "");
    await town.work();
    await leave(town, 5, 9);
    expect(heldFor(town)).toBeUndefined();
    await leave(town, 9, 10);
    expect(heldFor(town)).toBe("DeletionGuard");
  });

  it.each([
    ["holds a rendering too", 0, "DeletionGuard"],
    ["is over after a day", 25 * 3_600_000, undefined],
  ])("%s", async (_, later, held) => {
    const town = await publish({ deletionGuard: { enabled: true, maxPercent: 0, floor: 22 } });
    await leave(town, 0, 3);
    expect(heldFor(town)).toBeUndefined();
    town.now += later;
    await endMirror(town);
    expect(heldFor(town)).toBe(held);
  });
});

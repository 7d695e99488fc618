/** The history: one record a run, in the order in which runs ended. */
import { describe, expect, it } from "vitest";
import { historyData, parseHistory, withRecord } from "../../../src/publication/history.ts";
import type { HistoryRecord } from "../../../src/publication/records.ts";

const record = (id: string, changes: Partial<HistoryRecord> = {}): HistoryRecord => ({
  id,
  synced: "2026-01-01T06:00:00.000Z",
  completed: "2026-01-01T06:00:01.000Z",
  syncedBy: "schedule",
  testSync: false,
  summary: "nothing changed",
  trigger: "Schedule",
  result: "Unchanged",
  reason: "Unchanged",
  attempts: 1,
  ...changes,
});
const ids = (records: readonly HistoryRecord[]): string[] => records.map(({ id }) => id);

describe("A record", () => {
  it("is put first, and the oldest falls off", () => {
    expect(ids(withRecord([record("c"), record("b"), record("a")], record("d"), 3))).toEqual(["d", "c", "b"]);
  });

  it("takes the place of the one with its id", () => {
    const records = withRecord([record("b"), record("a")], record("a", { attempts: 2 }), 30);
    expect(records.map(({ id, attempts }) => [id, attempts])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });

  it("is kept although the clock was set back since the others", () => {
    const later = { synced: "2027-01-01T06:00:00.000Z" };
    expect(ids(withRecord([record("b", later), record("a", later)], record("c"), 2))).toEqual(["c", "b"]);
  });
});

describe("What stands in the ConfigMap", () => {
  it("is read as it was written", () => {
    const records = [record("b"), record("a")];
    expect(parseHistory(historyData(records)["history.json"])).toEqual(records);
  });

  it.each([undefined, "", "[]", "{", '{"records":[1,{"id":"a"}]}'])("is nothing where it is damaged: %j", (text) =>
    expect(parseHistory(text)).toEqual([]),
  );

  it("stays below its size: older records lose their addresses first", () => {
    const added = Array.from({ length: 100 }, (_, index) => `${"a".repeat(240)}${index}@example.com`);
    const records = Array.from({ length: 60 }, (_, index) => record(`r${index}`, { added }));
    const kept = parseHistory(historyData(records)["history.json"]);
    expect(kept).toHaveLength(60);
    expect([kept[0]?.added, kept.at(-1)?.added]).toEqual([added, undefined]);
    const text = Object.values(historyData(records)).join("");
    expect(Buffer.byteLength(text)).toBeLessThan(900 * 1024);
  });
});

/** The history: one record a run, in the order in which runs ended. */
import { describe, expect, it } from "vitest";
import { historyData, parseHistory, withoutLost, withRecord } from "../../../src/publication/history-file.ts";
import type { HistoryRecord } from "../../../src/publication/run-records.ts";

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

const published = (id: string, changes: Partial<HistoryRecord> = {}): HistoryRecord =>
  record(id, { result: "Published", reason: "Published", ...changes });

describe("A record", () => {
  it.each([
    ["published", { result: "Published" }, true],
    ["was held", { result: "Held" }, true],
    ["failed", { result: "Failed" }, true],
    ["changed nothing", { result: "Unchanged" }, false],
    ["was a test", { result: "Succeeded", testSync: true }, false],
    ["was a test that failed", { result: "Failed", testSync: true }, false],
  ] as const)("of a run that %s: whether historyLimit counts it (issue 23)", (_, changes, isCounted) => {
    let records: HistoryRecord[] = [];
    for (let index = 0; index < 20; index++) records = withRecord(records, record(`r${index}`, changes), 3);
    expect(records).toHaveLength(isCounted ? 3 : 10);
    expect(records[0]?.id).toBe("r19");
  });

  it("names no list that made room for others", () => {
    const at = (key: string) => ({ changesIn: { configMap: "x-changes-0", key, cut: 0 } });
    const [kept, lost] = withoutLost([published("b", at("1")), published("a", at("0"))], new Set(["1"]));
    expect([kept?.changesIn?.key, lost?.changesIn]).toEqual(["1", undefined]);
  });

  it("is put first, and the oldest falls off", () => {
    expect(ids(withRecord([published("c"), published("b"), published("a")], published("d"), 3))).toEqual([
      "d",
      "c",
      "b",
    ]);
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
    expect(ids(withRecord([published("b", later), published("a", later)], published("c"), 2))).toEqual(["c", "b"]);
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
    const changes = { accountAdds: 120, accountDeletes: 0, aliasAdds: 0, aliasDeletes: 0, total: 120 };
    const records = Array.from({ length: 60 }, (_, index) => record(`r${index}`, { added, changes }));
    const kept = parseHistory(historyData(records)["history.json"]);
    expect(kept).toHaveLength(60);
    expect([kept[0]?.added, kept.at(-1)?.added]).toEqual([added, undefined]);
    expect([kept[0]?.cut?.added, kept.at(-1)?.cut?.added]).toEqual([20, 120]);
    const text = Object.values(historyData(records)).join("");
    expect(Buffer.byteLength(text)).toBeLessThan(900 * 1024);
  });

  it("counts the records that have no room", () => {
    const records = Array.from({ length: 60 }, (_, index) => record(`r${index}`, { summary: "x".repeat(30_000) }));
    const text = historyData(records)["history.json"] ?? "";
    const { schemaVersion, cut } = JSON.parse(text) as { schemaVersion: number; cut: number };
    expect([schemaVersion, parseHistory(text).length + cut]).toEqual([1, 60]);
    expect(cut).toBeGreaterThan(0);
  });
});

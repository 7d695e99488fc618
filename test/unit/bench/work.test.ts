/** What the bench's budget says of what was computed, and of the bundle. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Budget, beyondBudget, workRatio } from "../../../bench/budget.ts";
import { countIn, refsIn } from "../../../bench/counter.ts";
import type { SizeResult, SyncCost, Work } from "../../../bench/sizes.ts";

const budget = JSON.parse(readFileSync(new URL("../../../bench/budget.json", import.meta.url), "utf8")) as Budget;
const work = (cpuMs: number, instructions?: number): Work => ({ cpuMs, instructions });

function measured(users: number, costs: Readonly<Record<SyncCost["sync"], Work>>): SizeResult {
  const syncs = Object.entries(costs).map(([sync, each]) => ({
    sync: sync as SyncCost["sync"],
    requests: 10,
    minimum: 10,
    resourceUnits: 10,
    bytes: 1000,
    ms: 1000,
    work: each,
    peakMiB: 100,
    p99Ms: 10,
    maxMs: 20,
    writes: 5,
    changed: sync === "one alias more" ? { accounts: 1, changes: 1, history: 1, manifest: 1, recipients: 1 } : {},
  }));
  const naive = { requests: 600, resourceUnits: 600, ms: 1000, work: work(1000, 1e9) };
  return {
    name: "case",
    users,
    groups: 0,
    contacts: 0,
    latencyMs: 0,
    formats: ["postfix"],
    shards: 4,
    addresses: users,
    largestKiB: 500,
    syncs,
    naive,
  };
}
const within = { first: work(2000), unchanged: work(1000), "one alias more": work(1500) };
const found = (size: SizeResult, bundleKiB = 1_550): string =>
  beyondBudget({ sizes: [size], fleet: undefined, hires: undefined, gateway: undefined, bundleKiB }, budget).join("\n");

describe("The budget of what is computed", () => {
  it("lets through what is within", () => {
    expect(found(measured(10_000, within))).toBe("");
  });

  it.each<[what: string, size: SizeResult]>([
    ["first: work by a naive client's", measured(10_000, { ...within, first: work(9000) })],
    ["unchanged: work by a naive client's", measured(10_000, { ...within, unchanged: work(9000) })],
    ["one alias more: work by a naive client's", measured(10_000, { ...within, "one alias more": work(9000) })],
    ["one alias more: work by that of the first", measured(10_000, { ...within, "one alias more": work(1950) })],
    ["first: work by a naive client's", measured(10_000, { ...within, first: work(1, 9e9) })],
  ])("names %s", (what, size) => {
    expect(found(size)).toContain(what);
  });

  it("allows CPU time, which says less, more than instructions", () => {
    expect(found(measured(10_000, { ...within, first: work(6_150) }))).toBe("");
    expect(found(measured(10_000, { ...within, first: work(1, 6.15e9) }))).toContain("first: work by a naive client's");
  });

  it("says nothing of a tenant so small that starting is most of it", () => {
    expect(found(measured(1_000, { ...within, first: work(9000) }))).toBe("");
  });

  it("names a bundle that has grown", () => {
    expect(found(measured(10_000, within), 2_800)).toContain("KiB of the bundle");
  });
});

describe("Work", () => {
  it.each<[said: string, a: Work, b: Work, ratio: number]>([
    ["instructions where both were counted", work(1, 300), work(1, 100), 3],
    ["CPU time where one was not", work(50, 300), work(100), 0.5],
  ])("is compared by %s", (_, a, b, ratio) => {
    expect(workRatio(a, b)).toBe(ratio);
  });

  it.each<[text: string, count: number | undefined]>([
    ["\n123456,,instructions:u,1000,100.00,,\n", 123_456],
    ["<not supported>,,instructions:u,0,100.00,,\n", undefined],
    ["<not counted>,,instructions:u,0,0.00,,\n", undefined],
    ["", undefined],
  ])("is counted in what perf says: %j", (text, count) => {
    expect(countIn(text)).toBe(count);
  });

  it.each<[text: string, count: number | undefined]>([
    ["==7== \n==7== I   refs:      392,814,410\n", 392_814_410],
    ["valgrind: no such tool\n", undefined],
  ])("is counted in what valgrind says: %j", (text, count) => {
    expect(refsIn(text)).toBe(count);
  });
});

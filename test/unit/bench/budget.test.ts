/** What the bench's budget says of the gateway program. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Budget, beyondBudget } from "../../../bench/budget.ts";
import type { GatewayResult } from "../../../bench/gateway.ts";

const budget = JSON.parse(readFileSync(new URL("../../../bench/budget.json", import.meta.url), "utf8")) as Budget;
const table = (name: "socketmap" | "cdb" | "texthash", recipientsPerSecond: number, seenMs: number) => ({
  table: name,
  recipientsPerSecond,
  seenMs,
  p99Ms: 3,
  smtpdMiB: 1,
});
const measured: GatewayResult = {
  addresses: 500_000,
  shards: 64,
  recipients: 8_000,
  rate: 10_000,
  seconds: 5,
  firstMs: 14_000,
  againMs: 13_000,
  residentMiB: 105,
  peakMiB: 112,
  lookups: { mostPerSecond: 18_000, perSecond: 9_995, p50Ms: 0.5, p99Ms: 4.9, cpuPercent: 29 },
  tables: [table("socketmap", 3_300, 140), table("cdb", 5_000, 3_200), table("texthash", 1_600, 6_300)],
};
const found = (gateway: GatewayResult): string[] =>
  beyondBudget({ sizes: [], fleet: undefined, hires: undefined, gateway, bundleKiB: 1_550 }, budget);

it("lets what was measured through", () => {
  expect(found(measured)).toEqual([]);
});

it.each<[what: string, change: Partial<GatewayResult>]>([
  ["peak MiB", { peakMiB: 129 }],
  ["recipients by lookups", { lookups: { ...measured.lookups, mostPerSecond: 5_000 } }],
  ["with cdb by those with socketmap", { tables: [table("socketmap", 1_000, 140), table("cdb", 5_000, 3_200)] }],
  ["a new address", { tables: [table("socketmap", 3_300, 9_000), table("cdb", 5_000, 3_200)] }],
  ["with cdb by those with socketmap", { tables: [] }],
])("names %s where it is beyond", (what, change) => {
  expect(found({ ...measured, ...change }).join("\n")).toContain(what);
});

it.each([
  [{ p99: 292, accepted: 60 }, []],
  [{ p99: 400, accepted: 60 }, ["hires: age of an address by the interval: 1.333, allowed are 1.1"]],
  [{ p99: 292, accepted: 59 }, ["hires: 59 addresses are accepted, of 60"]],
])("holds what people who are hired wait: %o", (found, said) => {
  const hires = { tenants: 3, hiresPerTenant: 20, intervalMinutes: 5, lateSeconds: 5, p50: 117, most: 300, ...found };
  expect(beyondBudget({ sizes: [], fleet: undefined, hires, gateway: undefined, bundleKiB: 1 }, budget)).toEqual(said);
});

/** How many shards how many addresses take: the table of docs/consumers.md, computed. */
import { expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { capacityOf, measureShards, prepareTables, type Tables } from "../../../src/recipients/tables/render.ts";
import { consumersPage } from "../../support/gateways/docs.ts";
import { manyMailboxes, NAMES } from "../../unit/recipients/support/accounts.ts";
import { packed } from "../../unit/recipients/support/whole.ts";

const COUNTS = [1000, 5000, 10_000, 20_000, 50_000, 100_000];
const COLUMNS: readonly (readonly Format[])[] = [["cdb"], ["postfix"], ["cdb", "postfix", "addresses"]];
const SHARDS = [1, 2, 4, 8, 16, 32, 64, 128];

/** The smallest number of shards that gives no warning. */
function shardsFor(tables: Tables, formats: readonly Format[]): number {
  const found = SHARDS.find((shards) => !capacityOf(allSteps(measureShards(tables, { formats, shards }))).warn);
  if (found === undefined) throw new Error("not even 128 shards would do");
  return found;
}

it("docs/consumers.md says how many shards it takes", { timeout: 60_000 }, () => {
  const all = manyMailboxes(Math.max(...COUNTS));
  const mean = all.reduce((sum, { address }) => sum + address.length, 0) / all.length;
  const rows = COUNTS.map((count) => {
    const tables = allSteps(prepareTables(packed(all.slice(0, count)), NAMES));
    return `| ${count.toLocaleString("en")} | ${COLUMNS.map((formats) => shardsFor(tables, formats)).join(" | ")} |`;
  });
  const header = `| addresses | ${COLUMNS.map((formats) => formats.map((format) => `\`${format}\``).join(", ")).join(" | ")} |`;
  const table = [header, `|${"---|".repeat(COLUMNS.length + 1)}`, ...rows].join("\n");
  expect(consumersPage).toContain(table);
  expect(consumersPage).toContain(`For addresses of ${Math.round(mean)} characters on average.`);
});

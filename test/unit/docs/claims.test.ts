/** What SECURITY.md and docs/reliability.md claim has a test, and every fault of the tables is in the page. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DATA_FAULTS } from "../../support/hostile/data-faults.ts";
import { fileOf } from "../../support/hostile/golden.ts";
import { GRAPH_FAULTS } from "../../support/hostile/graph-faults.ts";
import { HANG_FAULTS } from "../../support/hostile/hang-faults.ts";
import { TENANT_BOMBS } from "../../support/hostile/tenant-bombs.ts";
import { TOKEN_FAULTS } from "../../support/hostile/token-faults.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
const TABLES = [...TOKEN_FAULTS, ...GRAPH_FAULTS, ...DATA_FAULTS, ...HANG_FAULTS];
const FAULTS = TABLES.map(({ name }) => name);

/** Rows of a table whose last cell is "`file` › name"; rows without a test are answered with an empty file. */
function claims(page: string) {
  return (
    readFileSync(join(ROOT, page), "utf8")
      // Made from rows, each of which is a test.
      .replace(/<!-- Generated from test.*?<!-- The end/s, "")
      .split("\n")
      .filter((line) => /^\| (?!-|threat|fault|what is missing)/.test(line))
      .map((row) => {
        const cell = row.split("|").at(-2)?.trim() ?? "";
        const [, file = "", name = ""] = /^`([^`]+)` › (.+)$/.exec(cell) ?? [];
        return { page, row, file, name };
      })
  );
}

const all = [...claims("SECURITY.md"), ...claims("docs/reliability.md")].filter(({ row }) => !row.startsWith("|---"));

describe("Each claim", () => {
  it.each(all)("of $page names a test that is there: $name", ({ file, name }) => {
    expect(file).toMatch(/^test\/.+\.ts$/);
    expect(existsSync(join(ROOT, file))).toBe(true);
    const known = /^test\/(extended|cluster)\/hostile\//.test(file) && FAULTS.includes(name);
    const isBomb = file.endsWith("/tenant-bombs.test.ts") && TENANT_BOMBS.some((bomb) => bomb.name === name);
    expect(known || isBomb || readFileSync(join(ROOT, file), "utf8").includes(name)).toBe(true);
  });

  it("is one of many", () => {
    expect(all.length).toBeGreaterThan(100);
  });
});

/** The points, and the parts of each, that were seen in 0.1.0. */
const SEEN = "1 2a 2b 2c 2d 3 4a 4b 4c 4d 4e 4f 4g 5 6 7a 7b 8 9a 9b 9c 10 11 12a 12b 13a 13b 13c 13d 14a 14b".split(
  " ",
);

it("SECURITY.md names a test for each part of each of the fourteen points that were seen in 0.1.0", () => {
  const named = claims("SECURITY.md").flatMap(({ row }) => /^\| (\d+[a-z]?) \|/.exec(row)?.[1] ?? []);
  expect(named).toEqual(SEEN);
  expect(new Set(SEEN.map((part) => parseInt(part, 10))).size).toBe(14);
});

it("every fault of the tables is in docs/reliability.md, with its test", () => {
  const told = claims("docs/reliability.md").map(({ name }) => name);
  expect(FAULTS.filter((name) => !told.includes(name))).toEqual([]);
});

it("every fault of the tables has one golden description, and no other is kept", () => {
  expect(readdirSync(join(ROOT, "test/data/describe/tenant")).toSorted()).toEqual(TABLES.map(fileOf).toSorted());
});

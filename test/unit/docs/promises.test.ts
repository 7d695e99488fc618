/** Every sentence that promises another try, or that something heals, is tied to a test that is there (issue 17). */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHAPTERS } from "../../support/healing/table.ts";
import { ROOT } from "../../support/pages.ts";
import { promisesOfPages, promisesOfSources } from "../../support/promised-sentences.ts";
import { NO_PROMISES, TIES } from "../../support/promises.ts";

const sentences = [...promisesOfPages(), ...promisesOfSources()];
const causes = new Set(CHAPTERS.flatMap(({ rows }) => rows.map(({ cause }) => cause)));
const known = [...TIES, ...NO_PROMISES];

function isThere(test: string): boolean {
  const [file = "", title = ""] = test.split(" › ");
  if (file === "test/extended/healing") return causes.has(title);
  return title !== "" && existsSync(ROOT + file) && readFileSync(ROOT + file, "utf8").includes(title);
}

describe("A sentence that promises another try", () => {
  it("is tied to its test in test/support/promises.ts, wherever it stands", () => {
    const untied = sentences.filter(({ text }) => !known.some(({ says }) => text.includes(says)));
    expect(untied.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
  });

  it("is one of many", () => {
    expect(sentences.length).toBeGreaterThan(80);
  });
});

describe("What is tied", () => {
  it("is said somewhere, and once in the table", () => {
    const unsaid = known.filter(({ says }) => !sentences.some(({ text }) => text.includes(says)));
    expect(unsaid.map(({ says }) => says)).toEqual([]);
    expect(known.length).toBe(new Set(known.map(({ says }) => says)).size);
  });

  it.each(TIES.map(({ says, by }) => [says, by] as const))("by a test that is there: %s", (_, by) => {
    expect(by).not.toEqual([]);
    expect(by.filter((test) => !isThere(test))).toEqual([]);
  });
});

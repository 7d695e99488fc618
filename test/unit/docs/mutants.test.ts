/** The breaks of `npm run mutants` keep up with the code that they break. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { broken } from "../../../scripts/mutants/break.ts";
import { BREAKS } from "../../../scripts/mutants/breaks.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;

describe("The rule that is broken on purpose:", () => {
  it.each(BREAKS)("$rule", (each) => {
    const text = readFileSync(join(ROOT, each.file), "utf8");
    expect(broken(text, each)).not.toBe(text);
    expect(each.tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([]);
  });
});

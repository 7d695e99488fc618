import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SECTIONS } from "../../../site/.vitepress/sections.ts";

const ordered = SECTIONS.flatMap(({ pages }) => pages);
const pagesOfDocs = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const isInside = (page: string): boolean => ordered.some((path) => page === path || page.startsWith(`${path}/`));

describe("The site of the documentation", () => {
  it("shows every page of docs, in one place", () => {
    expect(pagesOfDocs.filter((page) => !isInside(page))).toEqual([]);
    expect(new Set(ordered).size).toBe(ordered.length);
  });

  it("names pages that there are", () => {
    expect(ordered.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("pins what makes it", () => {
    const { devDependencies } = JSON.parse(readFileSync("site/package.json", "utf8")) as {
      devDependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(devDependencies)) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

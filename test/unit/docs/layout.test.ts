/** Issue 20: the pages that lead through the code name what is there, and leave no folder out. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (page: string): string => readFileSync(`${root}${page}`, "utf8");
const PATH = /`((?:src|cli|dev|test|crds|charts|config|docs|scripts)\/[\w./-]*)`/g;

it.each(["CONTRIBUTING.md", "docs/glossary.md"])("every path in %s leads somewhere", (page) => {
  const paths = [...read(page).matchAll(PATH)].map(([, path = ""]) => path);
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
});

it("CONTRIBUTING says what each folder of src holds, and the drawing has each", () => {
  const page = read("CONTRIBUTING.md");
  const drawing = page.split("```").find((part) => part.includes("│")) ?? "";
  const folders = readdirSync(`${root}src`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const absent = folders.map(({ name }) => name).filter((name) => !page.includes(`\`src/${name}/\``));
  expect(absent).toEqual([]);
  expect(folders.map(({ name }) => name).filter((name) => !drawing.includes(name))).toEqual([]);
});

it("each of the three ways through the code has at most ten steps", () => {
  const ways = read("CONTRIBUTING.md")
    .split(/^### /m)
    .filter((section) => section.startsWith("From "));
  expect(ways).toHaveLength(3);
  for (const way of ways)
    expect(way.match(/^\d+\. /gm)?.length ?? 0).toSatisfy((steps: number) => steps >= 3 && steps <= 10);
});

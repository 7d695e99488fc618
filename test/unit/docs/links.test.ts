/** Every link between pages leads somewhere, and every page can be reached. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { type Page, ROOT, readPages } from "../../support/pages.ts";

const pages = readPages();

/** As GitHub makes them from headings. */
const anchorsOf = ({ text }: Page): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(({ 1: heading = "" }) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

const linksOf = ({ path, text }: Page): [path: string, anchor: string | undefined][] =>
  [...text.replaceAll(/^```[\s\S]*?^```$|`[^`\n]*`/gm, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(({ 1: link = "" }) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = "", anchor] = link.split("#");
      return [file === "" ? path : normalize(join(dirname(path), file)), anchor] as const;
    });

describe("The documentation", () => {
  it.each(pages.map((page) => [page.path, page] as const))("links from %s lead somewhere", (_, page) => {
    for (const [file, anchor] of linksOf(page)) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
      const target = anchor === undefined ? undefined : pages.find(({ path }) => path === file);
      const isThere = target === undefined || anchorsOf(target).includes(anchor ?? "");
      expect(isThere, `${file}#${anchor}`).toBe(true);
    }
  });

  it("can be reached from the README, page by page", () => {
    const reached = new Set(["README.md"]);
    for (const path of reached) {
      const page = pages.find((each) => each.path === path);
      for (const [file] of page === undefined ? [] : linksOf(page)) {
        reached.add(file);
        // A folder stands for the pages in it.
        for (const { path } of pages) if (dirname(path) === normalize(file)) reached.add(path);
      }
    }
    expect(
      pages.map(({ path }) => path).filter((path) => !reached.has(path)),
      "link it in README.md",
    ).toEqual([]);
  });
});

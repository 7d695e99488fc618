/** Each page with commands has a mistake and its cure, which test/extended/docs/commands.test.ts plays (issue 25). */

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { NOT_RUN, PAGES_NOT_TYPED } from "../../extended/docs/explained.ts";
import { isRun, READ, TYPED } from "../../extended/docs/reading.ts";
import { commandsOf } from "../../support/commands.ts";
import { MISTAKES } from "../../support/mistakes/index.ts";
import { strangeTo } from "../../support/mistakes/mistake.ts";
import { ROOT, readPages } from "../../support/pages.ts";

describe("The pages with commands", () => {
  it("are read beginning with the README and ending with the page that takes everything away", () => {
    const paths = READ.map(({ path }) => path);
    expect(paths.slice(0, 2)).toEqual(["README.md", "docs/getting-started.md"]);
    expect(paths.at(-1)).toBe("docs/upgrade.md");
    expect(paths.length).toBeGreaterThan(20);
  });

  it.each(READ.map((page) => [page.path, page] as const))(
    "%s has a mistake, what it looks like, and its cure",
    (path, page) => {
      const mistakes = MISTAKES.filter((each) => each.page === path);
      expect(mistakes.length).toBeGreaterThan(0);
      for (const mistake of mistakes)
        expect({ what: mistake.what, strange: strangeTo(page, mistake) }).toMatchObject({ strange: [] });
    },
  );

  it("are all that mistakes are made on", () => {
    const paths = READ.map(({ path }) => path);
    expect(MISTAKES.filter(({ page }) => !paths.includes(page))).toEqual([]);
  });

  it("show what is wrong by words that are there or by words that are not", () => {
    expect(MISTAKES.filter(({ seen, lacks }) => (seen === undefined) === (lacks === undefined))).toEqual([]);
  });
});

describe("Commands that are not run", () => {
  const all = TYPED.flatMap(commandsOf);

  it("are explained, and none is explained that is not there", () => {
    expect(NOT_RUN.filter(([pattern]) => !all.some((command) => pattern.test(command)))).toEqual([]);
    for (const [, why] of NOT_RUN)
      for (const [path = ""] of why.matchAll(/test\/\S+\.test\.ts/g)) expect(existsSync(ROOT + path)).toBe(true);
    const paths = readPages().map(({ path }) => path);
    expect(Object.keys(PAGES_NOT_TYPED).filter((path) => !paths.includes(path))).toEqual([]);
  });

  it("are of no other program", () => {
    const known = /^(kubectl|helm|openssl|node|TOKEN=|VERSION=)/;
    expect(all.filter((command) => isRun(command) && !known.test(command))).toEqual([]);
  });
});

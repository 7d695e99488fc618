/** What the pages tell people to ask with is fresh each time, and no wait is without an end (issue 25, seen 1 and 3). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filesOf, ROOT, readPages } from "../../support/pages.ts";

const NOTES = "charts/o365-sync-operator/templates/NOTES.txt";
const files = [...filesOf("examples", ".yaml", true), NOTES].map((path) => ({
  path,
  text: readFileSync(ROOT + path, "utf8"),
}));
const texts = [...readPages().filter(({ path }) => path !== "CHANGELOG.md"), ...files];

const commandsIn = (text: string): string[] =>
  text.replaceAll(/\\\n\s*/g, "").match(/\b(?:kubectl|helm|docker) [^\n`]*/g) ?? [];

describe.each(texts.map(({ path, text }) => [path, text] as const))("%s", (_, text) => {
  it("asks with a token that was never used", () => {
    const asked = [
      ...text.matchAll(/annotate[^\n]*? o365sync\.dev\/(?:sync|test-sync|test-connection)=(\$\([^)]*\)|\S+)/g),
    ].map(([, token]) => token);
    expect(asked.filter((token) => token !== "$TOKEN" && token !== "$(date +%s)")).toEqual([]);
    // A token that is waited for was made in the same block, by the clock.
    const blocks = text.split(/^```.*$/m).filter((block) => /\$TOKEN/.test(block));
    for (const block of blocks.filter((block) => /=\$TOKEN --overwrite/.test(block)))
      expect(block).toContain("TOKEN=$(date +%s)");
  });

  it("waits no longer than it says", () => {
    const waits = commandsIn(text).filter((command) => /^kubectl\b.* (?:wait|rollout status) /.test(command));
    expect(waits.filter((command) => !/--timeout=\d+[sm]\b/.test(command))).toEqual([]);
  });

  it("has one kind of place to fill in: words in capitals", () => {
    expect(commandsIn(text).filter((command) => /(?:^|[\s=/])<[a-z][a-z -]*>/.test(command))).toEqual([]);
  });

  it("knows one client id", () => {
    const ids = text.match(/\b1{8}-2222-[0-9a-f]{4}-[0-9a-f]{4}-5{12}\b/g) ?? [];
    // The schema's own message shows the shape alone.
    expect(
      ids.filter((id) => id !== "11111111-2222-4333-8444-555555555555" && !text.includes(`such as ${id}`)),
    ).toEqual([]);
  });
});

describe.each(["README.md", "docs/getting-started.md"])("%s", (path) => {
  const text = readFileSync(ROOT + path, "utf8");

  it("shows the two objects as their files have them (issue 25)", () => {
    const shown = [...text.matchAll(/^```yaml\n(apiVersion: o365sync\.dev[\s\S]*?)^```$/gm)].map(([, block]) => block);
    const files = ["maildomain", "o365sync"].map((name) => readFileSync(`${ROOT}examples/${name}.yaml`, "utf8"));
    expect(shown).toEqual(files.map((file) => file.replaceAll(/^#.*\n/gm, "")));
  });

  it("gives the operator the secret by one line alone", () => {
    const lines = text.match(/^kubectl -n mail create secret .*$/gm) ?? [];
    expect(new Set(lines).size).toBe(1);
    expect(lines[0]).toContain("--from-file=clientSecret=FILE ");
  });

  it("says that an answer is no success", () => {
    expect(text).toContain("`condition met` means answered, not succeeded");
  });
});

describe("README.md", () => {
  const text = readFileSync(`${ROOT}README.md`, "utf8");

  it("reaches the first list with nine commands at most (issue 25)", () => {
    const way = text.slice(text.indexOf("## Installing it"), text.indexOf("The list stands in the ConfigMap"));
    const lines = [...way.matchAll(/^```\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) => block.trim().split("\n"));
    expect(lines[0]).toMatch(/^docker build /);
    expect(lines.at(-1)).toBe("kubectl -n mail get maildomains,o365syncs");
    expect(lines.length).toBeLessThanOrEqual(9);
  });
});

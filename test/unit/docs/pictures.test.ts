/** Each picture is what its source makes of it today, small, for light and dark screens, and shown by a page (issue 25). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Results } from "../../../bench/results.ts";
import { renderPictures } from "../../../scripts/generate/pictures.ts";
import { liveDay } from "../../../scripts/pictures/additions-day.ts";
import { answersOf, DASHBOARD, dashboardOf } from "../../../scripts/pictures/dashboard.ts";
import { cleaned, stepsOf } from "../../../scripts/pictures/terminal.ts";
import { filesOf, ROOT, readPages } from "../../support/pages.ts";

const read = (path: string): string => readFileSync(ROOT + path, "utf8");
const pictures = renderPictures(read);
const pages = readPages();

describe.each(Object.entries(pictures))("%s", (path, made) => {
  it("is up to date", () => {
    expect(read(path) === made).toBe(true);
  });

  it("is small, speaks to who cannot see it, and knows the dark", () => {
    expect(made.length).toBeLessThan(24 * 1024);
    expect(made).toMatch(/role="img">\n<title>[^<]{20,}<\/title>/);
    expect(made).toContain("@media(prefers-color-scheme:dark)");
    expect(made).not.toMatch(/<script|href=|url\((?!#head)|NaN|undefined/);
  });

  it("is shown by a page, with words in its place", () => {
    const name = path.replace("docs/", "");
    const shown = pages.flatMap(({ text }) => [...text.matchAll(/!\[([^\]]*)\]\(([^)]*)\)/g)]);
    expect(shown.filter(([, words = "", target = ""]) => target.endsWith(name) && words.length > 20)).not.toEqual([]);
  });
});

describe("docs/pictures", () => {
  it("has no picture that nothing makes", () => {
    expect(filesOf("docs/pictures", ".svg")).toEqual(Object.keys(pictures).sort());
  });

  it("plots sizes that were measured", () => {
    const { sizes } = JSON.parse(read("bench/results.json")) as Results;
    const largest = sizes.rows.filter(({ users, latencyMs }) => users === 500_000 && latencyMs === 50);
    expect(largest.map(({ sync }) => sync)).toEqual(["first", "unchanged", "one alias more"]);
    expect(sizes.rows.every(({ seconds, peakMiB }) => seconds > 0 && peakMiB > 0)).toBe(true);
  });

  it("has the day with additions as the operator lives it today", async () => {
    const day = await liveDay();
    expect(day).toEqual(JSON.parse(read("docs/pictures/additions.json")));
    // And as docs/additions.md says: who leaves is held under one digest, who comes is accepted within the interval.
    expect(day.held.digests).toBe(1);
    const came = day.happened.filter(({ what }) => what === "hired" || what === "renamed");
    expect(came.map(({ at }) => day.added.some((each) => each.at >= at && each.at <= at + 5))).toEqual([
      true,
      true,
      true,
    ]);
  }, 120_000);

  it("has the recording of a story as the demo tells it", () => {
    const headings = [...read("dev/demo/story.ts").matchAll(/step\(\s*["`](\d\. [^"`$]*)/g)].map(
      ([, text = ""]) => text,
    );
    // By number: a part of the story may be told in a function of its own.
    headings.sort();
    const recorded = stepsOf(read("docs/pictures/demo.txt")).map(([heading = ""]) => heading);
    expect(recorded.length).toBe(headings.length);
    for (const [index, heading] of headings.entries()) expect(recorded[index]).toContain(heading);
  });

  it("has an answer to every query of the panels that it shows, as the dashboard asks it today", () => {
    const answers = answersOf(read("docs/pictures/dashboard.jsonl"));
    const asked = dashboardOf(read(DASHBOARD)).map(({ title, targets = [] }) => [
      title,
      targets.map(({ expr }) => expr),
    ]);
    expect(answers.map((answer) => [answer.title, answer.asked])).toEqual(asked);
    expect(answers.filter(({ series }) => series.length === 0)).toEqual([]);
    const held = answers.find(({ title }) => title === "Held");
    expect(held?.series[0]?.points.at(-1)?.[1]).toBe(1);
  });

  it("keeps nothing of the machine that it was recorded on", () => {
    expect(cleaned("a /tmp/o365-sync-demo-X1/mail.yaml  \nThe story took 3 s.\n")).toBe("a demo/mail.yaml\n");
    expect(read("docs/pictures/demo.txt")).not.toMatch(/\/tmp|The story took/);
    // A token of a recorded run is answered already: the second try would ask nothing.
    for (const file of ["demo.txt", "demo.svg"])
      expect(read(`docs/pictures/${file}`)).not.toMatch(/(test-connection|sync)=\d/);
  });
});

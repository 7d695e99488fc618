/** What a mail tells: the same in text and in HTML, and what happened first. */
import { describe, expect, it } from "vitest";
import { renderHtml } from "../../../src/notify/html.ts";
import { composeReport, type Report } from "../../../src/notify/report.ts";
import { renderText, SIGNATURE } from "../../../src/notify/text.ts";
import { CASES, EMPTY, FAILED, HELD, inputOf } from "./report-cases.ts";

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** What a reader of the HTML sees, tags gone. */
function visible(html: string): string {
  const body = html.slice(html.indexOf("<body"));
  const text = body
    .replaceAll("<wbr>", "")
    .replace(/<[^>]*>/g, "\n")
    .replace(/&([a-z0-9#]+);/g, (_, name: string) => ENTITIES[name] ?? "?");
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** Everything that a report says. */
function facts({ headline, lead, counts, violations, commands, facts, changesTitle, changes, more }: Report): string[] {
  return [
    headline,
    lead,
    SIGNATURE,
    ...counts.flatMap(({ label, value }) => [label, String(value)]),
    ...violations.flatMap(({ limit, allowed, actual }) => [limit, allowed, actual]),
    ...commands.flatMap(({ title, command }) => [`${title}:`, command]),
    ...facts.flatMap(({ label, value }) => [label, value]),
    ...(changes.length === 0 ? [] : [changesTitle]),
    ...changes.map(({ address }) => address),
    ...(more === 0 ? [] : [`… and ${more} more`]),
  ];
}

describe.each(CASES)("A mail about %s", (_name, input, subject) => {
  const report = composeReport(input);

  it("says in its subject which domain and what happened", () => {
    expect(report.subject).toBe(subject);
  });

  it("has the same facts in text and HTML", () => {
    const [text, html] = [renderText(report), visible(renderHtml(report))];
    for (const fact of facts(report)) {
      expect(text).toContain(fact);
      expect(html).toContain(fact);
    }
    expect(html.split("\n").filter((line) => line.startsWith("+")).length).toBe(
      text.split("\n").filter((line) => line.startsWith("  + ")).length,
    );
  });

  it("loads nothing and runs nothing", () => {
    const html = renderHtml(report);
    const tags = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag));
    const known = "html head meta title body table tr td th h1 h2 p div span wbr".split(" ");
    expect([...tags].filter((tag) => !known.includes(tag ?? ""))).toEqual([]);
    expect(html).not.toMatch(/<[^>]*\s(src|href|background|on[a-z]+)=|<[^>]*url\(|@import/);
  });
});

it("leads with what happened, the numbers and the command that approves", () => {
  const text = renderText(composeReport(HELD));
  const order = [
    "Held: nothing was saved",
    "deletionGuard allows 133",
    "deletionGuard: 160, allowed 133",
    "o365sync.dev/approve=",
    "accounts removed",
    "person000@",
  ];
  const places = order.map((part) => text.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

it("shows what there must be at least as such", () => {
  const report = composeReport(EMPTY);
  expect(renderText(report)).toContain("tenant accounts: 0, at least 1\n");
  expect(visible(renderHtml(report))).toContain("tenant accounts\nat least 1\n0\n");
});

it("shows the first fifty changes, removals first, and how many more there are", () => {
  const { changes, more } = composeReport(HELD);
  expect(changes).toHaveLength(50);
  expect(changes[0]).toEqual({ sign: "-", address: "person000@example.com" });
  expect(more).toBe(110);
});

it("does not repeat in the sentence what the headline says", () => {
  expect(composeReport(FAILED).lead).toMatch(/^Listing users was refused/);
});

it("leaves out what there is nothing to say about", () => {
  const { facts } = composeReport(inputOf({ dropped: { quoted: 0 } }));
  expect(facts.map(({ label }) => label)).toEqual([
    "Domain",
    "Object",
    "Synced by",
    "Result",
    "Began",
    "Read",
    "Published list",
    "Next",
  ]);
});

/** A report as plain text. */
import type { Report } from "./report.ts";

export function renderText(report: Report): string {
  const { headline, lead, counts, violations, commands, facts, changesTitle, changes, more } = report;
  const blocks: (readonly string[])[] = [
    [headline, "=".repeat(headline.length)],
    [lead],
    violations.map(
      ({ limit, allowed, actual, isLeast }) => `  ${limit}: ${actual}, ${isLeast ? "at least" : "allowed"} ${allowed}`,
    ),
    ...commands.map(({ title, command }) => [`${title}:`, `  ${command}`]),
    counts.length === 0 ? [] : columns(counts.map(({ label, value }) => [String(value), label])),
    columns(facts.map(({ label, value }) => [label, value])),
    changes.length === 0
      ? []
      : [
          `${changesTitle}:`,
          ...changes.map(({ sign, address }) => `  ${sign} ${address}`),
          ...(more === 0 ? [] : [`  … and ${more} more`]),
        ],
    ["-- ", SIGNATURE],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** Why this mail came, and how to end it. */
export const SIGNATURE =
  "Sent by o365-sync-operator after each sync, because spec.notifications of this O365Sync says so.";

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}

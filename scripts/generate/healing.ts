/** Writes the table of docs/reliability.md from the rows that the tests play. */
import type { Row } from "../../test/support/healing/row.ts";
import { CHAPTERS } from "../../test/support/healing/table.ts";

const BEGIN = "<!-- Generated from test/support/healing by `npm run generate`: change the rows, not this table. -->";
const END = "<!-- The end of what is generated. -->";

/** The page with its table as the rows have it now. */
export function withHealingTable(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("docs/reliability.md has no place for the table of what heals");
  return `${page.slice(0, begin)}${BEGIN}\n\n${CHAPTERS.map(renderChapter).join("\n")}\n${page.slice(end)}`;
}

const renderChapter = ({ title, rows }: (typeof CHAPTERS)[number]): string =>
  [
    `### ${title}`,
    "",
    "| what a person may break | what it says | what heals it | after how long |",
    "| --- | --- | --- | --- |",
    ...rows.map((row) => `| ${[row.cause, saying(row), row.cure, row.after].map(cell).join(" | ")} |`),
    "",
  ].join("\n");

const cell = (text: string): string => text.replaceAll("|", "\\|");

function saying({ of, says, words, stalled = false }: Row): string {
  const place = of === "MailDomain" ? "MailDomain: " : "";
  const quoted = words === "" ? "" : `, “${shown(words)}”`;
  if (says.startsWith("event:")) return `${place}the event \`${says.slice("event:".length)}\`${quoted}`;
  const condition = says.includes("=") ? says : `Ready=False/${says}`;
  return `${place}\`${condition}\`${stalled ? ", Stalled" : ""}${quoted}`;
}

/** As it stands in the tests, for an object of the name example-com. */
const shown = (words: string): string => words.replaceAll("<", "&lt;").replace(/; $/, "");

/** Writes the table of docs/performance.md from what the bench measured. */
import type { Results, Sized } from "../../bench/results.ts";

const BEGIN = "<!-- Generated from bench/results.json by `npm run generate`: measure anew, and leave this table. -->";
const END = "<!-- The end of what is generated. -->";

const HEAD =
  "| users | latency | addresses | sync | requests, minimum, naive | MiB read | s | naive s | peak MiB | loop p99, max ms | writes | ConfigMaps written anew |";

/** The page with its table as the results have it now. */
export function withSizesTable(page: string, { sizes: { date, node, cpu, cores, rows } }: Results): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("docs/performance.md has no place for the table of sizes");
  const largest = Math.max(...rows.map(({ largestKiB }) => largestKiB));
  const text = [
    `Measured in one run on ${date} on a quiet virtual machine with ${cores} cores (${cpu}), Node.js ${node.replace("v", "")}, with the flags and variables of`,
    "the image ([decision 15](decisions/0015-bounded-heap.md)). `s` is from the annotation to the answer; operator, cloud, API",
    "server and bench share the cores.",
    "",
    HEAD,
    HEAD.replaceAll(/[^|]+/g, " --- "),
    ...rows.map((row, index) => line(row, isSameTenant(row, rows[index - 1]))),
    "",
    `The largest ConfigMap of all has ${Math.round(largest)} KiB.`,
  ];
  return `${page.slice(0, begin)}${BEGIN}\n\n${text.join("\n")}\n\n${page.slice(end)}`;
}

const isSameTenant = (row: Sized, before: Sized | undefined): boolean =>
  before?.users === row.users && before.latencyMs === row.latencyMs && before.formats.join() === row.formats.join();

/** A cell that is empty is as the one above. */
function line(row: Sized, isSame: boolean): string {
  const formats = row.formats.join() === "postfix" ? "" : ` (${row.formats.join(", ")})`;
  const cells = [
    isSame ? "" : `${number(row.users)}${formats}`,
    isSame ? "" : `${row.latencyMs} ms`,
    isSame ? "" : number(row.addresses),
    row.sync,
    [row.requests, row.minimum, row.naiveRequests].map(number).join(", "),
    row.readMiB.toFixed(1),
    seconds(row.seconds),
    isSame ? "" : seconds(row.naiveSeconds),
    String(Math.round(row.peakMiB)),
    `${Math.round(row.p99Ms)}, ${Math.round(row.maxMs)}`,
    String(row.writes),
    writtenAnew(row.changed),
  ];
  return `| ${cells.join(" | ")} |`;
}

const number = (value: number): string => value.toLocaleString("en-US");
const seconds = (value: number): string => (value < 10 ? value.toFixed(2) : number(Math.round(value)));

const ONE = ["manifest", "history", "routing", "changes"];
function writtenAnew(changed: Readonly<Record<string, number>>): string {
  const words = Object.entries(changed).map(([role, count]) => {
    if (ONE.includes(role)) return role;
    const name = role === "recipients" ? "table" : role;
    return `${count} ${name}${name === "table" && count > 1 ? "s" : ""}`;
  });
  return words.join(", ");
}

/** What a command prints: tables, JSON, YAML; colour only for a person at a terminal. */
import { stringify } from "yaml";

export type Format = "text" | "wide" | "json" | "yaml";

export interface Streams {
  /** The answer. */
  write(text: string): void;
  /** Progress and complaints: they never mix with the answer. */
  complain(text: string): void;
  /** Reads one line that a person types; undefined when nobody can be asked. */
  ask?: ((question: string) => Promise<string>) | undefined;
  /** Whether the answer goes to a terminal. */
  readonly isTerminal: boolean;
  /** Columns of that terminal. */
  readonly width?: number | undefined;
}

export type Colour = "red" | "green" | "yellow" | "dim" | "bold";

const CODES: Readonly<Record<Colour, string>> = { red: "31", green: "32", yellow: "33", dim: "2", bold: "1" };

export interface Output {
  readonly format: Format;
  line(text?: string): void;
  /** The answer as data, in the format that was asked for. */
  data(value: unknown): void;
  table(header: readonly string[], rows: readonly (readonly string[])[]): void;
  paint(colour: Colour, text: string): string;
  /** What is going on, for a person who waits. */
  progress(text: string): void;
}

export function createOutput(
  streams: Streams,
  format: Format,
  env: Readonly<Record<string, string | undefined>>,
): Output {
  // https://no-color.org: set and not empty.
  const coloured = streams.isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const line = (text = ""): void => streams.write(`${text}\n`);
  return {
    format,
    line,
    data(value) {
      streams.write(format === "yaml" ? stringify(value, { lineWidth: 0 }) : `${toJson(value, 2)}\n`);
    },
    table(header, rows) {
      for (const row of aligned([header, ...rows])) line(row);
    },
    paint: (colour, text) => (coloured ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text),
    progress: (text) => streams.complain(`${text}\n`),
  };
}

export const isData = ({ format }: Pick<Output, "format">): boolean => format === "json" || format === "yaml";

/** Cells in columns, three blanks apart, as kubectl does; the last column is left as it is. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        if (column === row.length - 1) return cell;
        return cell + " ".repeat((widths[column] ?? 0) - visibleLength(cell) + 3);
      })
      .join(""),
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that `paint` writes
const visibleLength = (text: string): number => text.replaceAll(/\u001b\[\d+m/g, "").length;

/** "3m", "2h", "5d": how long ago, as kubectl says it. */
export function ago(time: string | undefined, now: number): string {
  if (time === undefined) return "never";
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (Number.isNaN(seconds)) return "unknown";
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu;

/** What others wrote may hold escapes that steer a terminal and marks that turn text around: they are shown as what they are. Line ends and tabs stay. */
export const printable = (text: string): string =>
  text.replaceAll(UNPRINTABLE, (character) => (character === "\n" || character === "\t" ? character : "\uFFFD"));

/** The same of what stands in one line: nobody makes a row of their own. */
export const oneLine = (text: string): string => printable(text).replaceAll(/[\n\t]+/g, " ");

/** As JSON that steers no terminal: `JSON.stringify` escapes fewer characters. */
export const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(UNPRINTABLE, (character) =>
    character === "\n" ? character : character.split("").map(escaped).join(""),
  );

/** One UTF-16 code unit. */
const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

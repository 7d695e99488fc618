/** An object as `kubectl describe` prints it, for machines that have no kubectl; test/extended/hostile holds it to the real one. */
import type { KubeEvent } from "../../src/runtime/kube.ts";

type Fields = Readonly<Record<string, unknown>>;

/** kubectl's own list: these keep their capitals. */
const ACRONYMS = ["API", "URL", "UID", "OSB", "GUID"];

/** `tenantId` → `Tenant Id`, as kubectl words a field; one with a digit stays as it is. */
function label(field: string): string {
  if (/[^A-Za-z-]/.test(field)) return field;
  const words = field.match(/[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+|[^A-Za-z\d]+/g) ?? [field];
  return words
    .map((word) =>
      ACRONYMS.includes(word.toUpperCase()) ? word.toUpperCase() : `${word[0]?.toUpperCase()}${word.slice(1)}`,
    )
    .join(" ");
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lines whose cells are separated by tabs. */
function lines(fields: Fields, level: number): string[] {
  const indent = "  ".repeat(level);
  return Object.keys(fields)
    .sort()
    .flatMap((field) => {
      const value = fields[field];
      const name = `${indent}${label(field)}:`;
      if (isFields(value)) return [name, ...lines(value, level + 1)];
      if (!Array.isArray(value)) return [`${name}\t${String(value)}`];
      const entries = value.flatMap((entry: unknown) =>
        isFields(entry) ? lines(entry, level + 1) : [`${indent}  ${String(entry)}`],
      );
      return [name, ...entries];
    });
}

/** Lines that follow each other and have a cell share its width, as Go's tabwriter has it. */
function align(rows: readonly string[]): string {
  const cells = rows.map((row) => row.split("\t"));
  const out = cells.map(() => "");
  for (let column = 0; cells.some((row) => row.length > column); column++) {
    for (let from = 0; from < cells.length; ) {
      let to = from;
      while ((cells[to]?.length ?? 0) > column + 1) to++;
      const block = cells.slice(from, to);
      const width = Math.max(0, ...block.map((row) => row[column]?.length ?? 0)) + 2;
      for (let index = from; index < to; index++) out[index] += (cells[index]?.[column] ?? "").padEnd(width);
      if (to === from) {
        out[from] += cells[from]?.[column] ?? "";
        to++;
      }
      from = to;
    }
  }
  return out.map((line) => line.trimEnd()).join("\n");
}

/** The fields below `object`, and what happened to it. */
export function describeObject(object: Fields, events: readonly KubeEvent[]): string {
  const rows = events.map(({ type, reason, note }) => `  ${type}\t${reason}\t${note}`);
  const told =
    rows.length === 0
      ? ["Events:\t<none>"]
      : ["Events:", "  Type\tReason\tMessage", "  ----\t------\t-------", ...rows];
  return `${align([...lines(object, 0), ...told])}\n`;
}

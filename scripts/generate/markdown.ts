/** Small pieces of Markdown that the generated pages share. */

/** Plain text for Markdown, which would take "<name>" for a tag and "*" for emphasis. */
export const text = ({ description = "" }: { description?: string }): string =>
  description.replaceAll("<", "&lt;").replaceAll("*", "\\*");

export const code = (value: string): string => `\`${value}\``;

export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

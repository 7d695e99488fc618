/** HTML that escapes what is put into it. */
import { escapeHtml } from "../base/escape-html.ts";

/** Markup that is known to be safe. */
export class Markup {
  constructor(readonly source: string) {}
}

type Part = string | number | Markup | readonly Markup[];

/** A template tag: everything but Markup is escaped, for text and for double-quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, next, index) => `${text}${sourceOf(parts[index - 1] ?? "")}${next}`));
}

function sourceOf(part: Part): string {
  if (part instanceof Markup) return part.source;
  if (typeof part === "object") return part.map(({ source }) => source).join("");
  return escapeHtml(String(part));
}

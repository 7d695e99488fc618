/** The configurations that docs/consumers.md shows, so that tests run what people copy. */
import { readFileSync } from "node:fs";

const TEXT = readFileSync(new URL("../../../docs/consumers.md", import.meta.url), "utf8");

/** The block below `<!-- tested: name -->`. Throws Error when there is none. */
export function documented(name: string): string {
  const block = TEXT.split(`<!-- tested: ${name} -->\n\`\`\`\n`)[1]?.split("\n```\n")[0];
  if (block === undefined) throw new Error(`docs/consumers.md shows no ${name}`);
  return `${block}\n`;
}

export const consumersPage = TEXT;

/** The settings of a main.cf, or of a part of one: `name = value`, values over several lines joined. */
export function settingsOf(text: string): Record<string, string> {
  const lines = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\n[ \t]+/g, " ");
  const found = [...lines.matchAll(/^([a-z0-9_]+) *=[ \t]*(.*)$/gm)];
  return Object.fromEntries(found.map(([, name = "", value = ""]) => [name, value.trim()]));
}

/** The names of all blocks that tests run. */
export const documentedNames = [...TEXT.matchAll(/^<!-- tested: (\S+) -->$/gm)].map(([, name = ""]) => name);

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

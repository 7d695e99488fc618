/** The pages that people read, and the blocks in them. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Block {
  /** What follows the fence: `yaml`, `yaml values`, `text`; empty for commands. */
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

export interface Page {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Of the folder, with those below where asked for; sorted. */
export function filesOf(folder: string, ending: string, recursive = false): string[] {
  const names = readdirSync(`${ROOT}${folder}`, { recursive, encoding: "utf8" });
  const prefix = folder === "" ? "" : `${folder}/`;
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => prefix + name)
    .sort();
}

/** All but the decisions, which speak of their day. */
export function readPages(): Page[] {
  const docs = filesOf("docs", ".md", true).filter((path) => !path.startsWith("docs/decisions/"));
  const others = [...filesOf("", ".md"), ...filesOf("charts", ".md", true), ...filesOf("examples", ".md", true)];
  return [...others, ...docs].map((path) => {
    const text = readFileSync(`${ROOT}${path}`, "utf8");
    return { path, text, blocks: blocksOf(text) };
  });
}

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```([^\n`]*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: info = "", 2: content = "" }) => ({
    info: info.trim(),
    text: content,
    line: text.slice(0, index).split("\n").length,
  }));
}

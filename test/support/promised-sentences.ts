/** Every sentence of the documentation, and every message of the operator, that promises another try or that something heals. */
import { readFileSync } from "node:fs";
import { filesOf, ROOT, readPages } from "./pages.ts";

export interface Promised {
  readonly path: string;
  /** On one line. */
  readonly text: string;
}

const PROMISE =
  /\b(?:(?:try|tries|tried|looks?|looked at|asks?|asked|reads?|made|makes) again|put right|puts right|next try|retried|noticed within|picked up|goes on by itself|(?:every|within) (?:(?:a|an|ten|half an?|\d+) )?(?:seconds?|minutes?|hours?))\b/i;

/** What tells of the past, and what is made from rows or tables each of which is a test. */
const OTHERS = /^(?:CHANGELOG\.md|docs\/decisions\/|docs\/reference\.md)/;
const GENERATED = /<!-- Generated from.*?<!-- The end[^\n]*/gs;
/** Rows that name their test, which claims.test.ts looks for. */
const TESTED_ROW = /^\|.*\| `test\/[^`]+` › [^|]+\|$/gm;
const BLOCK = /^```[^\n]*\n.*?^```$/gms;

export function promisesOfPages(): Promised[] {
  const pages = readPages().filter(({ path }) => !OTHERS.test(path));
  return pages
    .flatMap(({ path, text }) => sentencesOf(text).map((sentence) => ({ path, text: sentence })))
    .filter(isPromise);
}

/** The messages of operator, gateway program and kubectl plugin: texts that are more than a word. */
export function promisesOfSources(): Promised[] {
  return [...filesOf("src", ".ts", true), ...filesOf("cli", ".ts", true)]
    .filter((path) => !path.endsWith(".generated.ts"))
    .flatMap((path) => textsOf(readFileSync(ROOT + path, "utf8")).map((text) => ({ path, text })))
    .filter(isPromise);
}

const isPromise = ({ text }: Promised): boolean => PROMISE.test(text);

/** Paragraphs, items and rows, each on one line, by their sentences. */
function sentencesOf(page: string): string[] {
  const prose = page.replace(GENERATED, "").replace(TESTED_ROW, "").replace(BLOCK, "");
  return prose
    .split(/\n(?:\s*\n|(?=\s*(?:[-*|#]|\d+\.) ?))/)
    .map((part) => part.replace(/\s+/g, " ").trim())
    .flatMap((part) => part.split(/(?<=[.!?])\s+(?=[A-Z*`])/));
}

/** String literals of a source, comments left out; … for what is put in. */
function textsOf(source: string): string[] {
  const code = source.replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)].map(([text]) =>
    text
      .slice(1, -1)
      .replace(/\$\{[^}]*\}/g, "…")
      .replace(/\s+/g, " "),
  );
}

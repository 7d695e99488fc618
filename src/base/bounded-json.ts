/** Reads JSON that somebody else wrote: what would become too large, or is nested too deeply, is never built. */

import { isPauseDue, type Steps } from "./steps.ts";

export interface JsonLimits {
  /** Of the text. */
  readonly characters: number;
  /** Values of every kind together. */
  readonly values: number;
  readonly depth: number;
}

const QUOTE = 34;
const COMMA = 44;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * Undefined where the text is no JSON or exceeds a limit. What it would become is counted before anything is built: one
 * character can become an object of 50 bytes, and the engine's own parser takes more than a tenth of a second for a
 * mebibyte of brackets. A parser in JavaScript that builds while it counts takes ten times as long for what is sound.
 */
export function parseBounded(text: string, limits: JsonLimits): unknown {
  if (text.length > limits.characters || !isWithin(text, limits)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Counts what opens and what separates; of a text that is no JSON the count means nothing, and the parser refuses it. */
function isWithin(text: string, { values, depth }: JsonLimits): boolean {
  let [found, open] = [1, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfText(text, at);
        break;
      case COMMA:
        found++;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        found++;
        open++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        open--;
        break;
    }
    if (found > values || open > depth) return false;
  }
  return true;
}

/** The place of the quote that ends a string. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** Characters that are looked at between two pauses. */
const PIECE = 64 * 1024;

/** A list right below the outermost object: where its elements begin and end. */
interface LongList {
  readonly from: number;
  readonly to: number;
  /** The places of the commas between its elements. */
  readonly commas: readonly number[];
}

/**
 * The same, with pauses, for an object whose lists are long, such as a page of a directory: what is in them is built one
 * element after the other. What is small, or is no object, is read in one go.
 */
export function* parseInPieces(text: string, limits: JsonLimits): Steps<unknown> {
  if (text.length <= PIECE) return parseBounded(text, limits);
  const lists = text.length > limits.characters ? undefined : yield* findLists(text, limits);
  if (lists === undefined) return undefined;
  try {
    const built: unknown[][] = [];
    for (const list of lists) built.push(yield* elementsOf(text, list));
    // Each list is replaced by its number, so that what is left is small.
    let [rest, at] = ["", 0];
    for (const [number, { from, to }] of lists.entries()) {
      rest += `${text.slice(at, from)}${number}`;
      at = to;
    }
    const root = JSON.parse(rest + text.slice(at)) as Record<string, unknown>;
    for (const [key, value] of Object.entries(root)) {
      const number: unknown = Array.isArray(value) ? value[0] : undefined;
      if (typeof number === "number") root[key] = built[number];
    }
    return root;
  } catch {
    return undefined;
  }
}

/** Elements that are built at once: each by itself costs a call, and all together no pause. */
const BUILT_CHARACTERS = 8 * 1024;

function* elementsOf(text: string, { from, to, commas }: LongList): Steps<unknown[]> {
  const elements: unknown[] = [];
  if (commas.length === 0 && text.slice(from, to).trim() === "") return elements;
  let start = from;
  for (const [index, end] of [...commas, to].entries()) {
    const next = commas[index + 1] ?? to;
    if (end < to && next - start <= BUILT_CHARACTERS) continue;
    const part = text.slice(start, end);
    // Between two commas: in brackets it would be an empty list.
    if (part.trim() === "") throw new SyntaxError("an element is missing");
    for (const element of JSON.parse(`[${part}]`) as unknown[]) elements.push(element);
    start = end + 1;
    if (isPauseDue()) yield;
  }
  return elements;
}

/** Undefined where a limit is exceeded, or where the text is no object. */
function* findLists(text: string, { values, depth }: JsonLimits): Steps<LongList[] | undefined> {
  const lists: LongList[] = [];
  let open: { readonly from: number; readonly commas: number[] } | undefined;
  let [found, level] = [1, 0];
  for (let at = 0, pause = PIECE; at < text.length; at++) {
    if (at >= pause) {
      pause = at + PIECE;
      if (isPauseDue()) yield;
    }
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfText(text, at);
        break;
      case COMMA:
        found++;
        if (level === 2) open?.commas.push(at);
        break;
      case OPEN_LIST:
        if (level === 0) return undefined;
        if (level === 1) open = { from: at + 1, commas: [] };
        [found, level] = [found + 1, level + 1];
        break;
      case OPEN_OBJECT:
        [found, level] = [found + 1, level + 1];
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (level === 2 && open !== undefined) lists.push({ ...open, to: at });
        if (level === 2) open = undefined;
        level--;
        break;
    }
    if (found > values || level > depth) return undefined;
  }
  return lists;
}

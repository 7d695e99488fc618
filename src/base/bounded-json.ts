/** Reads JSON that somebody else wrote: what would become too large, or is nested too deeply, is never built. */

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

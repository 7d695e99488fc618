/** Whether an address matches any of many patterns: all of them are tried at once, in a time that no pattern can stretch. */

import { matcherOf, tokenize } from "./fnmatch.ts";
import { lowerCase } from "./smtp-address.ts";

/** The first of the patterns that matches a whole address. Patterns are lower-cased to compare, as addresses are. */
export function compilePatterns(patterns: readonly string[]): (address: string) => string | undefined {
  const literals = new Map<string, number>();
  const globs: Compiled[] = [];
  for (const [index, written] of patterns.entries()) {
    const pattern = lowerCase(written);
    if (/[*?[]/.test(pattern)) globs.push({ index, ...compile(pattern) });
    else if (!literals.has(pattern)) literals.set(pattern, index);
  }
  const findGlob = globs.length === 0 ? () => undefined : automaton(globs);
  return (address) => {
    const [literal, glob] = [literals.get(address), findGlob(address)];
    const found = literal === undefined || glob === undefined ? (literal ?? glob) : Math.min(literal, glob);
    return found === undefined ? undefined : patterns[found];
  };
}

interface Compiled {
  /** Of the pattern, as they were given. */
  readonly index: number;
  /** Each matches one character. */
  readonly tokens: readonly string[];
  /** Places that any text may stand at: before the token of that number, or at the end. */
  readonly stars: ReadonlySet<number>;
}

function compile(pattern: string): Omit<Compiled, "index"> {
  const tokens: string[] = [];
  const stars = new Set<number>();
  for (const token of tokenize(pattern)) {
    if (token === "*") stars.add(tokens.length);
    else tokens.push(token);
  }
  return { tokens, stars };
}

const WORD = 32;
const ASCII = 128;

/**
 * One bit for each place in each pattern: set while what was read so far leads there. A character moves all of them by one
 * shift where their tokens match, and keeps those that stand at a star. That is one operation for 32 places, whatever they
 * are: 500 patterns of 320 characters take some 5,000 a character, patterns as people write them some ten.
 * Patterns with more tokens than the address has characters come last and are not looked at.
 */
function automaton(patterns: readonly Compiled[]): (address: string) => number | undefined {
  const sorted = [...patterns].sort((a, b) => a.tokens.length - b.tokens.length);
  const places = sorted.reduce((sum, { tokens }) => sum + tokens.length + 1, 0);
  const words = Math.ceil(places / WORD);
  const [starts, stays, ends] = [new Uint32Array(words), new Uint32Array(words), new Uint32Array(words)];
  /** By place: the number of its token among all that differ, from 1 on; 0 at the end of a pattern. */
  const tokenAt = new Uint32Array(places);
  /** By the place of its end: the index of a pattern. */
  const endsOf = new Map<number, number>();
  const numbers = new Map<string, number>();
  /** By the number of tokens: words up to the last pattern that has no more. */
  const reach: { readonly tokens: number; readonly words: number }[] = [];
  let place = 0;
  for (const { index, tokens, stars } of sorted) {
    set(starts, place);
    for (const star of stars) set(stays, place + star);
    for (const token of tokens) {
      const number = numbers.get(token) ?? numbers.size + 1;
      numbers.set(token, number);
      tokenAt[place++] = number;
    }
    endsOf.set(place, index);
    set(ends, place++);
    reach.push({ tokens: tokens.length, words: Math.ceil(place / WORD) });
  }
  const rowOf = createRows(tokenAt, [...numbers.keys()], words);
  const reached = new Uint32Array(words);
  return (address) => {
    const used = wordsFor(reach, address.length);
    for (let word = 0; word < used; word++) reached[word] = starts[word] ?? 0;
    for (const character of address) step(reached, rowOf(character), stays, used);
    let first: number | undefined;
    for (let word = 0; word < used; word++) {
      const ended = (reached[word] ?? 0) & (ends[word] ?? 0);
      if (ended !== 0) first = lower(first, firstOf(endsOf, ended, word * WORD));
    }
    return first;
  };
}

const lower = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

/** The lowest index among the patterns that end at the bits of a word. */
function firstOf(endsOf: ReadonlyMap<number, number>, ended: number, from: number): number | undefined {
  let first: number | undefined;
  for (let bit = 0; bit < WORD; bit++) if ((ended & (1 << bit)) !== 0) first = lower(first, endsOf.get(from + bit));
  return first;
}

/** What is reached after one character more. */
function step(reached: Uint32Array, row: Uint32Array, stays: Uint32Array, used: number): void {
  let carry = 0;
  for (let word = 0; word < used; word++) {
    const here = reached[word] ?? 0;
    const moving = here & (row[word] ?? 0);
    reached[word] = (moving << 1) | carry | (here & (stays[word] ?? 0));
    carry = moving >>> (WORD - 1);
  }
}

function set(bits: Uint32Array, place: number): void {
  const word = Math.floor(place / WORD);
  bits[word] = (bits[word] ?? 0) | (1 << (place % WORD));
}

/** Of the last pattern that a text of this length is long enough for. */
function wordsFor(reach: readonly { readonly tokens: number; readonly words: number }[], length: number): number {
  let [low, high] = [0, reach.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((reach[middle]?.tokens ?? 0) <= length) low = middle + 1;
    else high = middle;
  }
  return reach[low - 1]?.words ?? 0;
}

/** By character: the places whose token matches it. Made when a character is met first; addresses are ASCII. */
function createRows(tokenAt: Uint32Array, tokens: readonly string[], words: number) {
  const matchers = tokens.map(matcherOf);
  const rows: Uint32Array[] = [];
  const make = (character: string): Uint32Array => {
    const matching = Uint8Array.from([0, ...matchers.map((matches) => (matches(character) ? 1 : 0))]);
    const row = new Uint32Array(words);
    for (const [place, token] of tokenAt.entries()) if (matching[token] === 1) set(row, place);
    return row;
  };
  return (character: string): Uint32Array => {
    const code = character.codePointAt(0) ?? 0;
    if (code >= ASCII) return make(character);
    rows[code] ??= make(character);
    return rows[code];
  };
}

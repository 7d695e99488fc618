/** Makes what another program said fit to be shown: one line, bounded, without addresses, without what may be a secret. Pure. */

/** Marks without a width, which may stand within a word, and those that turn text around. */
const MARKS = /\p{Cf}/gu;
/** Blanks, line ends, controls. */
const CONTROLS = /[\p{C}\p{Z}]+/gu;
/**
 * Before the sign a word, looked for where it begins (from each of its letters on, a long word without one would take its
 * length squared), or a text in quotes, as RFC 5321 allows it.
 */
const ADDRESS = /(?:"[^"]{1,64}"|(?<![^\s"'<>(),;])[^\s"'<>(),;]*)(?:[@＠﹫]|%40)[^\s"'<>(),;]*/g;
/** Of a URL only where it leads: path and query may hold a token, the part before the host a password. */
const URL_REST = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)(?:[^\s/@"'<>]*@)?([^\s/?#"'<>]+)[^\s"'<>),;]*/gi;
/** Longer than any name or GUID that has no dash in it: a key, a token, a digest. */
const LONG_WORD = /[A-Za-z0-9+_=]{40,}/g;
const BETWEEN_WORDS = /[\s"'<>(),;]/;

/** `longest`: characters; what is longer ends in an ellipsis. */
export function publicWords(text: string, longest: number): string {
  // Bounded first: what nobody will see is not searched.
  const clean = wholeWords(text, 8 * longest)
    .replaceAll(MARKS, "")
    .replaceAll(CONTROLS, " ")
    .replaceAll(URL_REST, "$1$2")
    .replaceAll(ADDRESS, "…")
    .replaceAll(LONG_WORD, "…")
    .trim();
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1)}…`;
}

/** As far as there is room: the beginning of a word does not show that it is an address, or a key. */
function wholeWords(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = most;
  while (end > 0 && !BETWEEN_WORDS.test(text.charAt(end))) end--;
  return `${text.slice(0, end)}…`;
}

const MOST_SHOWN = 10;

/** "a, b and 3 more" */
export function someOf(words: readonly string[]): string {
  if (words.length === 0) return "none";
  const more = words.length - MOST_SHOWN;
  return `${words.slice(0, MOST_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Slips of the hand: two neighbours swapped are two. A short word is another word sooner. */
const mostSlips = (word: string): number => Math.min(2, Math.floor(word.length / 4));

/** The word that `word` was most likely meant to be; undefined: none is near. */
export function likeliest(word: string, known: readonly string[]): string | undefined {
  const most = mostSlips(word);
  const near = known
    .map((each) => ({ each, slips: slipsBetween(word, each, most) }))
    .filter(({ slips }) => slips <= most);
  return near.sort((a, b) => a.slips - b.slips || (a.each < b.each ? -1 : 1))[0]?.each;
}

/** How many letters have to be added, left out or changed (Levenshtein); more than `most` are not counted to the end. */
function slipsBetween(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of a.split("").entries()) {
    const next = [row + 1];
    for (let column = 0; column < b.length; column++) {
      const changed = (above[column] ?? 0) + (letter === b[column] ? 0 : 1);
      next.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    if (Math.min(...next) > most) return Infinity;
    above = next;
  }
  return above[b.length] ?? Infinity;
}

/** Makes what another program said fit to be shown: one line, bounded, without addresses, without what may be a secret. Pure. */

/** What has no width or no meaning and may stand within a word, and what turns text around. */
const MARKS = /\p{Cf}|\p{Co}|\u034f|[\ufe00-\ufe0f]/gu;
/** Blanks, line ends, controls. */
const CONTROLS = /[\p{C}\p{Z}]+/gu;
/** As a server may write it. */
const SIGN = `(?:[@＠﹫]|%(?:25)*40|&(?:#0*64|#x0*40|commat);)`;
/** In RFC 5321's words: a quoted string, or a word with the comment that RFC 5322 allows behind it. */
const LOCAL_PART = String.raw`(?:"(?:[^"\\]|\\.){1,256}"|(?<![^\s"<>(),;])[^\s"<>(),;]*(?:\([^()]{0,64}\))?)`;
/** A word is looked for where it begins: from each of its letters on, a long one without a sign would take its length squared. */
const ADDRESS = new RegExp(`${LOCAL_PART} ?${SIGN}[^\\s"<>(),;]*`, "gi");
const LINK = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)([^\s"<>]+)/gi;
const HOST_AND_PORT = /^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i;
/** Behind a path without a host. */
const QUERY = /(\/[^\s?"<>]{0,1000})\?[^\s"<>]*/g;
/** Longer than any name or GUID that has no dash in it: a key, a token, a digest. */
const LONG_WORD = /[A-Za-z0-9+_=]{40,}/g;
const WORD = /[A-Za-z0-9+_=~./-]{32,}/g;

/** `longest`: characters; what is longer ends in an ellipsis. */
export function publicWords(text: string, longest: number): string {
  // Bounded first: what nobody will see is not searched.
  const clean = wholeWords(text, 8 * longest)
    .replaceAll(MARKS, "")
    .replaceAll(CONTROLS, " ")
    .replaceAll(LINK, (_, scheme: string, rest: string) => scheme + hostOf(rest))
    .replaceAll(QUERY, "$1")
    .replaceAll(ADDRESS, withoutAddress)
    .replaceAll(LONG_WORD, "…")
    .replaceAll(WORD, (word) => (isKey(word) ? "…" : word))
    .trim();
  if (clean.length <= longest) return clean;
  const shown = clean.slice(0, longest - 1);
  // No half of a character.
  return `${shown.replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Of a URL only where it leads: path and query may hold a token, the part before the host a password. */
function hostOf(rest: string): string {
  const [place = ""] = rest.split(/[/?#]/, 1);
  // What stands behind it in a sentence.
  const host = place.replace(/^.*@/, "").replace(/[),;:.']+$/, "");
  return HOST_AND_PORT.test(host) ? host : "…";
}

/** Apostrophes belong to a word, but those around it. */
const withoutAddress = (found: string): string =>
  `${found.startsWith("'") ? "'" : ""}…${found.length > 1 && found.endsWith("'") ? "'" : ""}`;

const HOST = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[a-z]{2,}$/;
/** More often than any name changes between letters, capitals and digits. */
const CHANGES_OF_A_KEY = 8;

/** Whether it looks like a secret, a token or a key in base64; a GUID has no capitals beside small letters. */
function isKey(word: string): boolean {
  if (!/[a-z]/.test(word) || !/[A-Z]/.test(word) || HOST.test(word)) return false;
  const changes = word.match(/[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])/g) ?? [];
  return changes.length >= CHANGES_OF_A_KEY;
}

/** As far as there is room, in whole words: the beginning of an address, with its quotes or comment, or of a key, does not show what it is. */
function wholeWords(text: string, most: number): string {
  if (text.length <= most) return text;
  let head = text.slice(0, most);
  if (head.split('"').length % 2 === 0) head = head.slice(0, head.lastIndexOf('"'));
  if (head.lastIndexOf("(") > head.lastIndexOf(")")) head = head.slice(0, head.lastIndexOf("("));
  // The last word may be cut, and the one before it stand before a blank and the sign.
  return `${head.replace(/\S*\s*$/, "").replace(/\S*\s*$/, "")}…`;
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

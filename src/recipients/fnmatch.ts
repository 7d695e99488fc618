/** Python's fnmatch for exclude patterns: `*` any text, `?` one character, `[seq]`, `[!seq]`. */

type Matcher = (character: string) => boolean;

/** The parts of a pattern as they are written: `*`, `?`, a set, or a character that stands for itself. */
export function tokenize(pattern: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < pattern.length; ) {
    const end = pattern[at] === "[" ? closing(pattern, at) : -1;
    const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    // Without a closing bracket it stands for itself.
    const token = end === -1 ? character : pattern.slice(at, end + 1);
    if (token !== "*" || tokens.at(-1) !== "*") tokens.push(token);
    at += token.length;
  }
  return tokens;
}

/** Of a token that matches one character, which is every one but `*`. */
export function matcherOf(token: string): Matcher {
  if (token === "?") return () => true;
  if (token.length > 2 && token.startsWith("[")) return set(token.slice(1, -1));
  return (character) => character === token;
}

/** A `]` directly behind `[` or `[!` belongs to the set. */
function closing(pattern: string, open: number): number {
  let first = open + 1;
  if (pattern[first] === "!") first++;
  return pattern.indexOf("]", pattern[first] === "]" ? first + 1 : first);
}

/**
 * As Python reads a set: `a-z` is a range; a hyphen that is first, last or behind a range stands for itself. A reversed
 * range is taken out first, and only then is a leading `!` looked for: `[^-9!]` begins with a `!` once `^-9` is gone.
 */
function set(body: string): Matcher {
  const [first = "", ...others] = withoutReversed(splitAtRanges(Array.from(body)));
  const negated = first.startsWith("!");
  const opening = negated ? first.slice(1) : first;
  // What is left of `!-z` is a hyphen that nothing stands before: it stands for itself.
  const chunks = opening === "" && others.length > 0 ? [["-"], others] : [[opening, ...others]];
  const ranges = chunks.flatMap((joined) => rangesOf(joined.map((chunk) => Array.from(chunk))));
  return (character) => ranges.some(([low, high]) => low <= character && character <= high) !== negated;
}

/** Between two chunks stands the hyphen of a range. A hyphen right behind a range's end makes none. */
function splitAtRanges(members: readonly string[]): string[] {
  const chunks: string[] = [];
  let start = 0;
  for (let from = members[0] === "!" ? 2 : 1; ; ) {
    const hyphen = members.indexOf("-", from);
    if (hyphen === -1) break;
    chunks.push(members.slice(start, hyphen).join(""));
    start = hyphen + 1;
    from = hyphen + 3;
  }
  const rest = members.slice(start).join("");
  const last = chunks.pop();
  if (last === undefined) return [rest];
  return rest === "" ? [...chunks, `${last}-`] : [...chunks, last, rest];
}

function withoutReversed(chunks: readonly string[]): string[] {
  const kept: string[] = [];
  for (const chunk of chunks.toReversed()) {
    const before = Array.from(chunk);
    const after = Array.from(kept[0] ?? "");
    const [low = "", high = ""] = [before.at(-1), after[0]];
    if (kept.length > 0 && codePoint(low) > codePoint(high))
      kept[0] = [...before.slice(0, -1), ...after.slice(1)].join("");
    else kept.unshift(chunk);
  }
  return kept;
}

const codePoint = (character: string): number => character.codePointAt(0) ?? 0;

/** Every character by itself, and what lies between the last of a chunk and the first of the next. */
function rangesOf(chunks: readonly (readonly string[])[]): [low: string, high: string][] {
  const singles = chunks.flat().map((single): [string, string] => [single, single]);
  const between = chunks
    .slice(1)
    .map((chunk, index): [string, string] => [chunks[index]?.at(-1) ?? "", chunk[0] ?? ""]);
  return [...singles, ...between];
}

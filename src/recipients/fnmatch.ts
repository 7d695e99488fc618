/** Python's fnmatch for exclude patterns, in linear time: `*` any text, `?` one character, `[seq]`, `[!seq]`. */

type Matcher = (character: string) => boolean;
/** A token matches one character; "*" any number of them. */
type Token = Matcher | "*";

/** Whether any of the patterns matches a whole address. Patterns are lower-cased, as addresses are. */
export function compilePatterns(patterns: readonly string[]): (address: string) => boolean {
  const literals = new Set<string>();
  const compiled: Token[][] = [];
  for (const pattern of patterns.map((each) => each.toLowerCase())) {
    if (/[*?[]/.test(pattern)) compiled.push(tokenize(pattern));
    else literals.add(pattern);
  }
  return (address) => literals.has(address) || compiled.some((tokens) => matches(tokens, address));
}

/**
 * Greedy with one way back: when a character does not fit, the last `*` takes one more. Earlier stars never need another
 * try, so the work is at most pattern length × text length.
 */
function matches(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let star = -1;
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const current = tokens[token];
    if (current === "*") {
      star = token++;
      from = at;
    } else if (current?.(text[at] ?? "") === true) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++from;
    } else {
      return false;
    }
  }
  while (tokens[token] === "*") token++;
  return token === tokens.length;
}

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    if (character === "*") {
      if (tokens.at(-1) !== "*") tokens.push("*");
    } else if (character === "?") {
      tokens.push(() => true);
    } else if (character === "[") {
      const end = closing(pattern, at);
      // Without a closing bracket it stands for itself.
      tokens.push(end === -1 ? literal("[") : set(pattern.slice(at + 1, end)));
      if (end !== -1) at = end;
    } else {
      tokens.push(literal(character));
    }
  }
  return tokens;
}

const literal =
  (wanted: string): Matcher =>
  (character) =>
    character === wanted;

/** A `]` directly behind `[` or `[!` belongs to the set. */
function closing(pattern: string, open: number): number {
  let first = open + 1;
  if (pattern[first] === "!") first++;
  return pattern.indexOf("]", pattern[first] === "]" ? first + 1 : first);
}

/** `a-z` is a range; a hyphen that is first, last or behind a range stands for itself; a reversed range matches nothing. */
function set(body: string): Matcher {
  const negated = body.startsWith("!");
  const members = negated ? body.slice(1) : body;
  const ranges: [string, string][] = [];
  for (let at = 0; at < members.length; at++) {
    const low = members[at] ?? "";
    const high = members[at + 1] === "-" ? members[at + 2] : undefined;
    if (high === undefined) {
      ranges.push([low, low]);
    } else {
      ranges.push([low, high]);
      at += 2;
    }
  }
  return (character) => ranges.some(([low, high]) => low <= character && character <= high) !== negated;
}

/** Netstrings as they come over a connection: `length:bytes,`. Source: cr.yp.to/proto/netstrings.txt. */

/** Longer requests are nobody's: an address has 320 characters at most. */
export const LONGEST_REQUEST = 4096;
/** Digits of a length that is not too long. */
const MOST_DIGITS = 4;

const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

export interface NetstringReader {
  /** Whole strings that these bytes complete. Undefined once something was no netstring: the rest means nothing. */
  push(bytes: Buffer): readonly Buffer[] | undefined;
  /** Whether a string has begun and not ended. */
  readonly isWaiting: boolean;
}

/** Keeps no more than one unfinished string. */
export function createNetstringReader(): NetstringReader {
  let rest: Buffer = Buffer.alloc(0);
  let broken = false;
  return {
    push(bytes) {
      if (broken) return undefined;
      const input = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const found: Buffer[] = [];
      for (let at = 0; ; ) {
        const next = readOne(input, at);
        if (next === "broken") {
          broken = true;
          return undefined;
        }
        if (next === "more") {
          // A copy: what came in one piece with it is let go.
          rest = Buffer.from(input.subarray(at));
          return found;
        }
        found.push(input.subarray(next.from, next.to));
        at = next.to + 1;
      }
    },
    get isWaiting() {
      return rest.length > 0;
    },
  };
}

type Read = { readonly from: number; readonly to: number } | "more" | "broken";

function readOne(input: Buffer, start: number): Read {
  let length = 0;
  for (let at = start; ; at++) {
    const byte = input[at];
    if (byte === undefined) return at - start > MOST_DIGITS ? "broken" : "more";
    const digits = at - start;
    if (byte === COLON && digits > 0) return readBody(input, at + 1, length);
    // A length has no zeros before it.
    const isDigit = byte >= ZERO && byte <= NINE && !(digits === 1 && length === 0);
    if (!isDigit || digits === MOST_DIGITS) return "broken";
    length = length * 10 + byte - ZERO;
    if (length > LONGEST_REQUEST) return "broken";
  }
}

function readBody(input: Buffer, from: number, length: number): Read {
  const to = from + length;
  if (input.length <= to) return "more";
  return input[to] === COMMA ? { from, to } : "broken";
}

export function netstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

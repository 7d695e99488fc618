/** Careful looks into JSON that somebody else wrote. Pure. */
import { parseBounded } from "../../base/bounded-json.ts";

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Of an answer with a token, an error, or the parts of a batch of few objects. */
const SMALL = { characters: 1024 * 1024, values: 20_000, depth: 32 };

/** For small answers: undefined where the text is no JSON, or more of it than such an answer has. */
export const parseJson = (text: string): unknown => parseBounded(text, SMALL);

/** undefined for everything that is no object with fields. */
export function asRecord(value: unknown): JsonRecord | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as JsonRecord) : undefined;
}

/** A page for people, where a service would answer JSON: somebody in between speaks. */
export function isPage(text: string): boolean {
  return /^\uFEFF?\s*</.test(text.slice(0, 1000));
}

/** A request or trace id as Microsoft writes them; anything else is not repeated to anybody. */
export function publicId(value: unknown): string | undefined {
  return typeof value === "string" && /^[0-9A-Za-z-]{1,64}$/.test(value) ? value : undefined;
}

/** The `error.code` of a Graph error and those nested in its `innerError`, outermost first; only what looks like a code. */
export function errorCodes(body: unknown): string[] {
  const codes: string[] = [];
  let error = asRecord(asRecord(body)?.["error"]);
  for (let depth = 0; error !== undefined && depth < 5; depth++) {
    const { code } = error;
    if (typeof code === "string" && /^[A-Za-z][A-Za-z0-9_.]{0,63}$/.test(code) && !codes.includes(code))
      codes.push(code);
    error = asRecord(error["innerError"] ?? error["innererror"]);
  }
  return codes;
}

/** Careful looks into JSON that somebody else wrote. Pure. */

export type JsonRecord = Readonly<Record<string, unknown>>;

/** undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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

/** Unpacks gzip that somebody else may have written: within bounds, and a piece at a time. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

export interface UnzipLimits {
  /** Of all that is unpacked. */
  readonly characters: number;
  /** Of one line. */
  readonly line: number;
}

/** What is packed is broken, or becomes more than it may. */
export class UnzipError extends Error {
  override readonly name = "UnzipError";
}

/**
 * The lines of a text that is packed into these pieces, some at a time, without their ends. Throws UnzipError, at the
 * latest at the end: a text whose last line is not ended was cut.
 */
export async function* unzipLines(
  pieces: readonly Buffer[],
  { characters, line }: UnzipLimits,
): AsyncGenerator<readonly string[]> {
  const gunzip = createGunzip();
  const unpacked = Readable.from(pieces, { objectMode: true }).pipe(gunzip).setEncoding("utf8");
  // Parts of a line are joined once it is whole: joined one by one they would be copied again each time.
  let open: string[] = [];
  let [seen, held] = [0, 0];
  try {
    for await (const text of unpacked as AsyncIterable<string>) {
      seen += text.length;
      const end = text.lastIndexOf("\n");
      if (end === -1) {
        open.push(text);
      } else {
        const lines = (open.join("") + text.slice(0, end)).split("\n");
        open = [text.slice(end + 1)];
        yield lines;
      }
      held = end === -1 ? held + text.length : text.length - end - 1;
      if (seen > characters || held > line) throw new UnzipError("more is packed than there may be");
    }
  } catch (error) {
    if (error instanceof UnzipError || !isZipError(error)) throw error;
    throw new UnzipError("what is packed is broken", { cause: error });
  } finally {
    gunzip.destroy();
  }
  if (held > 0) throw new UnzipError("the last line is cut");
}

/** Of zlib, not of whoever works on the lines. */
const isZipError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^(Z_|ERR_)/.test(String(error.code));

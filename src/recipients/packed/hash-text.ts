/** One hash of texts, and of their bytes where they stand packed. */
import { randomInt } from "node:crypto";

/** Another in each process: whoever chooses the texts cannot choose them so that all fall together. */
const SEED = randomInt(2 ** 32);

const FNV_PRIME = 0x0100_0193;

/** FNV-1a, 32 bits: quick and even enough to deal things out; says nothing about equality. */
export function hashText(text: string): number {
  let hash = SEED;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  return hash >>> 0;
}

/** Of the local part of the address whose length stands there. */
export function hashLocal(buffer: Buffer, at: number): number {
  let end = at + (buffer[at] ?? 0);
  while (end > at && buffer[end] !== AT_SIGN) end--;
  let hash = SEED;
  for (let byte = at + 1; byte < end; byte++) hash = Math.imul(hash ^ (buffer[byte] ?? 0), FNV_PRIME);
  return hash >>> 0;
}
const AT_SIGN = 64;

/** What every format of tables can carry, told from the bytes: letters, digits, dots, hyphens, underscores, and one @. */
import type { Roster } from "./roster.ts";

const PLAIN = new Uint8Array(256);
for (const character of "abcdefghijklmnopqrstuvwxyz0123456789.-_@") PLAIN[character.charCodeAt(0)] = 1;

/** Whether all addresses of an account are plain. */
export function isPlainRecord(accounts: Roster, index: number): boolean {
  const buffer = accounts.bufferOf(index);
  const count = accounts.countOf(index);
  for (let place = 0, at = accounts.placeOf(index, 0); place < count; place++) {
    const end = at + (buffer[at] ?? 0);
    for (let byte = at + 1; byte <= end; byte++) if (PLAIN[buffer[byte] ?? 0] === 0) return false;
    at = end + 2;
  }
  return true;
}

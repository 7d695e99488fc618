/** Accounts as lines of `accounts.jsonl`, copied from their packed bytes: to decode them, and JSON.stringify, cost ten times as much. */

import { accountLine } from "../account-line.ts";
import { GUID_BYTES, HEAD_BYTES, IS_GUID, LONGEST_ID, uint16At } from "./records.ts";
import type { Roster } from "./roster.ts";

export interface AccountLines {
  /** Bytes that were added since the last `clear`. */
  readonly length: number;
  /** Adds the line of an account, without its end. */
  add(index: number): void;
  /** Of that line. Known without making it, where it was made before for the same roster. */
  bytesOf(index: number): number;
  /** Adds a line of the journal, with its end: the account by its id. */
  addEntry(index: number): void;
  addEnd(): void;
  /** What was added, until something is added again. */
  bytes(): Buffer;
  clear(): void;
}

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const BLANK = 32;
const DASH = 45;
const LINE_END = 10;
const ID = Buffer.from('{"id":"');
const ADDRESS = Buffer.from('","address":"');
const TYPE = Buffer.from('","type":"');
const ALIASES = Buffer.from('","aliases":[');
const CLOSE = Buffer.from("]}");
const ENTRY = Buffer.from('["');
const ENTRY_ID = Buffer.from('",');
const ENTRY_CLOSE = Buffer.from("]\n");
/** More than everything that stands around the id and the addresses. */
const AROUND = 128;
/** Of an id: each of its bytes may become two digits, and dashes stand between them. */
const HEX = Buffer.from("0123456789abcdef");
const DASHES_BEFORE = new Set([4, 6, 8, 10]);

/** Bytes of each line that was made, 0 of any other: a run makes them for the revision, and asks for the sizes after that. */
const lengths = new WeakMap<Roster, Uint32Array>();

export function createAccountLines(roster: Roster): AccountLines {
  const out = createOutput();
  const known = lengths.get(roster) ?? new Uint32Array(roster.length);
  lengths.set(roster, known);
  function add(index: number): void {
    const before = out.end();
    out.reserve(2 * (roster.endOf(index) - roster.startOf(index)) + AROUND);
    if (!addPlain(out, roster, index)) {
      out.back(before);
      out.text(accountLine(roster.get(index)));
    }
    known[index] = out.end() - before;
  }
  return {
    get length() {
      return out.end();
    },
    add,
    bytesOf(index) {
      if (known[index] === 0) {
        const before = out.end();
        add(index);
        out.back(before);
      }
      return known[index] ?? 0;
    },
    addEntry(index) {
      const before = out.end();
      out.reserve(2 * (roster.endOf(index) - roster.startOf(index)) + AROUND);
      out.put(ENTRY);
      if (addId(out, roster, index)) out.put(ENTRY_ID);
      else {
        out.back(before);
        out.text(`[${JSON.stringify(roster.idOf(index))},`);
      }
      add(index);
      out.reserve(ENTRY_CLOSE.length);
      out.put(ENTRY_CLOSE);
    },
    addEnd() {
      out.reserve(1);
      out.byte(LINE_END);
    },
    bytes: out.bytes,
    clear: () => out.back(0),
  };
}

/** False where it is not as JSON would write it. */
function addPlain(out: Output, roster: Roster, index: number): boolean {
  const buffer = roster.bufferOf(index);
  out.put(ID);
  if (!addId(out, roster, index)) return false;
  out.put(ADDRESS);
  const count = roster.countOf(index);
  let at = roster.placeOf(index, 0);
  for (let place = 0; place < count; place++) {
    const next = at + 1 + (buffer[at] ?? 0);
    if (place > 1) out.byte(COMMA);
    if (place > 0) out.byte(QUOTE);
    if (!out.copy(buffer, at + 1, next)) return false;
    if (place === 0) {
      out.put(TYPE);
      out.put(typeBytes(roster.typeOf(index)));
      out.put(ALIASES);
    } else out.byte(QUOTE);
    // The mark of the next one stands before its length.
    at = next + 1;
  }
  out.put(CLOSE);
  return true;
}

/** False where it is not as JSON would write it. */
function addId(out: Output, roster: Roster, index: number): boolean {
  const buffer = roster.bufferOf(index);
  const start = roster.startOf(index);
  const head = uint16At(buffer, start + 1);
  const id = start + HEAD_BYTES;
  if ((head & IS_GUID) === 0) return out.copy(buffer, id, id + (head & LONGEST_ID));
  out.guid(buffer, id);
  return true;
}

interface Output {
  end(): number;
  /** For so many more. */
  reserve(bytes: number): void;
  byte(value: number): void;
  put(text: Buffer): void;
  /** False: JSON has another way to write a byte of it. */
  copy(from: Buffer, start: number, to: number): boolean;
  /** A GUID that is packed there. */
  guid(from: Buffer, start: number): void;
  text(text: string): void;
  bytes(): Buffer;
  /** What follows is forgotten. */
  back(end: number): void;
}

function createOutput(): Output {
  let out = Buffer.allocUnsafe(64 * 1024);
  let end = 0;
  const output: Output = {
    end: () => end,
    reserve(bytes) {
      if (end + bytes <= out.length) return;
      const larger = Buffer.allocUnsafe(Math.max(out.length * 2, end + bytes));
      out.copy(larger, 0, 0, end);
      out = larger;
    },
    byte(value) {
      out[end++] = value;
    },
    put(text) {
      for (let at = 0; at < text.length; at++) out[end++] = text[at] ?? 0;
    },
    copy(from, start, to) {
      for (let at = start; at < to; at++) {
        const byte = from[at] ?? 0;
        if (byte < BLANK || byte === QUOTE || byte === BACKSLASH) return false;
        out[end++] = byte;
      }
      return true;
    },
    guid(from, start) {
      for (let byte = 0; byte < GUID_BYTES; byte++) {
        const value = from[start + byte] ?? 0;
        if (DASHES_BEFORE.has(byte)) out[end++] = DASH;
        out[end++] = HEX[value >>> 4] ?? 0;
        out[end++] = HEX[value & 15] ?? 0;
      }
    },
    text(text) {
      output.reserve(Buffer.byteLength(text));
      end += out.write(text, end);
    },
    bytes: () => out.subarray(0, end),
    back(to) {
      end = to;
    },
  };
  return output;
}

const types = new Map<string, Buffer>();
function typeBytes(type: string): Buffer {
  const known = types.get(type) ?? Buffer.from(type);
  types.set(type, known);
  return known;
}

/** Objects with addresses, packed into bytes outside of the JavaScript heap: half a million of them in some 45 MB. */
import { hashLocal } from "./hash-text.ts";
import { createIdIndex } from "./id-index.ts";
import { createNumbers, type Numbers } from "./numbers.ts";

export interface PackedRecord {
  readonly id: string;
  /** 0 … 255; what it means is the caller's. */
  readonly kind: number;
  /** ASCII, at most 255 characters each. */
  readonly addresses: readonly string[];
  /** One a address, 0 … 255; what they mean is the caller's. */
  readonly marks: readonly number[];
}

/** Where packed records stand, for those who look at their bytes without making texts of them. */
export interface PackedBytes {
  /** The memory that a record stands in. */
  bufferOf(index: number): Buffer;
  /** Where it begins there. */
  startOf(index: number): number;
  /** Where an address stands there: its length, then its text. */
  placeOf(index: number, place: number): number;
  /** The place behind its last address. */
  endOf(index: number): number;
  /** `hashText` of the local part of an address. */
  hashOfLocal(index: number, place: number): number;
}

/** Numbered in the order in which they were added; numbers of removed ones are not given again. */
export interface Records extends PackedBytes {
  /** Numbers given so far. */
  readonly length: number;
  /** Of memory. */
  bytes(): number;
  /** Adds the record, or puts it in the place of the one with its id. */
  put(record: PackedRecord): void;
  /** Gives a record that stands another kind and other addresses, and leaves its id alone. */
  rewrite(index: number, record: Omit<PackedRecord, "id">): void;
  /** Of the record with this id; undefined when there is none. */
  find(id: string): number | undefined;
  remove(index: number): void;
  has(index: number): boolean;
  get(index: number): PackedRecord;
  idOf(index: number): string;
  kindOf(index: number): number;
  /** How many addresses a record has; 0 when it was removed. */
  countOf(index: number): number;
  addressOf(index: number, place: number): string;
  markOf(index: number, place: number): number;
  setMark(index: number, place: number, mark: number): void;
  /** Gives back what only `put` and `find` need; neither works any more. */
  seal(): void;
}

const SLAB_BYTES = 1024 * 1024;
export const HEAD_BYTES = 5;
export const GUID_BYTES = 16;
/** Of a record with more addresses it is kept where each so manieth begins: ten thousand would else be passed over one by one. */
const STRIDE = 32;
const OFFSET_BYTES = 4;
const REMOVED = 0xffff_ffff;

/** Of all records of one list: a million accounts. Two such lists at once, and what is made of them, have room in the container. */
export const MOST_RECORD_BYTES = 96 * 1024 * 1024;

/** The most bytes that an id may have. */
export const LONGEST_ID = 0x7fff;
/** Beside the length of an id: it is a GUID, kept as its 16 bytes. */
export const IS_GUID = 0x8000;

/**
 * kind (1), bytes of the id (2), number of addresses (2), id; where there are many, the places of each STRIDE-th, counted
 * from the record's start (4 each); then for each address: mark (1), length (1), text.
 */
export function createRecords(): Records {
  const slabs = createSlabs();
  /** Where each record stands: number of its slab and the place in it. */
  const slabOf = createNumbers();
  const offsetOf = createNumbers();
  const reader = createReader(slabs, slabOf, offsetOf);
  const ids = createIdIndex(reader.idOf);
  const { bufferOf, startOf, endOf } = reader;

  const sizeOf = (index: number): number => endOf(index) - startOf(index);

  const records: Records = {
    ...reader,
    get length() {
      return offsetOf.length;
    },
    bytes: () => slabs.bytes(),
    put(record) {
      const guid = isGuid(record.id);
      const bytes = HEAD_BYTES + (guid ? GUID_BYTES : Buffer.byteLength(record.id)) + packedAddresses(record.addresses);
      const known = ids.findOrAdd(record.id, offsetOf.length);
      if (known !== undefined && bytes <= sizeOf(known)) {
        write(bufferOf(known), startOf(known), record, guid);
        return;
      }
      const { slab, offset } = slabs.reserve(bytes);
      write(slabs.get(slab), offset, record, guid);
      if (known !== undefined) {
        slabOf.set(known, slab);
        offsetOf.set(known, offset);
        return;
      }
      slabOf.push(slab);
      offsetOf.push(offset);
    },
    rewrite(index, record) {
      const buffer = bufferOf(index);
      const start = startOf(index);
      const idBytes = uint16At(buffer, start + 1) & LONGEST_ID;
      const fits = HEAD_BYTES + idBytes + packedAddresses(record.addresses) <= sizeOf(index);
      if (fits) writeAround(buffer, start, idBytes, record);
      else records.put({ id: records.idOf(index), ...record });
    },
    find: (id) => ids.find(id),
    remove(index) {
      ids.remove(records.idOf(index));
      slabOf.set(index, REMOVED);
    },
    seal: () => ids.clear(),
  };
  return records;
}

/** What stands in the records. */
type Reader = Omit<Records, "length" | "bytes" | "put" | "rewrite" | "find" | "remove" | "seal">;

function createReader(slabs: Slabs, slabOf: Numbers, offsetOf: Numbers): Reader {
  const bufferOf = (index: number): Buffer => slabs.get(slabOf.get(index));
  const seek = (buffer: Buffer, index: number, place: number): number => placeOf(buffer, offsetOf.get(index), place);
  const has = (index: number): boolean => slabOf.get(index) !== REMOVED;
  const countOf = (index: number): number => (has(index) ? uint16At(bufferOf(index), offsetOf.get(index) + 3) : 0);
  const idOf = (index: number): string => readId(bufferOf(index), offsetOf.get(index));
  const kindOf = (index: number): number => bufferOf(index)[offsetOf.get(index)] ?? 0;
  return {
    has,
    countOf,
    idOf,
    kindOf,
    get(index) {
      const buffer = bufferOf(index);
      const found = readAddresses(buffer, seek(buffer, index, 0), countOf(index));
      return { id: idOf(index), kind: kindOf(index), ...found };
    },
    addressOf(index, place) {
      const buffer = bufferOf(index);
      return textAt(buffer, seek(buffer, index, place));
    },
    markOf: (index, place) => bufferOf(index)[seek(bufferOf(index), index, place)] ?? 0,
    setMark(index, place, mark) {
      const buffer = bufferOf(index);
      buffer[seek(buffer, index, place)] = mark;
    },
    hashOfLocal(index, place) {
      const buffer = bufferOf(index);
      return hashLocal(buffer, seek(buffer, index, place) + 1);
    },
    bufferOf,
    startOf: (index) => offsetOf.get(index),
    placeOf: (index, place) => seek(bufferOf(index), index, place) + 1,
    endOf: (index) => seek(bufferOf(index), index, countOf(index)),
  };
}

/** The text of the address whose mark stands there. */
const textAt = (buffer: Buffer, at: number): string =>
  buffer.toString("latin1", at + 2, at + 2 + (buffer[at + 1] ?? 0));

export const uint16At = (buffer: Buffer, at: number): number => (buffer[at] ?? 0) | ((buffer[at + 1] ?? 0) << 8);

/** Place of an address's mark in a record that starts there; its length and its text follow. */
function placeOf(buffer: Buffer, start: number, place: number): number {
  const offsets = start + HEAD_BYTES + (uint16At(buffer, start + 1) & LONGEST_ID);
  const kept = offsetsOf(uint16At(buffer, start + 3));
  const stride = Math.min(Math.floor(place / STRIDE), kept);
  let at =
    stride === 0 ? offsets + kept * OFFSET_BYTES : start + buffer.readUInt32LE(offsets + (stride - 1) * OFFSET_BYTES);
  for (let skipped = stride * STRIDE; skipped < place; skipped++) at += 2 + (buffer[at + 1] ?? 0);
  return at;
}

/** Of two addresses, each given by the place of its length: as texts are compared. */
export function compareAddresses(a: Buffer, atA: number, b: Buffer, atB: number): number {
  const lengthA = a[atA] ?? 0;
  const lengthB = b[atB] ?? 0;
  const shorter = Math.min(lengthA, lengthB);
  for (let index = 1; index <= shorter; index++) {
    const difference = (a[atA + index] ?? 0) - (b[atB + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

interface Slabs {
  /** Of memory. */
  bytes(): number;
  get(slab: number): Buffer;
  reserve(bytes: number): { readonly slab: number; readonly offset: number };
}

/** Memory in large pieces, filled one after the other. */
function createSlabs(): Slabs {
  const slabs: Buffer[] = [];
  let used = SLAB_BYTES;
  let bytes = 0;
  return {
    bytes: () => bytes,
    get: (slab) => slabs[slab] ?? Buffer.alloc(0),
    reserve(wanted) {
      const size = slabs.at(-1)?.length ?? 0;
      if (used + wanted > size) {
        const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, wanted));
        slabs.push(slab);
        bytes += slab.length;
        used = 0;
      }
      const offset = used;
      used += wanted;
      return { slab: slabs.length - 1, offset };
    },
  };
}

function writeUint16(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value & 0xff;
  buffer[at + 1] = value >>> 8;
}

/** How many addresses have their place kept beside the first. */
const offsetsOf = (addresses: number): number => Math.max(0, Math.ceil(addresses / STRIDE) - 1);

function packedAddresses(addresses: readonly string[]): number {
  let bytes = offsetsOf(addresses.length) * OFFSET_BYTES;
  for (const address of addresses) bytes += 2 + address.length;
  return bytes;
}

/** Lower-case, as Graph writes it. Looked at for each object: a regular expression takes five times as long. */
function isGuid(id: string): boolean {
  if (id.length !== GUID_LENGTH) return false;
  for (let index = 0; index < GUID_LENGTH; index++) {
    const code = id.charCodeAt(index);
    const isDash = index === 8 || index === 13 || index === 18 || index === 23;
    const isDigit = (code >= ZERO && code <= NINE) || (code >= SMALL_A && code <= SMALL_F);
    if (isDash ? code !== DASH : !isDigit) return false;
  }
  return true;
}
const GUID_LENGTH = 36;
const ZERO = 48;
const SMALL_A = 97;
const SMALL_F = 102;

function write(buffer: Buffer, start: number, record: PackedRecord, guid: boolean): void {
  const { id } = record;
  const from = start + HEAD_BYTES;
  const idBytes = guid ? writeGuid(buffer, from, id) : buffer.write(id, from, "utf8");
  writeUint16(buffer, start + 1, idBytes | (guid ? IS_GUID : 0));
  writeAround(buffer, start, idBytes, record);
}

/** Answers how many bytes it takes. */
function writeGuid(buffer: Buffer, from: number, id: string): number {
  let at = from;
  for (let index = 0; index < id.length; index += 2) {
    // A dash stands before every part but the first.
    if (id.charCodeAt(index) === DASH) index++;
    buffer[at++] = (nibbleOf(id.charCodeAt(index)) << 4) | nibbleOf(id.charCodeAt(index + 1));
  }
  return at - from;
}

const DASH = 45;
const NINE = 57;
/** Of 0 … 9 and a … f. */
const nibbleOf = (code: number): number => (code <= NINE ? code - 48 : code - 87);

/** Everything but the id, which has so many bytes. */
function writeAround(
  buffer: Buffer,
  start: number,
  idBytes: number,
  { kind, addresses, marks }: Omit<PackedRecord, "id">,
): void {
  buffer[start] = kind;
  writeUint16(buffer, start + 3, addresses.length);
  const offsets = start + HEAD_BYTES + idBytes;
  let at = offsets + offsetsOf(addresses.length) * OFFSET_BYTES;
  for (const [place, address] of addresses.entries()) {
    if (place > 0 && place % STRIDE === 0)
      buffer.writeUInt32LE(at - start, offsets + (place / STRIDE - 1) * OFFSET_BYTES);
    buffer[at] = marks[place] ?? 0;
    buffer[at + 1] = address.length;
    at += 2;
    // For a text this short the engine's own copy costs more than a loop.
    for (let index = 0; index < address.length; index++) buffer[at++] = address.charCodeAt(index);
  }
}

function readAddresses(buffer: Buffer, from: number, count: number): Pick<PackedRecord, "addresses" | "marks"> {
  const addresses: string[] = [];
  const marks: number[] = [];
  for (let at = from, left = count; left > 0; left--) {
    const end = at + 2 + (buffer[at + 1] ?? 0);
    marks.push(buffer[at] ?? 0);
    addresses.push(buffer.toString("latin1", at + 2, end));
    at = end;
  }
  return { addresses, marks };
}

function readId(buffer: Buffer, start: number): string {
  const length = uint16At(buffer, start + 1);
  const from = start + HEAD_BYTES;
  if ((length & IS_GUID) === 0) return buffer.toString("utf8", from, from + length);
  const hex = buffer.toString("hex", from, from + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** All lists joined into the files that mail programs read: the same lines as in the ConfigMaps, whatever the shards. */
import { closeSync, mkdirSync, openSync, utimesSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { CDB_HEADER_BYTES, cdbRecord, cdbRecords, createCdbStream } from "../recipients/tables/constant-database.ts";
import { FORMATS, type Format, lineOf } from "../recipients/tables/formats/formats.ts";
import { fillerLine } from "../recipients/tables/render.ts";
import { RELAY_DOMAINS_KEY, renderRelayDomains, renderTransport, TRANSPORT_KEY } from "../recipients/tables/routing.ts";
import type { Catalog } from "./catalog.ts";

export const TABLE_NAMES: readonly string[] = [
  ...Object.values(FORMATS).map(({ key }) => key),
  RELAY_DOMAINS_KEY,
  TRANSPORT_KEY,
];

/** Written at a time. */
const CHUNK_BYTES = 64 * 1024;
/**
 * Postfix pauses before it reads a text table that changed within the last seconds: it may be half written. These are
 * never changed once they can be seen, so they are said to be older.
 */
const AGED_SECONDS = 10;

/** A file that is written from its beginning on. */
interface Output {
  write(bytes: Buffer): void;
  line(text: string): void;
  /** Puts bytes over the beginning, and ends. */
  close(beginning?: Buffer): void;
}

function createOutput(path: string, opened: Set<number>): Output {
  const file = openSync(path, "w", 0o644);
  opened.add(file);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let used = 0;
  let position = 0;
  const flush = (): void => {
    for (let done = 0; done < used; ) done += writeSync(file, chunk, done, used - done, position + done);
    position += used;
    used = 0;
  };
  const write = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; ) {
      const copied = bytes.copy(chunk, used, at);
      used += copied;
      at += copied;
      if (used === CHUNK_BYTES) flush();
    }
  };
  return {
    write,
    line: (text) => write(Buffer.from(`${text}\n`, "latin1")),
    close(beginning) {
      flush();
      if (beginning !== undefined) writeSync(file, beginning, 0, beginning.length, 0);
      closeSync(file);
      opened.delete(file);
    },
  };
}

/** Writes every table into a folder that is made for it. */
export function* writeTables(catalog: Catalog, folder: string, now: number): Steps<void> {
  mkdirSync(folder, { mode: 0o755 });
  const opened = new Set<number>();
  try {
    yield* writeInto(catalog, { folder, opened });
  } finally {
    // A full disk is tried again and again, for days: no try may leave a file open.
    for (const file of opened) closeSync(file);
  }
  const time = now / 1000 - AGED_SECONDS;
  for (const name of TABLE_NAMES) utimesSync(join(folder, name), time, time);
}

/** A folder that tables are written into, and the files that are open. */
interface Target {
  readonly folder: string;
  readonly opened: Set<number>;
}

const outputFor = ({ folder, opened }: Target, name: string): Output => createOutput(join(folder, name), opened);

function* writeInto(catalog: Catalog, target: Target): Steps<void> {
  const parts = catalog.lists.flatMap((list) => list.parts);
  yield* writeRecipients(
    parts.map(({ keys }) => keys),
    target,
  );
  yield* writeAliases(
    parts.flatMap(({ aliases }) => aliases ?? []),
    target,
  );
  writeRouting(catalog, target);
}

function* writeRecipients(databases: readonly Buffer[], target: Target): Steps<void> {
  const texts = (["postfix", "addresses"] as const).map((format) => [format, createText(format, target)] as const);
  const output = outputFor(target, FORMATS.cdb.key);
  output.write(Buffer.alloc(CDB_HEADER_BYTES));
  const most = databases.reduce((sum, database) => sum + countRecords(database), 0);
  const stream = createCdbStream(most, output.write);
  for (const step of merged(databases)) {
    if (step === undefined) {
      yield;
      continue;
    }
    const { database, at } = step;
    const { key, value, next } = cdbRecord(database, at);
    stream.add(database, at, next);
    const address = database.toString("latin1", key, value);
    for (const [format, text] of texts) text.add(lineOf(format, address, address));
  }
  output.close(yield* stream.finish());
  for (const [, text] of texts) text.close();
}

function* writeAliases(databases: readonly Buffer[], target: Target): Steps<void> {
  const text = createText("aliases", target);
  for (const step of merged(databases)) {
    if (step === undefined) {
      yield;
      continue;
    }
    const { key, value, next } = cdbRecord(step.database, step.at);
    const [alias, primary] = [
      step.database.toString("latin1", key, value),
      step.database.toString("latin1", value, next),
    ];
    text.add(lineOf("aliases", alias, primary));
  }
  text.close();
}

function createText(format: Format, target: Target) {
  const output = outputFor(target, FORMATS[format].key);
  let isEmpty = true;
  return {
    add(line: string | undefined): void {
      if (line === undefined) return;
      output.line(line);
      isEmpty = false;
    },
    /** No table is ever empty: some mail programs refuse everybody then. */
    close(): void {
      if (isEmpty) output.line(fillerLine(format, 0));
      output.close();
    },
  };
}

function writeRouting({ routing }: Catalog, target: Target): void {
  const names = [...routing.keys()];
  const domains = outputFor(target, RELAY_DOMAINS_KEY);
  domains.write(Buffer.from(renderRelayDomains(names)));
  domains.close();
  const transport = outputFor(target, TRANSPORT_KEY);
  const lines = names.map((name) => `${name} ${routing.get(name)}`).sort();
  transport.write(Buffer.from(lines.length === 0 ? renderTransport([], [], 0) : `${lines.join("\n")}\n`));
  transport.close();
}

/** Where a record stands. */
interface Place {
  readonly database: Buffer;
  /** Of equal keys the one of the first database counts. */
  readonly order: number;
  at: number;
  readonly end: number;
}

/** The records of all databases in the order of their keys, of equal ones the first; undefined where others may work. */
function* merged(databases: readonly Buffer[]): Generator<Readonly<Place> | undefined> {
  const places = databases.map((database, order) => {
    const [at, end] = cdbRecords(database);
    return { database, order, at, end };
  });
  const heap = createHeap(places.filter(({ at, end }) => at < end));
  let before: Place | undefined;
  for (;;) {
    const place = heap.first();
    if (place === undefined) return;
    if (before === undefined || compareKeys(before, place) !== 0) yield place;
    before = { ...place };
    const { next } = cdbRecord(place.database, place.at);
    heap.advance(next);
    if (isPauseDue()) yield undefined;
  }
}

function compareKeys(a: Readonly<Place>, b: Readonly<Place>): number {
  const [left, right] = [cdbRecord(a.database, a.at), cdbRecord(b.database, b.at)];
  return a.database.compare(b.database, right.key, right.value, left.key, left.value);
}

/** A binary heap of places, the smallest key first. */
function createHeap(places: Place[]) {
  const compare = (a: Place, b: Place): number => compareKeys(a, b) || a.order - b.order;
  const heap = [...places].sort(compare);
  function sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const place = heap[at];
      if (place === undefined || left === undefined) return;
      const takesRight = right !== undefined && compare(right, left) < 0;
      const child = takesRight ? right : left;
      if (compare(place, child) <= 0) return;
      const to = 2 * at + (takesRight ? 2 : 1);
      heap[at] = child;
      heap[to] = place;
      at = to;
    }
  }
  return {
    first: (): Place | undefined => heap[0],
    /** Moves the first one on to its next record, or takes it out at its end. */
    advance(next: number): void {
      const [place] = heap;
      if (place === undefined) return;
      if (next < place.end) place.at = next;
      else {
        const last = heap.pop();
        if (last !== undefined && last !== place) heap[0] = last;
      }
      sink();
    },
  };
}

function countRecords(database: Buffer): number {
  const [from, to] = cdbRecords(database);
  let count = 0;
  for (let at = from; at < to; at = cdbRecord(database, at).next) count++;
  return count;
}

/** One read of a tenant for all who want it at about the same time with the very same credential. */
import type { Clock } from "../base/deps.ts";
import { createPacer } from "../base/slices.ts";
import type { DirectoryObject } from "../recipients/model.ts";
import { SOURCES } from "../recipients/model.ts";
import { isSmtp } from "../recipients/smtp-address.ts";
import type { Directory, ReadOptions, ReadStats } from "./types.ts";

/** A read is kept while somebody uses it, and this long after. */
export const KEPT_MS = 300_000;
/** Of all reads that are kept: beyond that the oldest are forgotten, and a read that is larger is not kept at all. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Addresses that are packed together: unpacked they take some milliseconds. */
const PARCEL_ADDRESSES = 2000;

interface Parcels {
  readonly bytes: number;
  add(object: DirectoryObject): void;
  /** Undefined when they became too large to be kept. */
  all(): readonly Buffer[] | undefined;
}

interface SharedRead {
  /** Milliseconds since the epoch. */
  readonly began: number;
  readonly parcels: Parcels;
  readonly done: Promise<ReadStats>;
  /** By the monotonic clock. */
  used: number;
}

type ReadShared = (connection: string, directory: Pick<Directory, "read">, options: ReadOptions) => Promise<ReadStats>;

/** Without `sharing` everybody reads alone, and nothing is kept. */
export function createSharedReads(clock: Clock): ReadShared {
  const kept = new Map<string, SharedRead>();

  async function readAndKeep(key: string, directory: Pick<Directory, "read">, options: ReadOptions) {
    forgetOld(kept, clock.monotonic());
    const read = begin(directory, options, clock);
    kept.delete(key);
    kept.set(key, read);
    try {
      return await read.done;
    } catch (error) {
      if (kept.get(key) === read) kept.delete(key);
      throw error;
    } finally {
      clock.setTimeout(() => forgetOld(kept, clock.monotonic()), KEPT_MS + 1);
    }
  }

  return async (connection, directory, options) => {
    const { sharing, sources, signal, onObject } = options;
    if (sharing === undefined) return directory.read(options);
    const key = JSON.stringify([connection, sharing.key, SOURCES.map((source) => sources[source])]);
    const found = kept.get(key);
    if (found === undefined || found.began < sharing.notBefore) return readAndKeep(key, directory, options);
    // Whose read it is may be told to stop, or fail: then this one reads itself.
    const stats = await found.done.catch(() => undefined);
    signal.throwIfAborted();
    const parcels = found.parcels.all();
    if (stats === undefined || parcels === undefined) return directory.read(options);
    found.used = clock.monotonic();
    await handOn(parcels, onObject, signal);
    return { ...stats, requests: 0 };
  };
}

function begin(directory: Pick<Directory, "read">, options: ReadOptions, clock: Clock): SharedRead {
  const parcels = createParcels();
  const done = directory.read({
    ...options,
    onObject(object) {
      parcels.add(object);
      options.onObject(object);
    },
  });
  // It has its own listener; that nobody else waits for it is well.
  done.catch(() => {});
  return { began: clock.now(), parcels, done, used: clock.monotonic() };
}

function createParcels(): Parcels {
  const full: Buffer[] = [];
  let open: DirectoryObject[] = [];
  let [bytes, addresses] = [0, 0];
  const close = (): void => {
    const parcel = Buffer.from(JSON.stringify(open));
    open = [];
    addresses = 0;
    bytes += parcel.length;
    if (bytes <= MOST_BYTES) full.push(parcel);
    else full.length = 0;
  };
  return {
    get bytes() {
      return bytes > MOST_BYTES ? 0 : bytes;
    },
    add({ id, source, mail, proxyAddresses }) {
      if (bytes > MOST_BYTES) return;
      // What is no mail address is of no use to anybody.
      open.push({ id, source, mail, proxyAddresses: proxyAddresses.filter(isSmtp) });
      addresses += proxyAddresses.length + 1;
      if (addresses >= PARCEL_ADDRESSES) close();
    },
    all() {
      if (open.length > 0) close();
      return bytes > MOST_BYTES ? undefined : full;
    },
  };
}

async function handOn(parcels: readonly Buffer[], onObject: ReadOptions["onObject"], signal: AbortSignal) {
  const pacer = createPacer(signal);
  for (const parcel of parcels) {
    for (const object of JSON.parse(parcel.toString("utf8")) as DirectoryObject[]) {
      onObject(object);
      const pause = pacer.pause();
      if (pause !== undefined) await pause;
    }
  }
}

function forgetOld(kept: Map<string, SharedRead>, now: number): void {
  let bytes = 0;
  for (const [key, read] of [...kept].toReversed()) {
    bytes += read.parcels.bytes;
    if (read.used + KEPT_MS < now || bytes > MOST_BYTES) kept.delete(key);
  }
}

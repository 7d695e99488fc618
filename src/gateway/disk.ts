/** What the gateway keeps on disk: the parts of its lists, named by their digest, and which of them make up the lists. */
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { parseBounded } from "../base/bounded-json.ts";
import { FORMAT_NAMES, type Format } from "../recipients/tables/formats/formats.ts";
import { ownFolder } from "./own-folder.ts";
import type { Content } from "./part.ts";

/** Which publication of a sync was taken over, and the routing that came with it. */
export interface KeptList {
  readonly sync: string;
  readonly domain: string;
  readonly time: string;
  readonly shards: number;
  readonly formats: readonly Format[];
  /** Digests of the parts, by shard. */
  readonly parts: readonly string[];
}

export interface KeptState {
  readonly lists: readonly KeptList[];
  /** By MailDomain: the ConfigMap's data. */
  readonly routings: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Disk {
  /** What was kept last; undefined where nothing was, or where it cannot be read. */
  readState(): Promise<KeptState | undefined>;
  writeState(state: KeptState): Promise<void>;
  /** Undefined where it is gone or unreadable; whoever asks compares the digest. */
  readContent(sha256: string): Promise<Content | undefined>;
  /** Is written beside: a list is in force before its parts are on disk. Waits only while many are not; no state is written before they are. */
  writeContent(sha256: string, content: Content): Promise<void>;
  /** Removes every part that is not named. */
  sweep(used: ReadonlySet<string>): Promise<void>;
}

const STATE = "state.json";
const VERSION = 1;
const DIGEST = /^sha256:([0-9a-f]{64})$/;
/** Ten thousand lists of a few parts each. */
const LIMITS = { characters: 64 * 1024 * 1024, values: 4_000_000, depth: 8 };
/** A ConfigMap of a mebibyte, and its quotation marks. */
const CONTENT_LIMITS = { characters: 4 * 1024 * 1024, values: 100, depth: 4 };

/** A mebibyte each. */
const MOST_UNSAVED = 4;

const text = v.pipe(v.string(), v.maxLength(1024 * 1024));
const name = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,252}$/));
const list = v.object({
  sync: name,
  domain: name,
  time: v.pipe(v.string(), v.maxLength(40)),
  shards: v.picklist([1, 2, 4, 8, 16, 32, 64, 128]),
  formats: v.array(v.picklist(FORMAT_NAMES)),
  parts: v.pipe(v.array(v.pipe(v.string(), v.regex(DIGEST))), v.maxLength(128)),
});
/** What cannot be read of it costs no other list. */
const state = v.object({
  version: v.literal(VERSION),
  lists: v.array(v.unknown()),
  routings: v.record(v.string(), v.unknown()),
});
const tables = v.record(text, text);

/** Those that are as they were written. */
const sound = <T>(schema: v.GenericSchema<unknown, T>, value: unknown): T[] => {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? [parsed.output] : [];
};
const content = v.object({
  data: v.exactOptional(v.record(text, text)),
  binaryData: v.exactOptional(v.record(text, v.pipe(v.string(), v.maxLength(2 * 1024 * 1024)))),
});

export async function openDisk(folder: string): Promise<Disk> {
  const parts = join(folder, "parts");
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Only this program reads them.
  await ownFolder(parts, 0o700);
  const fileOf = (sha256: string): string => join(parts, DIGEST.exec(sha256)?.[1] ?? "none");
  /** What is not on disk yet, and stays here while it cannot be written. */
  const unsaved = new Map<string, Content>();
  let saving: Promise<void> = Promise.resolve();
  async function saveAll(): Promise<void> {
    for (const [sha256, { data, binaryData }] of unsaved) {
      await write(fileOf(sha256), JSON.stringify({ data, binaryData }));
      unsaved.delete(sha256);
    }
  }
  /** One after the other. */
  function flush(): Promise<void> {
    saving = saving.catch(() => {}).then(saveAll);
    saving.catch(() => {});
    return saving;
  }

  return {
    async readState() {
      const parsed = v.safeParse(state, parseBounded(await read(join(folder, STATE)), LIMITS));
      if (!parsed.success) return undefined;
      const { lists, routings } = parsed.output;
      const kept = Object.entries(routings).flatMap(([domain, value]) =>
        sound(tables, value).map((each) => [domain, each] as const),
      );
      return { lists: lists.flatMap((each) => sound(list, each)), routings: Object.fromEntries(kept) };
    },
    async writeState(kept) {
      await flush();
      await write(join(folder, STATE), JSON.stringify({ version: VERSION, ...kept }));
    },
    async readContent(sha256) {
      const parsed = v.safeParse(content, parseBounded(await read(fileOf(sha256)), CONTENT_LIMITS));
      return parsed.success ? parsed.output : undefined;
    },
    async writeContent(sha256, content) {
      unsaved.set(sha256, content);
      const saved = flush();
      if (unsaved.size > MOST_UNSAVED) await saved;
    },
    async sweep(used) {
      const names = new Set([...used].map((sha256) => DIGEST.exec(sha256)?.[1]));
      for (const found of await readdir(parts))
        if (!names.has(found)) await rm(join(parts, found), { recursive: true, force: true });
    },
  };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}

/** All of it or nothing, also when the power fails. */
async function write(path: string, text: string): Promise<void> {
  await rm(`${path}.new`, { recursive: true, force: true });
  // Never through a link that somebody put there.
  const file = await open(`${path}.new`, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

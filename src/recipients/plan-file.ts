/** A plan in full, as it is stored for the approval that comes back: `plan.json.gz`. */
import * as v from "valibot";
import { type JsonLimits, parseBounded } from "../base/bounded-json.ts";
import { inSlices } from "../base/slices.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { UnzipError, type UnzipLimits, unzipLines } from "../base/unzip.ts";
import { gzipInPieces } from "../base/zip.ts";
import { planOf } from "./diff.ts";
import type { Change, Plan } from "./model.ts";
import { type AddressSet, createAddressSet } from "./packed/address-set.ts";
import { localOf } from "./packed/buckets.ts";
import { createLabelled, type Labelled } from "./packed/labelled.ts";

export interface StoredPlan {
  readonly plan: Plan;
  /** Mirror domains that are dropped. */
  readonly mirrors: readonly string[];
  /** Every rendered address that would stop being accepted. */
  readonly lost: AddressSet;
  readonly lostCount: number;
  /** Names the whole of it. */
  readonly digest: string;
  /** SHA-256 of the text that people were shown of it: who vouches for the file vouches for that too. */
  readonly text?: string;
}

const SCHEMA_VERSION = 2;

/** What a ConfigMap of 900 KiB has left beside `plan.txt`: room for some 100,000 addresses. */
const LARGEST_BYTES = 690 * 1024;
/** Local parts. No more would ever fit: they are not even tried. */
const MOST_LOCALS = 300_000;
/** Of the list of local parts in one line. */
const LINE_LOCALS = 500;

const fate = v.picklist(["accountAdd", "accountDelete", "aliasAdd", "aliasDelete", "lost"]);
type Fate = v.InferOutput<typeof fate>;
const FATES = fate.options;

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{20}$/));
const domain = v.pipe(v.string(), v.minLength(1), v.maxLength(253));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const MOST_DOMAINS = 10_000;

/** The first line. */
const HEAD = v.object({
  schemaVersion: v.literal(SCHEMA_VERSION),
  digest,
  planDigest: digest,
  counts: v.object({ accountAdds: count, accountDeletes: count, aliasAdds: count, aliasDeletes: count, total: count }),
  mirrors: v.pipe(v.array(domain), v.maxLength(MOST_DOMAINS)),
  lostCount: count,
  /** False when there was no room for the lines that follow. */
  whole: v.boolean(),
  text: v.exactOptional(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))),
});
type Head = v.InferOutput<typeof HEAD>;

/** Each other line: local parts that share what happens to them, by domain. A mirrored address costs nothing beside its original. */
const GROUP = v.object({
  domains: v.pipe(
    v.array(v.tuple([domain, v.pipe(v.array(fate), v.minLength(1), v.maxLength(FATES.length))])),
    v.minLength(1),
    v.maxLength(MOST_DOMAINS),
  ),
  locals: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
    v.minLength(1),
    v.maxLength(LINE_LOCALS),
  ),
});
type Group = v.InferOutput<typeof GROUP>;

const LINE_LIMITS: JsonLimits = { characters: 1024 * 1024, values: 100_000, depth: 4 };
const UNZIP_LIMITS: UnzipLimits = { characters: 32 * 1024 * 1024, line: LINE_LIMITS.characters };
/** Changes stand in memory one by one. */
const MOST_CHANGES = 300_000;
/** What is lost is packed. */
const MOST_LOST = 50_000_000;

/**
 * Gzip without a time: the same plan gives the same bytes. Never more than 690 KiB: a plan that has no room is stored
 * as its counts and digests alone. `readPlanFile` then answers undefined, because an approval has nothing to be
 * compared with.
 */
export function* writePlanFile({ plan, mirrors, lost, lostCount, digest, text }: StoredPlan): Steps<Buffer> {
  const { counts, digest: planDigest, changes } = plan;
  const head: Head = {
    schemaVersion: SCHEMA_VERSION,
    digest,
    planDigest,
    counts: { ...counts },
    mirrors: [...mirrors],
    lostCount,
    whole: true,
    ...(text === undefined ? {} : { text }),
  };
  const alone = (): Steps<Buffer> => pack([lineOf({ ...head, whole: false })]);
  if (changes.length > MOST_CHANGES || lost.locals > MOST_LOCALS) return yield* alone();
  const lines = yield* linesOf(head, yield* fatesOf(plan, lost));
  const full = lines && (yield* pack(lines));
  return full !== undefined && full.length <= LARGEST_BYTES ? full : yield* alone();
}

function* pack(lines: Iterable<string>): Steps<Buffer> {
  return Buffer.concat(yield* gzipInPieces(lines));
}

const lineOf = (value: Head | Group): string => `${JSON.stringify(value)}\n`;

/** Each local part, labelled with what happens to it where. */
function* fatesOf({ changes }: Plan, lost: AddressSet): Steps<Labelled> {
  const fates = createLabelled();
  const note = (address: string, what: Fate): void => {
    const local = localOf(address);
    fates.add(local, `${address.slice(local.length + 1)} ${FATES.indexOf(what)}`);
  };
  for (const { address, kind } of changes) {
    note(address, kind);
    if (isPauseDue()) yield;
  }
  for (const address of lost) {
    note(address, "lost");
    if (isPauseDue()) yield;
  }
  return fates;
}

/** In an order that follows from what they say: the same plan gives the same bytes. Undefined: too much to be read again. */
function* linesOf(head: Head, fates: Labelled): Steps<string[] | undefined> {
  const lines = [lineOf(head)];
  let characters = 0;
  for (const group of fates.groups(LINE_LOCALS)) {
    if (isPauseDue()) yield;
    if (group === undefined) continue;
    const domains = new Map<string, Fate[]>();
    for (const label of group.labels) {
      const [name = "", number] = label.split(" ");
      domains.set(name, [...(domains.get(name) ?? []), FATES[Number(number)] as Fate]);
    }
    const line = lineOf({ domains: [...domains], locals: [...group.locals] });
    characters += line.length;
    if (characters > UNZIP_LIMITS.characters) return undefined;
    lines.push(line);
  }
  return lines;
}

/** Undefined when it is not what `writePlanFile` wrote, or was written without its changes. The changes come without accounts. */
export async function readPlanFile(data: Buffer, signal: AbortSignal): Promise<StoredPlan | undefined> {
  const found: ListedChanges = { changes: [], lost: createAddressSet() };
  const head = await readLines(data, (line) => inSlices(take(found, line), signal));
  if (head?.whole !== true) return undefined;
  const { planDigest, mirrors, lostCount, digest: named, text } = head;
  const plan = await inSlices(planOf(found.changes), signal);
  if (plan.digest !== planDigest) return undefined;
  return { plan, mirrors, lost: found.lost, lostCount, digest: named, ...(text === undefined ? {} : { text }) };
}

/** What names the plan, and the text that was shown with it, as far as the file says; of one without its changes too. */
export async function headOfPlanFile(data: Buffer): Promise<Pick<StoredPlan, "digest" | "text"> | undefined> {
  const head = await readLines(data);
  return head && { digest: head.digest, ...(head.text === undefined ? {} : { text: head.text }) };
}

/** The first line; undefined where there is none, or `take` finds a line that is none. Without it nothing else is read. */
async function readLines(data: Buffer, take?: (line: string) => Promise<boolean>): Promise<Head | undefined> {
  let head: Head | undefined;
  try {
    for await (const lines of unzipLines([data], UNZIP_LIMITS)) {
      for (const line of lines) {
        if (head === undefined) {
          head = read(HEAD, line);
          if (head === undefined || take === undefined) return head;
        } else if (take === undefined || !(await take(line))) {
          return undefined;
        }
      }
    }
  } catch (error) {
    if (error instanceof UnzipError) return undefined;
    throw error;
  }
  return head;
}

interface ListedChanges {
  readonly changes: Change[];
  readonly lost: ReturnType<typeof createAddressSet>;
}

function read<T>(shape: v.GenericSchema<unknown, T>, line: string): T | undefined {
  const parsed = v.safeParse(shape, parseBounded(line, LINE_LIMITS), { abortEarly: true });
  return parsed.success ? parsed.output : undefined;
}

/** False for a line that is none, or that makes more of it than there may be. */
function* take({ changes, lost }: ListedChanges, line: string): Steps<boolean> {
  const group = read(GROUP, line);
  if (group === undefined) return false;
  for (const [name, fates] of group.domains) {
    for (const local of group.locals) {
      const address = `${local}@${name}`;
      for (const each of fates) {
        if (each === "lost") lost.add(address);
        else changes.push({ kind: each, address });
      }
      if (changes.length > MOST_CHANGES || lost.size > MOST_LOST) return false;
      if (isPauseDue()) yield;
    }
  }
  return true;
}

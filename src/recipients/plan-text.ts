/** A plan for people (`plan.txt`), and in full for the approval that comes back (`plan.json.gz`). */
import { gunzipSync } from "node:zlib";
import { PAUSE_EVERY, type Steps } from "../base/steps.ts";
import { gzipInPieces } from "../base/zip.ts";
import { planOf } from "./diff.ts";
import type { Change, ChangeCounts, ChangeKind, Changes, Plan } from "./model.ts";

/** Bytes. Beyond that nobody reads on, and the ConfigMap holds plans in full beside it. */
const LONGEST_TEXT = 200 * 1024;

const GROUPS: readonly { readonly kind: ChangeKind; readonly title: string; readonly sign: string }[] = [
  { kind: "accountDelete", title: "accounts to remove", sign: "-" },
  { kind: "aliasDelete", title: "aliases to remove", sign: "-" },
  { kind: "accountAdd", title: "accounts to add", sign: "+" },
  { kind: "aliasAdd", title: "aliases to add", sign: "+" },
];

/** Bytes of what a group says beside its changes: its title, and how many more there are. */
const FRAME = 128;

/**
 * `- address` first, then `+ address`, grouped by kind below the lines of `head`; where room ends, each group says how
 * many more there are.
 */
export function* renderPlanText(plan: Plan, head: readonly string[]): Steps<string> {
  const counts = new Map(GROUPS.map(({ kind }) => [kind, countOf(plan, kind)]));
  const groups = GROUPS.filter(({ kind }) => counts.get(kind) !== 0);
  const parts = [head.join("\n")];
  const all = LONGEST_TEXT - Buffer.byteLength(head.join("\n")) - FRAME * groups.length;
  const lines = yield* firstLines(plan, all);
  let room = all;
  for (const [index, { kind, title }] of groups.entries()) {
    // What a short group leaves is for those behind it.
    const kept = fitting(lines.get(kind) ?? [], room / (groups.length - index));
    const count = counts.get(kind) ?? 0;
    const more = count === kept.length ? [] : [`… and ${count - kept.length} more, see plan.json.gz`];
    parts.push([`${title}: ${count}`, ...kept, ...more].join("\n"));
    room -= kept.reduce((sum, line) => sum + line.length + 1, 0);
  }
  if (groups.length === 0) parts.push("no account or alias is added or removed");
  return `${parts.join("\n\n")}\n`;
}

function countOf({ counts }: Plan, kind: ChangeKind): number {
  const names = { accountAdd: "accountAdds", accountDelete: "accountDeletes" } as const;
  const aliases = { aliasAdd: "aliasAdds", aliasDelete: "aliasDeletes" } as const;
  return counts[{ ...names, ...aliases }[kind]];
}

/** Of each kind the first lines, as many as could be shown if they had the room for themselves. */
function* firstLines({ changes }: Plan, room: number): Steps<Map<ChangeKind, string[]>> {
  const lines = new Map<ChangeKind, string[]>();
  const used = new Map<ChangeKind, number>();
  const signs = new Map(GROUPS.map(({ kind, sign }) => [kind, sign]));
  let looked = 0;
  for (const change of changes) {
    if (++looked % PAUSE_EVERY === 0) yield;
    const { kind } = change;
    const before = used.get(kind) ?? 0;
    if (before > room) continue;
    const line = lineOf(change, signs.get(kind) ?? "");
    used.set(kind, before + line.length + 1);
    lines.set(kind, lines.get(kind) ?? []);
    lines.get(kind)?.push(line);
  }
  return lines;
}

/** The first lines that fit into `room` bytes; they are ASCII. */
function fitting(lines: readonly string[], room: number): string[] {
  let used = 0;
  const kept: string[] = [];
  for (const line of lines) {
    used += line.length + 1;
    if (used > room) break;
    kept.push(line);
  }
  return kept;
}

function lineOf({ kind, address, account }: Change, sign: string): string {
  const owner = kind.startsWith("alias") && account !== undefined ? ` (of ${account.address})` : "";
  const type = kind.startsWith("account") && account !== undefined ? ` (${account.type})` : "";
  return `${sign} ${address}${owner}${type}`;
}

export interface StoredPlan {
  readonly plan: Plan;
  /** Mirror domains that are dropped. */
  readonly mirrors: readonly string[];
  /** Every rendered address that would stop being accepted, sorted. */
  readonly lost: readonly string[];
  readonly lostCount: number;
  /** Names the whole of it. */
  readonly digest: string;
}

/** What happens to an address. */
type Fate = ChangeKind | "lost";

/** Local parts that share what happens to them, by domain: a mirrored address costs nothing beside its original. */
interface SharedFate {
  readonly domains: Readonly<Record<string, readonly Fate[]>>;
  readonly locals: readonly string[];
}

interface Stored extends Pick<StoredPlan, "digest" | "mirrors" | "lostCount"> {
  readonly schemaVersion: number;
  readonly planDigest: string;
  readonly counts: ChangeCounts;
  /** Absent when there was no room for them. */
  readonly groups?: readonly SharedFate[];
}

const SCHEMA_VERSION = 1;

/** What a ConfigMap of 900 KiB has left beside `plan.txt`: room for some 100,000 addresses. */
const LARGEST_JSON = 690 * 1024;
/** No more would ever fit: they are not even tried. */
const MOST_ADDRESSES = 300_000;
/** Of what is unpacked: no ConfigMap, whoever wrote it, may use up the memory. */
const MOST_UNPACKED_BYTES = 64 * 1024 * 1024;

/**
 * Gzip without a time: the same plan gives the same bytes. Never more than 690 KiB: a plan that has no room is stored
 * as its counts and digests alone. `parsePlanJson` then answers undefined, because an approval has nothing to be
 * compared with.
 */
export function* planJson({ plan, mirrors, lost, lostCount, digest }: StoredPlan): Steps<Buffer> {
  const head: Stored = {
    schemaVersion: SCHEMA_VERSION,
    digest,
    planDigest: plan.digest,
    counts: plan.counts,
    mirrors,
    lostCount,
  };
  if (plan.changes.length + lost.length > MOST_ADDRESSES) return yield* pack(head);
  const groups = yield* groupsOf(plan.changes, lost);
  yield;
  const full = yield* pack({ ...head, groups });
  return full.length <= LARGEST_JSON ? full : yield* pack(head);
}

function* pack(stored: Stored): Steps<Buffer> {
  return Buffer.concat(yield* gzipInPieces([JSON.stringify(stored)]));
}

function* groupsOf(changes: Changes, lost: readonly string[]): Steps<SharedFate[]> {
  const byLocal = new Map<string, Map<string, Fate[]>>();
  const note = (address: string, fate: Fate): void => {
    const at = address.lastIndexOf("@");
    const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
    const domains = byLocal.get(local) ?? new Map<string, Fate[]>();
    byLocal.set(local, domains.set(domain, [...(domains.get(domain) ?? []), fate]));
  };
  let noted = 0;
  for (const { address, kind } of changes) {
    note(address, kind);
    if (++noted % PAUSE_EVERY === 0) yield;
  }
  for (const address of lost) {
    note(address, "lost");
    if (++noted % PAUSE_EVERY === 0) yield;
  }

  const groups = new Map<string, { readonly domains: SharedFate["domains"]; readonly locals: string[] }>();
  for (const [local, fates] of [...byLocal].sort(byKey)) {
    const domains = Object.fromEntries([...fates].sort(byKey));
    const key = JSON.stringify(domains);
    const group = groups.get(key) ?? { domains, locals: [] };
    group.locals.push(local);
    groups.set(key, group);
  }
  return [...groups].sort(byKey).map(([, group]) => group);
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** Undefined when it is not what `planJson` wrote, or was written without its changes. The changes come without accounts. */
export function* parsePlanJson(data: Buffer): Steps<StoredPlan | undefined> {
  try {
    const unpacked = gunzipSync(data, { maxOutputLength: MOST_UNPACKED_BYTES });
    const stored = JSON.parse(unpacked.toString("utf8")) as Stored;
    const { schemaVersion, digest, planDigest, mirrors, lostCount, groups } = stored;
    if (schemaVersion !== SCHEMA_VERSION || groups === undefined) return undefined;
    if (typeof digest !== "string" || !Array.isArray(mirrors) || typeof lostCount !== "number") return undefined;
    yield;
    const { changes, lost } = yield* spread(groups);
    const plan = yield* planOf(changes);
    return plan.digest === planDigest ? { plan, mirrors, lost: lost.sort(), lostCount, digest } : undefined;
  } catch {
    return undefined;
  }
}

function* spread(groups: readonly SharedFate[]): Steps<{ readonly changes: Change[]; readonly lost: string[] }> {
  const changes: Change[] = [];
  const lost: string[] = [];
  for (const { domains, locals } of groups) {
    for (const [domain, fates] of Object.entries(domains)) {
      for (const [index, local] of locals.entries()) {
        if (index % PAUSE_EVERY === 0) yield;
        const address = `${local}@${domain}`;
        for (const fate of fates) {
          if (fate === "lost") lost.push(address);
          else changes.push({ kind: fate, address });
        }
      }
    }
  }
  return { changes, lost };
}

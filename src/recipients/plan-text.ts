/** A plan for people (`plan.txt`), and in full for the approval that comes back (`plan.json.gz`). */
import { gunzipSync, gzipSync } from "node:zlib";
import { planOf } from "./diff.ts";
import type { Change, ChangeCounts, ChangeKind, Plan } from "./model.ts";

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
export function renderPlanText({ changes }: Plan, head: readonly string[]): string {
  const filled = GROUPS.map((group) => ({ ...group, changes: changes.filter(({ kind }) => kind === group.kind) }));
  const groups = filled.filter((group) => group.changes.length > 0);
  const parts = [head.join("\n")];
  let room = LONGEST_TEXT - Buffer.byteLength(head.join("\n")) - FRAME * groups.length;
  for (const [index, { title, sign, changes }] of groups.entries()) {
    // What a short group leaves is for those behind it.
    const kept = fitting(changes, sign, room / (groups.length - index));
    const left = changes.length - kept.length;
    const more = left === 0 ? [] : [`… and ${left} more, see plan.json.gz`];
    parts.push([`${title}: ${changes.length}`, ...kept, ...more].join("\n"));
    room -= kept.reduce((sum, line) => sum + line.length + 1, 0);
  }
  if (groups.length === 0) parts.push("no account or alias is added or removed");
  return `${parts.join("\n\n")}\n`;
}

/** The first lines that fit into `room` bytes; they are ASCII. */
function fitting(changes: readonly Change[], sign: string, room: number): string[] {
  let used = 0;
  const kept: string[] = [];
  for (const change of changes) {
    const line = lineOf(change, sign);
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
/** Of what is unpacked: no ConfigMap, whoever wrote it, may use up the memory. */
const MOST_UNPACKED_BYTES = 64 * 1024 * 1024;

/**
 * Gzip without a time: the same plan gives the same bytes. Never more than 690 KiB: a plan that has no room is stored
 * as its counts and digests alone. `parsePlanJson` then answers undefined, because an approval has nothing to be
 * compared with.
 */
export function planJson({ plan, mirrors, lost, lostCount, digest }: StoredPlan): Buffer {
  const head: Stored = {
    schemaVersion: SCHEMA_VERSION,
    digest,
    planDigest: plan.digest,
    counts: plan.counts,
    mirrors,
    lostCount,
  };
  const full = pack({ ...head, groups: groupsOf(plan.changes, lost) });
  return full.length <= LARGEST_JSON ? full : pack(head);
}

const pack = (stored: Stored): Buffer => gzipSync(JSON.stringify(stored), { level: 9 });

function groupsOf(changes: readonly Change[], lost: readonly string[]): SharedFate[] {
  const byLocal = new Map<string, Map<string, Fate[]>>();
  const note = (address: string, fate: Fate): void => {
    const at = address.lastIndexOf("@");
    const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
    const domains = byLocal.get(local) ?? new Map<string, Fate[]>();
    byLocal.set(local, domains.set(domain, [...(domains.get(domain) ?? []), fate]));
  };
  for (const { address, kind } of changes) note(address, kind);
  for (const address of lost) note(address, "lost");

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
export function parsePlanJson(data: Buffer): StoredPlan | undefined {
  try {
    const unpacked = gunzipSync(data, { maxOutputLength: MOST_UNPACKED_BYTES });
    const stored = JSON.parse(unpacked.toString("utf8")) as Stored;
    const { schemaVersion, digest, planDigest, mirrors, lostCount, groups } = stored;
    if (schemaVersion !== SCHEMA_VERSION || groups === undefined) return undefined;
    if (typeof digest !== "string" || !Array.isArray(mirrors) || typeof lostCount !== "number") return undefined;
    const { changes, lost } = spread(groups);
    const plan = planOf(changes);
    return plan.digest === planDigest ? { plan, mirrors, lost: lost.sort(), lostCount, digest } : undefined;
  } catch {
    return undefined;
  }
}

function spread(groups: readonly SharedFate[]): { readonly changes: Change[]; readonly lost: string[] } {
  const changes: Change[] = [];
  const lost: string[] = [];
  for (const { domains, locals } of groups) {
    for (const [domain, fates] of Object.entries(domains)) {
      for (const local of locals) {
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

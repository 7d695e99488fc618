/** A plan for people (`plan.txt`) and in full for machines (`plan.json.gz`). */
import { gunzipSync, gzipSync } from "node:zlib";
import type { Account, Change, ChangeKind, Plan } from "./model.ts";

/** Bytes; a screen that a person still reads. */
const LONGEST_TEXT = 200 * 1024;

const GROUPS: readonly { readonly kind: ChangeKind; readonly title: string; readonly sign: string }[] = [
  { kind: "accountDelete", title: "accounts to remove", sign: "-" },
  { kind: "aliasDelete", title: "aliases to remove", sign: "-" },
  { kind: "accountAdd", title: "accounts to add", sign: "+" },
  { kind: "aliasAdd", title: "aliases to add", sign: "+" },
];

/** `- address` first, then `+ address`, grouped; where room ends, each group says how many more there are. */
export function renderPlanText({ changes }: Plan, head: readonly string[]): string {
  const filled = GROUPS.map((group) => ({ ...group, changes: changes.filter(({ kind }) => kind === group.kind) }));
  const groups = filled.filter((group) => group.changes.length > 0);
  let room = LONGEST_TEXT - head.join("\n").length;
  const parts = [head.join("\n")];
  for (const [index, { title, sign, changes }] of groups.entries()) {
    // What a short group leaves is for those behind it.
    const share = room / (groups.length - index);
    const lines = [`${title}: ${changes.length}`, ...fitting(changes.map((change) => lineOf(change, sign)), share)];
    const left = changes.length - (lines.length - 1);
    if (left > 0) lines.push(`… and ${left} more; all of them are in plan.json.gz`);
    const part = lines.join("\n");
    parts.push(part);
    room -= part.length;
  }
  if (groups.length === 0) parts.push("no account or alias is added or removed");
  return `${parts.join("\n\n")}\n`;
}

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

/** What is stored beside a plan, so that an approval can be compared with what was shown. */
export interface StoredPlan {
  readonly plan: Plan;
  readonly mirrors: readonly string[];
  readonly lost: readonly string[];
  readonly lostCount: number;
  readonly digest: string;
}

const SCHEMA_VERSION = 1;

/** Gzip without a time: the same plan gives the same bytes. */
export function planJson({ plan, mirrors, lost, lostCount, digest }: StoredPlan): Buffer {
  const { changes, counts } = plan;
  const head = { schemaVersion: SCHEMA_VERSION, digest, counts, mirrors, lostCount, planDigest: plan.digest };
  const value = { ...head, changes: changes.map(short), lost };
  return gzipSync(JSON.stringify(value));
}

function short({ kind, address, account }: Change): Change {
  if (account === undefined) return { kind, address };
  // The aliases stand as changes of their own.
  const { id, address: primary, type } = account;
  return { kind, address, account: { id, address: primary, type, aliases: [] } satisfies Account };
}

/** Undefined when it is not what `planJson` wrote. */
export function parsePlanJson(data: Buffer): StoredPlan | undefined {
  try {
    const value = JSON.parse(gunzipSync(data).toString("utf8")) as Partial<StoredPlan & Plan> & {
      readonly schemaVersion?: unknown;
      readonly planDigest?: string;
    };
    const { schemaVersion, digest, counts, mirrors, planDigest, changes, lost, lostCount } = value;
    if (schemaVersion !== SCHEMA_VERSION || typeof digest !== "string" || typeof planDigest !== "string") return undefined;
    if (!Array.isArray(changes) || !Array.isArray(mirrors) || !Array.isArray(lost) || counts === undefined) return undefined;
    return { plan: { changes: changes as Change[], counts, digest: planDigest }, mirrors, lost, lostCount: lostCount ?? lost.length, digest };
  } catch {
    return undefined;
  }
}

/** A plan for people: `plan.txt`. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { Change, ChangeKind, Plan } from "./model.ts";

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
  for (const change of changes) {
    if (isPauseDue()) yield;
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

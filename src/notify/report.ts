/** What a mail tells about one run: a value made once, from the history record and the object, and rendered twice. Pure. */

/** What came of a run, and its numbers and addresses as far as they are known. */
export interface RunRecord {
  readonly synced: string;
  readonly completed: string;
  readonly syncedBy: string;
  readonly testSync: boolean;
  /** What came of it; begins in lower case and ends without a full stop. */
  readonly message: string;
  readonly result: "Published" | "Unchanged" | "Held" | "Failed" | "Succeeded";
  readonly reason: string;
  readonly attempts: number;
  readonly request?: string | undefined;
  readonly read?: Readonly<Record<"users" | "groups" | "contacts" | "requests", number>>;
  readonly changes?: Readonly<
    Record<"accountAdds" | "accountDeletes" | "aliasAdds" | "aliasDeletes" | "total", number>
  >;
  readonly violations?: readonly { readonly limit: string; readonly allowed: number; readonly actual: number }[];
  readonly dropped?: Readonly<Record<string, number>>;
  readonly conflicts?: number;
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
}

export interface ReportInput {
  readonly record: RunRecord;
  readonly domain: string;
  readonly namespace: string;
  readonly name: string;
  /** What is published now. */
  readonly published:
    | { readonly accounts: number; readonly aliases: number; readonly addresses: number; readonly time: string }
    | undefined;
  /** What was accepted between this run and the one before it. */
  readonly between?: { readonly accountAdds: number; readonly aliasAdds: number } | undefined;
  /** Why numbers and addresses are left out, where they are. */
  readonly leftOut?: string | undefined;
  /** Whether an earlier attempt at the same run had failed. */
  readonly recovered: boolean;
  /** What to run next, with what it does; for a held plan the approval comes first. */
  readonly commands: readonly Command[];
  /** When the next run or the next try is, in words. */
  readonly next: string;
}

export interface Command {
  readonly title: string;
  readonly command: string;
}

/** How a reader should feel about it: nothing to do, look at it, act. */
export type Tone = "good" | "calm" | "attention" | "bad";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface Report {
  readonly tone: Tone;
  readonly subject: string;
  /** What happened, in a few words. */
  readonly headline: string;
  /** The same in a sentence, with the cause. */
  readonly lead: string;
  readonly counts: readonly { readonly label: string; readonly value: number }[];
  readonly violations: readonly {
    readonly limit: string;
    readonly allowed: string;
    readonly actual: string;
    /** Whether `allowed` is the least, not the most. */
    readonly isLeast: boolean;
  }[];
  readonly commands: readonly Command[];
  readonly facts: readonly Fact[];
  /** The title of the list of changes: whether they were made, or would be. */
  readonly changesTitle: string;
  readonly changes: readonly { readonly sign: "-" | "+"; readonly address: string }[];
  /** Changes beyond those. */
  readonly more: number;
}

const CHANGES_SHOWN = 50;

export function composeReport(input: ReportInput): Report {
  const { record, domain } = input;
  const { tone, headline } = judge(input);
  const changes = changesOf(record);
  const total = changes.length === 0 ? 0 : (record.changes?.total ?? changes.length);
  const shown = changes.slice(0, CHANGES_SHOWN);
  return {
    tone,
    subject: `[o365-sync] ${domain}: ${subjectOf(input, headline)}`,
    headline,
    lead: sentence(record.message),
    counts: countsOf(record),
    violations: (record.violations ?? []).map(({ limit, allowed, actual }) => ({
      limit,
      allowed: number(allowed),
      actual: number(actual),
      // Fewer than are allowed only break a rule that asks for some at least.
      isLeast: actual < allowed,
    })),
    commands: input.commands,
    facts: factsOf(input),
    changesTitle: record.result === "Published" ? "Changes" : "Changes that were not made",
    changes: shown,
    more: Math.max(0, total - shown.length),
  };
}

function judge({ record, recovered }: ReportInput): { readonly tone: Tone; readonly headline: string } {
  const { result, request } = record;
  if (request === "testConnection")
    return result === "Failed"
      ? { tone: "bad", headline: "The connection test failed" }
      : { tone: "good", headline: "The connection works" };
  if (request === "testSync")
    return result === "Failed"
      ? { tone: "bad", headline: "The test sync failed" }
      : { tone: "calm", headline: "Test sync: nothing was published" };
  switch (result) {
    case "Held":
      return { tone: "attention", headline: "Held: nothing was saved" };
    case "Failed":
      return { tone: "bad", headline: "The sync failed; the published list stays" };
    case "Unchanged":
      return {
        tone: recovered ? "good" : "calm",
        headline: recovered ? "Works again: nothing changed" : "Nothing changed",
      };
    case "Published":
    case "Succeeded":
      return { tone: "good", headline: recovered ? "Works again: a new list is published" : "A new list is published" };
  }
}

function subjectOf({ record }: ReportInput, headline: string): string {
  const { result, reason, changes, violations = [] } = record;
  const start = headline
    .replace(/; .*/, "")
    .replace(": ", ", ")
    .replace(/^./, (first) => first.toLowerCase());
  if (result === "Failed") return `${start} (${reason})`;
  // Aliases and what Mirror domains repeat are refused too: more than the accounts and aliases of the plan.
  const refused = violations.find(({ limit }) => limit === "deletionGuard");
  if (result === "Held" && refused !== undefined)
    return `${start} (${number(refused.actual)} addresses refused, ${number(refused.allowed)} allowed)`;
  if (changes === undefined || changes.total === 0) return start;
  const added = changes.accountAdds + changes.aliasAdds;
  const removed = changes.accountDeletes + changes.aliasDeletes;
  return `${start} (+${number(added)} -${number(removed)})`;
}

function countsOf({ result, changes }: RunRecord): Report["counts"] {
  if (changes === undefined || result === "Failed") return [];
  return [
    { label: "accounts added", value: changes.accountAdds },
    { label: "accounts removed", value: changes.accountDeletes },
    { label: "aliases added", value: changes.aliasAdds },
    { label: "aliases removed", value: changes.aliasDeletes },
  ];
}

function factsOf({ record, domain, namespace, name, published, between, leftOut, next }: ReportInput): Fact[] {
  const { read, dropped = {}, conflicts = 0, attempts } = record;
  const left = Object.entries(dropped).filter(([, count]) => count > 0);
  const facts: [label: string, value: string | undefined][] = [
    ["Domain", domain],
    ["Object", `${namespace}/${name}`],
    ["Synced by", record.syncedBy],
    ["Test sync", record.testSync ? "yes, nothing is published by it" : undefined],
    ["Result", record.result === record.reason ? record.result : `${record.result} (${record.reason})`],
    ["Began", `${readable(record.synced)}, took ${seconds(record)}`],
    ["Attempts", attempts > 1 ? number(attempts) : undefined],
    ["Read", read && `${number(read.users)} users, ${number(read.groups)} groups, ${number(read.contacts)} contacts`],
    ["Left out", left.length === 0 ? undefined : left.map(([why, count]) => `${number(count)} ${why}`).join(", ")],
    ["Conflicts", conflicts === 0 ? undefined : `${number(conflicts)} addresses on two objects; see the history`],
    [
      "Accepted before, between syncs",
      between && `accounts: ${number(between.accountAdds)}, aliases: ${number(between.aliasAdds)}`,
    ],
    [
      "Published list",
      published === undefined
        ? "none yet"
        : `${number(published.accounts)} accounts, ${number(published.aliases)} aliases, ${number(published.addresses)} addresses accepted, of ${readable(published.time)}`,
    ],
    ["Details", leftOut],
    ["Next", next],
  ];
  return facts.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }]));
}

/** What a run saw that failed is not to be relied on. */
function changesOf({ result, added = [], removed = [] }: RunRecord): Report["changes"] {
  if (result === "Failed") return [];
  return [
    ...removed.map((address) => ({ sign: "-", address }) as const),
    ...added.map((address) => ({ sign: "+", address }) as const),
  ];
}

/** "12,345" */
const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

const readable = (time: string): string => `${time.slice(0, 19).replace("T", " ")} UTC`;

function seconds({ synced, completed }: RunRecord): string {
  const took = Math.max(0, Math.round((Date.parse(completed) - Date.parse(synced)) / 1000));
  return took < 120 ? `${took} s` : `${Math.round(took / 60)} min`;
}

/** A name such as deletionGuard stays as people write it. */
const sentence = (message: string): string =>
  `${message.replace(/^[a-z]+(?![A-Za-z.])/, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)}.`;

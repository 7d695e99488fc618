/** `why` against the contract's own words: every address of random tenants, through publications and held plans. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerWhy } from "../../../cli/commands/why.ts";
import type { Explanation } from "../../../cli/why/explain.ts";
import { createCompany } from "../../../dev/tenant/company.ts";
import type { Account, DirectoryObject } from "../../../src/recipients/model.ts";
import { compilePatterns } from "../../../src/recipients/patterns.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { deriveByTheBook, type OracleAnswer } from "../../support/derive-oracle.ts";
import { createSmallWorld, type SmallWorld } from "../../support/small-world.ts";
import { memorySession } from "./support/memory-session.ts";

const TENANTS = process.env["CI_DEPTH"] === "full" ? 600 : 12;
const MIRROR = "example.org";
const DOMAINS = ["example.com", "example.net", MIRROR];
const ALIAS_DOMAINS = [
  { name: "example.net", recipients: "Directory" as const },
  { name: MIRROR, recipients: "Mirror" as const },
];
const LOCALS = ["a", "b", "c", "d", "e", "f", "test", "test.two", "#x", "y#z", "/w", "postmaster", "abuse"];
const ADDRESSES = DOMAINS.flatMap((domain) => LOCALS.map((local) => `${local}@${domain}`));
const BAD = ["jörg@example.com", '"q"@example.com', `${"l".repeat(65)}@example.net`];
const PATTERNS = ["test*", "*@example.net", "[a-b]@*", "c@example.com", "#*"];

interface Person {
  readonly source: "users" | "groups" | "contacts";
  readonly addresses: readonly string[];
}
interface Round {
  readonly people: readonly Person[];
  readonly excludeRecords: readonly string[];
  readonly staticRecipients: readonly string[];
}

const address = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...ADDRESSES) },
  { weight: 1, arbitrary: fc.constantFrom(...BAD) },
);
const person: fc.Arbitrary<Person> = fc.record({
  source: fc.constantFrom("users", "users", "users", "groups", "contacts"),
  addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 4 }),
});
const round: fc.Arbitrary<Round> = fc.record({
  people: fc.array(person, { maxLength: 7 }),
  excludeRecords: fc.subarray(PATTERNS, { maxLength: 2 }),
  staticRecipients: fc.subarray(["a@example.com", "s@example.net", "test@example.com"], { maxLength: 2 }),
});
const formats = fc.constantFrom<readonly Format[]>(
  ["postfix"],
  ["addresses"],
  ["cdb"],
  ["postfix", "addresses"],
  ["postfix", "aliases"],
);
/** So small a list is held by half of it; sometimes nothing is, and sometimes nothing may go. */
const guard = fc.constantFrom({ enabled: false }, { enabled: true, maxPercent: 10, floor: 0 }, { enabled: true });

/** What stood, or would have stood, after a round. */
interface Stand {
  readonly book: OracleAnswer;
  readonly published: boolean;
  /** The run's id. */
  readonly run: string;
}

const originalOf = (each: string): string | undefined =>
  each.endsWith(`@${MIRROR}`) ? each.replace(MIRROR, "example.com") : undefined;

function ownerOf({ accounts }: OracleAnswer, each: string): { kind: string; account: Account } | undefined {
  const has = (wanted: string | undefined) =>
    accounts.find(({ address: primary, aliases }) => primary === wanted || aliases.some((alias) => alias === wanted));
  const own = has(each);
  if (own !== undefined) return { kind: own.address === each ? "account" : "alias", account: own };
  const mirrored = has(originalOf(each));
  return mirrored && { kind: "mirrored", account: mirrored };
}

/** Contract: a texthash line must not begin with #, a Rspamd map has no key with # in it or with / first. */
const CARRIES: Readonly<Record<Format, (each: string, owner: string) => boolean>> = {
  postfix: (each) => !each.startsWith("#"),
  addresses: (each) => !each.includes("#") && !each.startsWith("/"),
  cdb: () => true,
  aliases: (each, owner) => each === owner || !each.startsWith("#"),
};

/** What the tenant had when it was last read, and the list that stands has not. */
function toldOf(stands: readonly Stand[]): string[] {
  const newest = stands.at(-1);
  const current = stands.findLast(({ published }) => published)?.book;
  if (newest === undefined) return [];
  if (newest.published || current === undefined) return newest.book.leftOut;
  return newest.book.leftOut.filter((line) => {
    const [reason, object, address = ""] = line.split(" ");
    const holder = current.accounts.find((each) => [each.address, ...each.aliases].includes(address));
    return reason === "format" || holder === undefined || (reason === "conflict" && holder.id !== object);
  });
}

interface Expected {
  readonly accepted: boolean;
  readonly kinds: readonly string[];
}

/** `stands`: one a round, oldest first. */
function byTheBook(each: string, stands: readonly Stand[], out: readonly Format[]): Expected {
  const kinds = new Set<string>();
  const current = stands.findLast(({ published }) => published)?.book;
  const held = stands.at(-1)?.published === false ? stands.at(-1)?.book : undefined;
  const carried = out.some((format) => format !== "aliases" && CARRIES[format](each, each));
  const owner = current && ownerOf(current, each);
  const required = current !== undefined && /^(postmaster|abuse)@/.test(each);
  const accepted = carried && (owner !== undefined || required);
  const both = [each, originalOf(each)];
  for (const line of toldOf(stands)) {
    const [reason = "", , about = ""] = line.split(" ");
    if (both.includes(about) && (!accepted || reason === "conflict" || (reason === "format" && about === each)))
      kinds.add(reason);
  }
  const wished = held && ownerOf(held, each);
  if (accepted) {
    kinds.add(owner?.kind ?? "required");
    if (held !== undefined && wished === undefined && !required) kinds.add("leavesByPlan");
    return { accepted, kinds: [...kinds].sort() };
  }
  if (current === undefined) kinds.add("nothingPublished");
  if (wished !== undefined && owner === undefined) kinds.add(carried ? "waitsInPlan" : "format");
  const was = stands.some(({ book, published }) => published && ownerOf(book, each) !== undefined);
  if (was && owner === undefined && carried) kinds.add("removed");
  if ([...kinds].every((kind) => kind === "removed")) kinds.add("notInTenant");
  return { accepted, kinds: [...kinds].sort() };
}

function move(
  world: SmallWorld,
  { people, excludeRecords, staticRecipients }: Round,
  out: readonly Format[],
): OracleAnswer {
  const { company } = world;
  for (const collection of [company.users, company.groups, company.contacts]) collection.clear();
  for (const [index, { source, addresses }] of people.entries()) {
    const [primary = "", ...aliases] = addresses;
    // The kind of an object belongs to its id, and stays through all rounds.
    const id = `00000000-0000-4000-8000-${source.slice(0, 1) === "u" ? "1" : source === "groups" ? "2" : "3"}${String(index).padStart(11, "0")}`;
    const made = source === "groups" ? company.addGroup(primary, aliases) : company.hire(primary, aliases);
    company.users.delete(made.id);
    company.groups.delete(made.id);
    company[source].set(id, { ...made, id } as never);
  }
  world.edit(({ spec }) => {
    spec.excludeRecords = [...excludeRecords];
    spec.staticRecipients = [...staticRecipients];
  });
  const objects = (["users", "groups", "contacts"] as const).flatMap((source) =>
    [...company[source].values()].map(
      ({ id, mail, proxyAddresses }): DirectoryObject => ({ id, source, mail, proxyAddresses }),
    ),
  );
  const patternOf = compilePatterns(excludeRecords);
  return deriveByTheBook(objects, {
    domains: DOMAINS,
    isExcluded: (each) => patternOf(each) !== undefined,
    statics: staticRecipients,
    mirrors: [MIRROR],
    carries: (each, owner) => out.every((format) => CARRIES[format](each, owner)),
  });
}

/** What the messages must name: the run since when, the objects of a conflict. */
function namesIn(each: string, { accepted }: Explanation, stands: readonly Stand[]): string[] {
  const names: string[] = [];
  const published = stands.filter((stand) => stand.published);
  const last = published.at(-1);
  const owner = last && ownerOf(last.book, each);
  if (accepted === true && owner !== undefined && owner.kind !== "mirrored") {
    const ownerIn = (at: number) => published[at] && ownerOf(published[at].book, each);
    const isSame = (at: number): boolean =>
      ownerIn(at)?.account.id === owner.account.id && ownerIn(at)?.kind === owner.kind;
    let came = published.length - 1;
    while (came > 0 && isSame(came - 1)) came--;
    // One that another account had before, or the same in another role, came by a move.
    const before = ownerIn(came - 1) !== undefined;
    if (!before) names.push(`(${published[came]?.run})`);
  }
  for (const line of toldOf(stands)) {
    const [reason, object, about, keptBy] = line.split(" ");
    if (about !== each || reason !== "conflict") continue;
    names.push(object ?? "", `kept by ${keptBy}`);
  }
  return names;
}

describe(`every address of ${TENANTS} random tenants`, () => {
  it("is told as the contract says, with runs, keepers and patterns (issue 23)", async () => {
    const met = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), formats, guard, async (rounds, out, brake) => {
        const world = await createSmallWorld({
          company: createCompany(DOMAINS),
          domain: { aliasDomains: ALIAS_DOMAINS },
          spec: {
            output: { formats: [...out], shards: 2, deletionPolicy: "Orphan" },
            deletionGuard: { maxPercent: 10, floor: 10, ...brake },
          },
        });
        try {
          const stands: Stand[] = [];
          for (const [index, each] of rounds.entries()) {
            const book = move(world, each, out);
            const { state } = await world.ask("sync", `round-${index}`);
            stands.push({ book, published: state === "Succeeded", run: world.sync().status?.lastSync?.id ?? "?" });
          }
          const session = memorySession(world);
          const accepted = new Set(world.accepted());
          for (const each of ADDRESSES) {
            const answer = await answerWhy(session, each);
            const found = {
              address: each,
              accepted: answer.accepted,
              kinds: [...new Set(answer.reasons.map(({ kind }) => kind))].sort(),
            };
            expect(found).toEqual({ address: each, ...byTheBook(each, stands, out) });
            expect(answer.accepted, each).toBe(accepted.has(each));
            const said = answer.reasons.map(({ message }) => message).join("\n");
            for (const name of namesIn(each, answer, stands)) expect(said, each).toContain(name);
            for (const kind of found.kinds) met.add(kind);
          }
          const told = toldOf(stands);
          for (const each of BAD) {
            const { accepted: is, reasons } = await answerWhy(session, each.toUpperCase().toLowerCase());
            const holders = told.filter((line) => line.split(" ")[2] === each);
            expect(is).toBe(false);
            expect(reasons.map(({ kind }) => kind)).toEqual(Array(Math.max(1, holders.length)).fill("dropped"));
            for (const line of holders)
              expect(reasons.map(({ message }) => message).join("\n")).toContain(line.split(" ")[1]);
          }
        } finally {
          await world.close();
        }
      }),
      { numRuns: TENANTS, seed: 23 },
    );
    // What never came up was never asked.
    for (const kind of ["account", "alias", "mirrored", "required", "excluded", "conflict", "removed", "notInTenant"])
      expect([...met]).toContain(kind);
    for (const kind of ["waitsInPlan", "leavesByPlan", "format"]) expect([...met]).toContain(kind);
  }, 600_000);
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Account, Change, ChangeKind, DomainNames } from "../../../src/recipients/model.ts";
import { anyAccounts, anyNames, directory, mailbox, mirror, NAMES, names } from "./support/accounts.ts";
import {
  acceptedAddresses,
  type ListedBaseline as Baseline,
  diff,
  lostAddresses,
  type ListedPlan as Plan,
  planOf,
  subtract,
  type ListedWish as Wish,
} from "./support/whole.ts";

const published = (accounts: readonly Account[], found: DomainNames = NAMES): Baseline => ({
  kind: "accounts",
  accounts,
  names: found,
});
const wanted = (accounts: readonly Account[], found: DomainNames = NAMES): Wish => ({ accounts, names: found });
const bare = (...addresses: string[]): Baseline => ({ kind: "addresses", addresses });

const told = ({ changes }: Plan): string[] => changes.map(({ kind, address }) => `${kind} ${address}`);

/** Every address of a list with what it is there. */
function roles(accounts: readonly Account[]): Map<string, "account" | "alias"> {
  const found = new Map<string, "account" | "alias">();
  for (const { address, aliases } of accounts) {
    found.set(address, "account");
    for (const alias of aliases) found.set(alias, "alias");
  }
  return found;
}

function apply(accounts: readonly Account[], { changes }: Plan): Map<string, "account" | "alias"> {
  const found = roles(accounts);
  for (const { kind, address } of changes) {
    const role = kind.startsWith("account") ? "account" : "alias";
    const add = kind.endsWith("Add");
    // Deletes come first: what is added is never there, what is deleted is there as just that.
    expect(found.get(address)).toBe(add ? undefined : role);
    if (add) found.set(address, role);
    else found.delete(address);
  }
  return found;
}

const sorted = (found: Map<string, unknown>) => [...found].sort(([a], [b]) => (a < b ? -1 : 1));

/** The account of an object with this id. */
const of = (id: string, address: string, ...aliases: string[]): Account => ({ ...mailbox(address, ...aliases), id });

describe("diff", () => {
  const a = mailbox("a@example.com", "a1@example.com");
  it.each<[what: string, before: Account[], after: Account[], plan: string[]]>([
    ["nothing for the same list", [a], [{ ...a, id: "other", type: "contact" }], []],
    ["an account with its aliases", [], [a], ["aliasAdd a1@example.com", "accountAdd a@example.com"]],
    [
      "the aliases of a deleted account as alias deletes",
      [a],
      [],
      ["aliasDelete a1@example.com", "accountDelete a@example.com"],
    ],
    [
      "a renamed primary as a delete and an add",
      [mailbox("a@example.com")],
      [mailbox("b@example.com")],
      ["accountDelete a@example.com", "accountAdd b@example.com"],
    ],
    [
      "the usual rename, which keeps the former primary, as an alias add (issue 18, point 2)",
      [of("1", "a@example.com")],
      [of("1", "b@example.com", "a@example.com")],
      ["aliasAdd b@example.com"],
    ],
    [
      "nothing for another election among the same addresses (issue 18, point 2)",
      [of("1", "b@example.com", "c@example.com")],
      [of("1", "c@example.com", "b@example.com")],
      [],
    ],
    [
      "a new alias that is elected as that alias alone (issue 18, point 2)",
      [of("1", "b@example.com")],
      [of("1", "a@example.com", "b@example.com")],
      ["aliasAdd a@example.com"],
    ],
    [
      "an alias that a rename takes away as an alias delete",
      [of("1", "a@example.com", "x@example.com")],
      [of("1", "b@example.com", "a@example.com")],
      ["aliasDelete x@example.com", "aliasAdd b@example.com"],
    ],
    [
      "a rename to what was an account of somebody else",
      [of("1", "a@example.com"), of("2", "b@example.com")],
      [of("1", "b@example.com", "a@example.com")],
      ["accountDelete b@example.com", "aliasAdd b@example.com"],
    ],
    [
      "two that swap their primaries and keep both",
      [of("1", "a@example.com"), of("2", "b@example.com")],
      [of("1", "b@example.com"), of("2", "a@example.com")],
      [],
    ],
    [
      "a former primary that another object has as an alias as a delete and an add",
      [of("1", "a@example.com")],
      [of("2", "b@example.com", "a@example.com")],
      ["accountDelete a@example.com", "aliasAdd a@example.com", "accountAdd b@example.com"],
    ],
    [
      "an alias that becomes an account as an alias delete and an account add",
      [a],
      [mailbox("a@example.com"), mailbox("a1@example.com")],
      ["aliasDelete a1@example.com", "accountAdd a1@example.com"],
    ],
    [
      "nothing for an alias that moves to another account",
      [a, mailbox("b@example.com")],
      [mailbox("a@example.com"), mailbox("b@example.com", "a1@example.com")],
      [],
    ],
  ])("plans %s", (_, before, after, plan) => {
    expect(told(diff(published(before), wanted(after)))).toEqual(plan);
  });

  it("leads from any list to any other", () => {
    fc.assert(
      fc.property(anyAccounts, anyAccounts, (before, after) => {
        const plan = diff(published(before), wanted(after));
        expect(sorted(apply(before, plan))).toEqual(sorted(roles(after)));
      }),
    );
  });

  it("deletes nothing that an object keeps along with its former primary, and leads to the same addresses", () => {
    const withIds = (accounts: readonly Account[]): Account[] =>
      accounts.map((account, index) => ({ ...account, id: `${index % 4}-${Math.floor(index / 4)}` }));
    fc.assert(
      fc.property(anyAccounts, anyAccounts, (some, others) => {
        const [before, after] = [withIds(some), withIds(others)];
        const plan = diff(published(before), wanted(after));
        const deleted = new Set(plan.changes.filter(({ kind }) => kind.endsWith("Delete")).map((each) => each.address));
        const added = new Set(plan.changes.filter(({ kind }) => kind.endsWith("Add")).map((each) => each.address));
        const left = new Set([...roles(before).keys()].filter((each) => !deleted.has(each) || added.has(each)));
        expect([...new Set([...left, ...added])].sort()).toEqual([...roles(after).keys()].sort());
        const kept = before.filter(({ id, address }) =>
          after.some((now) => now.id === id && [now.address, ...now.aliases].includes(address)),
        );
        expect(kept.filter(({ address }) => deleted.has(address))).toEqual([]);
      }),
    );
  });

  it("counts what it plans, and sorts it: deletes before adds, then by address", () => {
    fc.assert(
      fc.property(anyAccounts, anyAccounts, (before, after) => {
        const { changes, counts } = diff(published(before), wanted(after));
        const count = (kind: ChangeKind): number => changes.filter((change) => change.kind === kind).length;
        expect(counts).toEqual({
          accountAdds: count("accountAdd"),
          accountDeletes: count("accountDelete"),
          aliasAdds: count("aliasAdd"),
          aliasDeletes: count("aliasDelete"),
          total: changes.length,
        });
        const keys = changes.map(({ kind, address }) => `${kind.endsWith("Delete") ? 0 : 1} ${address}`);
        expect(keys).toEqual([...keys].sort());
      }),
    );
  });

  it("names the account behind each address: of the wish for an add, of the baseline for a delete", () => {
    const b = mailbox("b@example.com", "b1@example.com");
    const behind = diff(published([a]), wanted([b])).changes.map(({ account }) => account);
    const named = [a, a, b, b].map(({ id, address, type }) => ({ id, address, type }));
    expect(behind).toEqual(named);
  });

  it("of thousands of aliases is told in a moment: the account is not decoded for each of them", () => {
    const many = mailbox(
      "many@example.com",
      ...Array.from({ length: 5_000 }, (_, index) => `many.${index}@example.com`),
    );
    const { changes } = diff({ kind: "none" }, wanted([many]));
    expect(
      changes.map(({ account }) => account).every((account) => account !== undefined && !("aliases" in account)),
    ).toBe(true);
  });

  it("does not plan what a Mirror domain repeats", () => {
    expect(diff(published([a]), wanted([a], names(mirror("example.org")))).changes).toEqual([]);
  });

  it("plans everything as an add when there is no baseline, or only its numbers", () => {
    const everything = ["aliasAdd a1@example.com", "accountAdd a@example.com"];
    expect(told(diff({ kind: "none" }, wanted([a])))).toEqual(everything);
    expect(told(diff({ kind: "numbers", published: 9 }, wanted([a])))).toEqual(everything);
  });

  it.each<[what: string, baseline: Baseline, found: DomainNames, plan: string[]]>([
    ["nothing for what stays accepted", bare("a@example.com", "a1@example.com"), NAMES, []],
    [
      "a delete for what would be refused",
      bare("x@example.com", "a@example.com", "a1@example.com"),
      NAMES,
      ["accountDelete x@example.com"],
    ],
    [
      "one delete for an address that is listed twice",
      bare("x@example.com", "x@example.com", "a@example.com", "a1@example.com"),
      NAMES,
      ["accountDelete x@example.com"],
    ],
    ["adds for what is new", bare("a@example.com"), NAMES, ["aliasAdd a1@example.com"]],
    [
      "nothing for postmaster and abuse",
      bare("a@example.com", "a1@example.com", "abuse@example.com", "postmaster@example.com"),
      NAMES,
      [],
    ],
    [
      "nothing for mirrored addresses",
      bare("a@example.com", "a1@example.com", "a@example.org"),
      names(mirror("example.org")),
      [],
    ],
    [
      "deletes where an alias domain is missing",
      bare("a@example.com", "a1@example.com", "a@example.org"),
      NAMES,
      ["accountDelete a@example.org"],
    ],
  ])("plans against bare addresses %s", (_, baseline, found, plan) => {
    expect(told(diff(baseline, wanted([a], found)))).toEqual(plan);
  });

  it("counts against bare addresses as deletes exactly what is accepted today and refused tomorrow", () => {
    fc.assert(
      fc.property(anyAccounts, anyNames, anyAccounts, anyNames, (old, oldNames, next, nextNames) => {
        const before = [...acceptedAddresses(old, oldNames)];
        const wish = wanted(next, nextNames);
        const deletes = diff(bare(...before), wish).changes.filter(({ kind }) => kind.endsWith("Delete"));
        expect(deletes.map(({ address }) => address)).toEqual(lostAddresses(bare(...before), wish));
        expect(lostAddresses(bare(...before), wish)).toEqual(lostAddresses(published(old, oldNames), wish));
      }),
    );
  });
});

describe("the digest of a plan", () => {
  const change = (kind: ChangeKind, address: string): Change => ({ kind, address });

  it("is 20 hex digits, the same for the same changes in whatever order and from whatever account", () => {
    const one = planOf([change("accountAdd", "a@example.com"), change("accountDelete", "b@example.com")]);
    const other = planOf([
      { ...change("accountDelete", "b@example.com"), account: mailbox("b@example.com") },
      change("accountAdd", "a@example.com"),
    ]);
    expect(one.digest).toMatch(/^[0-9a-f]{20}$/);
    expect(other.digest).toBe(one.digest);
  });

  it("differs when an address or what happens to it differs", () => {
    const digests = [
      planOf([]),
      planOf([change("accountAdd", "a@example.com")]),
      planOf([change("aliasAdd", "a@example.com")]),
      planOf([change("accountAdd", "b@example.com")]),
      planOf([change("accountAdd", "a@example.com"), change("accountAdd", "b@example.com")]),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe("subtract", () => {
  it("leaves what was not shown, and nothing of what was", () => {
    fc.assert(
      fc.property(anyAccounts, anyAccounts, anyAccounts, (before, then, now) => {
        const [shown, plan] = [diff(published(before), wanted(then)), diff(published(before), wanted(now))];
        const rest = subtract(plan, shown);
        const seen = new Set(told(shown));
        expect(told(rest)).toEqual(told(plan).filter((each) => !seen.has(each)));
        expect(rest.counts.total).toBe(rest.changes.length);
        expect(subtract(plan, plan)).toEqual(planOf([]));
        expect(subtract(plan, planOf([]))).toEqual(plan);
      }),
    );
  });

  it("does not take an alias that goes for the account of that address", () => {
    const rest = subtract(
      planOf([{ kind: "accountDelete", address: "a@example.com" }]),
      planOf([{ kind: "aliasDelete", address: "a@example.com" }]),
    );
    expect(told(rest)).toEqual(["accountDelete a@example.com"]);
  });
});

describe("lostAddresses", () => {
  const accounts = [mailbox("a@example.com", "b@example.com")];
  it.each<[what: string, baseline: Baseline, wish: Wish, lost: string[]]>([
    ["an alias that goes", published(accounts), wanted([mailbox("a@example.com")]), ["b@example.com"]],
    ["not an address that moves", published(accounts), wanted([mailbox("b@example.com", "a@example.com")]), []],
    ["not postmaster, who stays", published([mailbox("postmaster@example.com")]), wanted(accounts), []],
    [
      "an address with its mirrored copy",
      published(accounts, names(mirror("example.org"))),
      wanted([mailbox("a@example.com")], names(mirror("example.org"))),
      ["b@example.com", "b@example.org"],
    ],
    [
      "every address of a Mirror domain that is dropped, postmaster too",
      published(accounts, names(mirror("example.org"))),
      wanted(accounts),
      ["a@example.org", "abuse@example.org", "b@example.org", "postmaster@example.org"],
    ],
    [
      "what the tenant does not have where Mirror becomes Directory",
      published(accounts, names(mirror("example.org"))),
      wanted([...accounts, mailbox("c@example.com", "a@example.org")], names(directory("example.org"))),
      ["b@example.org"],
    ],
    [
      "bare addresses in order, each once",
      bare("y@example.com", "x@example.com", "y@example.com"),
      wanted(accounts),
      ["x@example.com", "y@example.com"],
    ],
    ["nothing without a baseline", { kind: "none" }, wanted([]), []],
    ["nothing where only numbers are left", { kind: "numbers", published: 9 }, wanted([]), []],
  ])("tells %s", (_, baseline, wish, lost) => {
    expect(lostAddresses(baseline, wish)).toEqual(lost);
  });
});

describe("A published list in which an address stands on two accounts", () => {
  const [kept, gone] = [mailbox("a@example.com", "x@example.com"), mailbox("b@example.com", "x@example.com")];

  it("loses nothing with one of them that the other, which did not change, still has", () => {
    const wish = wanted([kept]);
    expect(told(diff(published([kept, gone]), wish))).toEqual(["accountDelete b@example.com"]);
    expect(lostAddresses(published([kept, gone]), wish)).toEqual(["b@example.com"]);
  });
});

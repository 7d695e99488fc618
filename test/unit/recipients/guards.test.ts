import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { guards as allGuards, type GuardInput as PackedInput, type Violation } from "../../../src/recipients/guards.ts";
import type { Account, AccountType, Change, ChangeKind } from "../../../src/recipients/model.ts";
import { mailbox, NAMES } from "./support/accounts.ts";
import {
  type ListedBaseline as Baseline,
  diff,
  lostAddresses,
  packedBaseline,
  planOf,
  subtract,
  type ListedWish as Wish,
} from "./support/whole.ts";

const ACCOUNTS: Baseline = { kind: "accounts", accounts: [], names: NAMES };
const NUMBERS: Baseline = { kind: "numbers", published: 100 };
const GUARD = { enabled: true, maxPercent: 10, floor: 10 };

type GuardInput = Omit<PackedInput, "baseline"> & { readonly baseline: Baseline };
const guards = (given: GuardInput): Violation[] =>
  allSteps(allGuards({ ...given, baseline: packedBaseline(given.baseline) }));

/** A run that nothing stops, with what a test changes. */
const input = (changes: Partial<GuardInput>): GuardInput => ({
  plan: planOf([]),
  baseline: ACCOUNTS,
  tenantAccounts: 100,
  excluded: 0,
  objects: { users: 98, groups: 1, contacts: 1 },
  unconfirmed: { count: 0, cause: "refused" },
  lost: 0,
  removedLast24h: 0,
  accepted: 100,
  operationsLimit: {},
  deletionGuard: GUARD,
  maxDeletionPercent: 100,
  ...changes,
});

const reasons = (changes: Partial<GuardInput>): string[] => guards(input(changes)).map(({ reason }) => reason);

/** The only violation, or undefined. */
function only(changes: Partial<GuardInput>): Violation | undefined {
  const found = guards(input(changes));
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0];
}

const numbersOf = (violation: Violation | undefined) => violation && [violation.allowed, violation.actual];

const changes = (kind: ChangeKind, count: number): Change[] =>
  Array.from({ length: count }, (_, index) => ({ kind, address: `${kind}${index}@example.com` }));

describe("guards", () => {
  it("let a plan through that breaks no rule", () => {
    expect(guards(input({ plan: planOf(changes("accountAdd", 3)), lost: 1 }))).toEqual([]);
  });

  it("report every violation, in the order of the checklist", () => {
    const account: Account = { ...mailbox("list@example.com"), type: "distributionList" };
    const plan = planOf([{ kind: "accountDelete", address: account.address, account }]);
    const baseline: Baseline = { kind: "accounts", accounts: [account], names: NAMES };
    const objects = { users: 0, groups: 0, contacts: 0 };
    const operationsLimit = { accountDeletes: 0, total: 0 };
    const all = guards(input({ plan, baseline, objects, operationsLimit, tenantAccounts: 0, lost: 60 }));
    expect(all.map(({ limit }) => limit)).toEqual([
      "tenant accounts",
      "accounts from groups",
      "operationsLimit.accountDeletes",
      "operationsLimit.total",
      "deletionGuard",
    ]);
    expect(all.map(({ approvable }) => approvable)).toEqual([false, true, true, true, true]);
  });

  it("name no address", () => {
    const account = mailbox("someone@example.com");
    const plan = planOf([{ kind: "accountDelete", address: account.address, account }]);
    const baseline: Baseline = { kind: "accounts", accounts: [account], names: NAMES };
    const all = guards(
      input({ plan, baseline, tenantAccounts: 0, objects: { users: 0, groups: 0, contacts: 0 }, lost: 99 }),
    );
    expect(all).toHaveLength(3);
    expect(JSON.stringify(all)).not.toContain("@");
  });
});

describe("EmptyResult", () => {
  it.each<[baseline: Baseline]>([[{ kind: "none" }], [ACCOUNTS], [NUMBERS], [{ kind: "addresses", addresses: [] }]])(
    "stops a tenant without any account, whatever the baseline: %j",
    (baseline) => {
      expect(only({ baseline, tenantAccounts: 0 })).toMatchObject({ reason: "EmptyResult", approvable: false });
    },
  );

  it.each([
    [0, "tenant accounts", "the tenant has no account of this domain"],
    [12, "tenant accounts that excludeRecords leaves", "excludeRecords leaves out all 12 addresses"],
  ])("tells a tenant without accounts from one of which nobody is left: %d excluded", (excluded, limit, words) => {
    const violation = only({ tenantAccounts: 0, excluded });
    expect(violation).toMatchObject({ reason: "EmptyResult", limit });
    expect(violation?.message).toContain(words);
  });

  it("is content with one account", () => {
    expect(reasons({ tenantAccounts: 1 })).toEqual([]);
  });
});

describe("SourceVanished", () => {
  const account = (type: AccountType, index: number): Account => ({ ...mailbox(`${type}${index}@example.com`), type });
  const lists = [account("distributionList", 1), account("distributionList", 2)];
  const people = [account("mailbox", 1)];
  const baseline: Baseline = { kind: "accounts", accounts: [...people, ...lists], names: NAMES };
  const without = (wish: Wish): GuardInput["plan"] => diff(baseline, wish);
  const objects = { users: 1, groups: 0, contacts: 0 };

  it("stops a plan in which a source that had accounts yields none", () => {
    const violation = only({ baseline, plan: without({ accounts: people, names: NAMES }), objects });
    expect(violation).toMatchObject({ reason: "SourceVanished", approvable: true, actual: 0, allowed: 1 });
    expect(violation?.message).toBe("groups yield no account any more, there were 2");
  });

  it("is content while one is left", () => {
    const plan = without({ accounts: [...people, ...lists.slice(1)], names: NAMES });
    expect(reasons({ baseline, plan, objects: { ...objects, groups: 1 } })).toEqual([]);
  });

  it("does not mind a source that never had any", () => {
    expect(reasons({ baseline: { ...baseline, accounts: people }, objects })).toEqual([]);
  });

  it("does not mind when every address of the source is an account of another one now", () => {
    const moved = lists.map((list) => ({ ...list, type: "mailbox" as const }));
    const plan = without({ accounts: [...people, ...moved], names: NAMES });
    expect(reasons({ baseline, plan, objects: { ...objects, users: 3 } })).toEqual([]);
  });

  it("lets through what was shown and approved", () => {
    const shown = without({ accounts: people, names: NAMES });
    expect(reasons({ baseline, plan: subtract(shown, shown), objects })).toEqual([]);
  });

  it.each<[Baseline]>([[{ kind: "none" }], [NUMBERS]])("cannot tell without accounts to compare with: %j", (other) => {
    expect(reasons({ baseline: other, objects })).toEqual([]);
  });
});

describe("Unconfirmed", () => {
  it.each([
    { count: 3, cause: "refused", allowed: 0, says: "the tenant refuses to tell who has an address" },
    { count: 2001, cause: "tooMany", allowed: 2000, says: "more than 2000 are not asked for one by one" },
  ] as const)("holds $count removals that nobody could be asked about ($cause)", ({ count, cause, allowed, says }) => {
    const violation = only({ unconfirmed: { count, cause } });
    expect(violation).toMatchObject({ reason: "Unconfirmed", allowed, actual: count, approvable: true });
    expect(violation?.message).toContain(says);
  });

  it("lets pass what was confirmed", () => {
    expect(only({ unconfirmed: { count: 0, cause: "tooMany" } })).toBeUndefined();
  });
});

describe("OperationsLimit", () => {
  const plan = planOf([
    ...changes("accountAdd", 4),
    ...changes("accountDelete", 3),
    ...changes("aliasAdd", 2),
    ...changes("aliasDelete", 1),
  ]);

  it.each([
    ["accountAdds", 4],
    ["accountDeletes", 3],
    ["aliasAdds", 2],
    ["aliasDeletes", 1],
    ["total", 10],
  ] as const)("stops %s above the limit, and only above it", (name, actual) => {
    expect(reasons({ plan, operationsLimit: { [name]: actual } })).toEqual([]);
    expect(only({ plan, operationsLimit: { [name]: actual - 1 } })).toEqual({
      reason: "OperationsLimit",
      limit: `operationsLimit.${name}`,
      allowed: actual - 1,
      actual,
      approvable: true,
      message: `operationsLimit.${name} allows ${actual - 1}, the plan has ${actual}`,
    });
  });

  it("reads 0 as none, and an absent limit as unlimited", () => {
    expect(reasons({ plan, operationsLimit: { aliasDeletes: 0 } })).toEqual(["OperationsLimit"]);
    expect(reasons({ plan, operationsLimit: { aliasDeletes: undefined } })).toEqual([]);
    expect(reasons({ operationsLimit: { total: 0, accountAdds: 0 } })).toEqual([]);
  });

  it("holds for the first publication too", () => {
    const first = diff({ kind: "none" }, { accounts: [mailbox("a@example.com")], names: NAMES });
    expect(reasons({ plan: first, baseline: { kind: "none" }, operationsLimit: { accountAdds: 0 } })).toEqual([
      "OperationsLimit",
    ]);
  });
});

describe("DeletionGuard", () => {
  it.each<[what: string, changes: Partial<GuardInput>, numbers: [allowed: number, actual: number] | undefined]>([
    ["nothing that goes", { lost: 0 }, undefined],
    ["as many as the floor, in a small list", { lost: 10, accepted: 30 }, undefined],
    ["one more than the floor, in a small list", { lost: 11, accepted: 30 }, [10, 11]],
    ["as many as the percentage, in a large list", { lost: 100, accepted: 1000 }, undefined],
    ["one more than the percentage, in a large list", { lost: 101, accepted: 1000 }, [100, 101]],
    ["the percentage, unrounded: 101.9 allow 101", { lost: 101, accepted: 1019 }, undefined],
    ["the percentage, unrounded: 101.9 allow no 102", { lost: 102, accepted: 1019 }, [101, 102]],
    [
      "a percentage that floating point makes a little less",
      { lost: 29, deletionGuard: { ...GUARD, maxPercent: 29 } },
      undefined,
    ],
    ["half of the list", { lost: 5, accepted: 10 }, undefined],
    ["more than half of a list below the floor", { lost: 6, accepted: 10 }, [5, 6]],
    ["more than half of an odd list", { lost: 6, accepted: 11 }, [5, 6]],
    ["one of one", { lost: 1, accepted: 1 }, [0, 1]],
    ["one of two", { lost: 1, accepted: 2 }, undefined],
    [
      "half, where the percentage would allow all",
      { lost: 50, deletionGuard: { ...GUARD, maxPercent: 100 } },
      undefined,
    ],
    [
      "more than half, where the percentage would allow all",
      { lost: 51, deletionGuard: { ...GUARD, maxPercent: 100 } },
      [50, 51],
    ],
    ["none, where none is allowed", { lost: 0, deletionGuard: { enabled: true, maxPercent: 0, floor: 0 } }, undefined],
    ["one, where none is allowed", { lost: 1, deletionGuard: { enabled: true, maxPercent: 0, floor: 0 } }, [0, 1]],
    ["with those of the last 24 h just enough", { lost: 40, removedLast24h: 60, accepted: 1000 }, undefined],
    ["with those of the last 24 h one too many", { lost: 40, removedLast24h: 61, accepted: 1000 }, [100, 101]],
    ["with those of the last 24 h more than half", { lost: 3, removedLast24h: 3, accepted: 10 }, [5, 6]],
    ["nothing now, whatever went in the last 24 h", { lost: 0, removedLast24h: 99 }, undefined],
    ["anything while it is off", { lost: 100, deletionGuard: { ...GUARD, enabled: false } }, undefined],
    ["anything without a baseline", { lost: 100, accepted: 0, baseline: { kind: "none" } }, undefined],
    ["too many by the numbers of a damaged baseline", { lost: 11, baseline: NUMBERS }, [10, 11]],
    ["few by the numbers of a damaged baseline", { lost: 10, baseline: NUMBERS }, undefined],
    ["too many of bare addresses", { lost: 11, baseline: { kind: "addresses", addresses: [] } }, [10, 11]],
    ["what the installation's cap allows", { lost: 50, accepted: 1000, maxDeletionPercent: 5 }, undefined],
    ["more than the installation's cap allows", { lost: 51, accepted: 1000, maxDeletionPercent: 5 }, [50, 51]],
    ["more than the object allows below the cap", { lost: 101, accepted: 1000, maxDeletionPercent: 50 }, [100, 101]],
    [
      "what a guard that is off lets through under a cap",
      {
        lost: 51,
        accepted: 1000,
        maxDeletionPercent: 5,
        deletionGuard: { enabled: false, maxPercent: 100, floor: 1000 },
      },
      [50, 51],
    ],
    [
      "what a huge floor lets through under a cap",
      {
        lost: 51,
        accepted: 1000,
        maxDeletionPercent: 5,
        deletionGuard: { enabled: true, maxPercent: 100, floor: 1000 },
      },
      [50, 51],
    ],
  ])("judges %s", (_, found, numbers) => {
    expect(numbersOf(only(found))).toEqual(numbers);
  });

  it("allows exactly its share, whatever the percentage", () => {
    for (let maxPercent = 0; maxPercent <= 50; maxPercent++) {
      const found = { accepted: 700, deletionGuard: { enabled: true, maxPercent, floor: 0 } };
      expect(reasons({ ...found, lost: maxPercent * 7 })).toEqual([]);
      expect(reasons({ ...found, lost: maxPercent * 7 + 1 })).toEqual(["DeletionGuard"]);
    }
  });

  it.each<[found: Partial<GuardInput>, message: string]>([
    [
      { lost: 11 },
      "deletionGuard allows 10 addresses to be refused from now on (10 % of 100, or 10), the plan makes it 11",
    ],
    [
      { lost: 4, removedLast24h: 7 },
      "deletionGuard allows 10 addresses to be refused from now on (10 % of 100, or 10), the plan makes it 11, 7 of them in the last 24 h",
    ],
    // Both rules are broken: what is said is the one that allows less.
    [
      { lost: 12, accepted: 14 },
      "deletionGuard allows 7 addresses to be refused from now on (half of 14), the plan makes it 12",
    ],
  ])("says which rule was broken: %j", (found, message) => {
    expect(only(found)?.message).toBe(message);
  });

  it("does not count an address that only moves", () => {
    const before = [mailbox("a@example.com", "b@example.com"), mailbox("c@example.com")];
    const wish: Wish = { accounts: [mailbox("c@example.com", "a@example.com", "b@example.com")], names: NAMES };
    const baseline: Baseline = { kind: "accounts", accounts: before, names: NAMES };
    const lost = lostAddresses(baseline, wish).length;
    expect(reasons({ plan: diff(baseline, wish), lost, accepted: 5 })).toEqual([]);
  });
});

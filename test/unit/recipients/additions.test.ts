/** Additions put on a list what is new, and take nothing from it, whatever the tenant says. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { type AdditionLimits, additionsTo } from "../../../src/recipients/additions.ts";
import type { Account } from "../../../src/recipients/model.ts";
import { rosterOf } from "../../../src/recipients/packed/roster.ts";

const account = (id: string, address: string, ...aliases: string[]): Account => ({
  id,
  address,
  type: "mailbox",
  aliases: aliases.sort(),
});

function add(standing: readonly Account[], found: readonly Account[], limits: AdditionLimits = {}) {
  const { accounts, changes, limited } = allSteps(
    additionsTo(allSteps(rosterOf(standing)), allSteps(rosterOf(found)), limits),
  );
  return {
    accounts: [...accounts],
    changes: changes.map(({ kind, address }) => `${kind} ${address}`),
    limited,
  };
}

const ADA = account("1", "ada@x.test", "a@x.test");

describe("An addition", () => {
  it.each([
    [
      "somebody new is an account",
      [account("2", "bob@x.test", "b@x.test")],
      ["aliasAdd b@x.test", "accountAdd bob@x.test"],
    ],
    [
      "a new alias goes to the account that is there",
      [account("1", "ada@x.test", "a@x.test", "lady@x.test")],
      ["aliasAdd lady@x.test"],
    ],
    [
      "a rename adds the new address and keeps the old one",
      [account("1", "lovelace@x.test")],
      ["aliasAdd lovelace@x.test"],
    ],
    ["an address on the list stays where it is", [account("2", "a@x.test")], []],
    [
      "of somebody whose primary is another's already the rest is added",
      [account("2", "a@x.test", "bob@x.test")],
      ["accountAdd bob@x.test"],
    ],
    ["what lost an address loses nothing here", [account("1", "ada@x.test")], []],
    ["nothing new is nothing", [], []],
  ])("%s", (_, found, changes) => {
    const added = add([ADA], found);
    expect(added.changes).toEqual(changes);
    expect(added.limited).toBe(false);
    expect(added.accounts.flatMap(({ address, aliases }) => [address, ...aliases])).toEqual(
      expect.arrayContaining(["ada@x.test", "a@x.test"]),
    );
  });

  it("keeps the primary address of an account that is there", () => {
    expect(add([ADA], [account("1", "lovelace@x.test")]).accounts).toEqual([
      account("1", "ada@x.test", "a@x.test", "lovelace@x.test"),
    ]);
  });

  it.each([
    ["accounts", { accountAdds: 1 }, ["aliasAdd b2@x.test", "accountAdd b@x.test"]],
    ["aliases", { aliasAdds: 0 }, ["accountAdd b@x.test"]],
    ["everything", { total: 2 }, ["aliasAdd b2@x.test", "accountAdd b@x.test"]],
    ["nothing at all", { total: 0 }, []],
  ])("stops at the limit of %s, and says so", (_, limits, changes) => {
    const found = [account("2", "b@x.test", "b2@x.test"), account("3", "c@x.test")];
    expect(add([ADA], found, limits)).toMatchObject({ limited: true, changes });
  });

  it("is limited only where something was left", () => {
    expect(add([ADA], [account("2", "b@x.test")], { accountAdds: 1, total: 1 }).limited).toBe(false);
  });
});

describe("Whatever is found", () => {
  const addresses = fc.constantFrom(...Array.from({ length: 12 }, (_, index) => `p${index}@x.test`));
  /** Accounts among which no address stands twice, as a sync makes them. */
  const lists = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.uniqueArray(addresses, { minLength: 1, maxLength: 4 })), {
      maxLength: 6,
    })
    .map((entries) => {
      const taken = new Set<string>();
      const ids = new Set<number>();
      return entries.flatMap(([id, all]) => {
        const [first, ...rest] = all.filter((address) => !taken.has(address));
        if (first === undefined || ids.has(id)) return [];
        ids.add(id);
        for (const address of [first, ...rest]) taken.add(address);
        return [account(String(id), first, ...rest)];
      });
    });
  const all = (accounts: readonly Account[]): string[] =>
    accounts.flatMap(({ address, aliases }) => [address, ...aliases]).sort();

  it("the list is what stood and what is told, each address once, and the same again adds nothing", () => {
    const limits = fc.record({
      accountAdds: fc.option(fc.nat(3), { nil: undefined }),
      total: fc.option(fc.nat(6), { nil: undefined }),
    });
    fc.assert(
      fc.property(lists, lists, limits, (standing, found, most) => {
        const added = add(standing, found, most);
        const told = added.changes.map((change) => change.split(" ")[1] ?? "");
        expect(all(added.accounts)).toEqual([...all(standing), ...told].sort());
        expect(new Set(all(added.accounts)).size).toBe(all(added.accounts).length);
        for (const { id, address } of standing)
          expect(added.accounts.find((each) => each.id === id)?.address).toBe(address);
        const whole = [...new Set([...all(standing), ...all(found)])].sort();
        const again = add(added.accounts, found);
        expect(added.limited || all(added.accounts).join() === whole.join()).toBe(true);
        expect(added.limited || again.changes.length === 0).toBe(true);
        expect(told.length).toBeLessThanOrEqual(most.total ?? Infinity);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import type { Baseline } from "../../../src/recipients/baseline.ts";
import { countUnconfirmed, type OwnRules } from "../../../src/recipients/confirm.ts";
import type { Account, DirectoryObject } from "../../../src/recipients/model.ts";
import { mailbox, NAMES } from "./support/accounts.ts";
import { diff, removalsToConfirm } from "./support/whole.ts";

const RULES: OwnRules = {
  excluded: new Set(),
  sources: { users: true, groups: true, contacts: true },
  domains: ["example.com", "example.net"],
};

/** What must be asked when `before` becomes `after`, as `id: addresses`. */
function asked(before: readonly Account[], after: readonly Account[], rules: Partial<OwnRules> = {}): string[] {
  const plan = diff({ kind: "accounts", accounts: before, names: NAMES }, { accounts: after, names: NAMES });
  const { objects } = removalsToConfirm(plan, { ...RULES, ...rules });
  return objects.map(({ id, addresses }) => `${id}: ${addresses.join(" ")}`);
}

describe("removalsToConfirm", () => {
  const a = { ...mailbox("a@example.com", "a1@example.com", "a2@example.com"), id: "A" };
  const b = { ...mailbox("b@example.com"), id: "B" };

  it("asks once for each object that loses addresses, and knows which", () => {
    expect(asked([a, b], [])).toEqual(["A: a1@example.com a2@example.com a@example.com", "B: b@example.com"]);
    expect(asked([a, b], [{ ...a, aliases: ["a2@example.com"] }, b])).toEqual(["A: a1@example.com"]);
  });

  it("asks nothing for additions", () => {
    expect(asked([], [a, b])).toEqual([]);
  });

  it.each([
    ["mailbox", "users"],
    ["distributionList", "groups"],
    ["contact", "contacts"],
  ] as const)("asks for a %s among the %s", (type, source) => {
    const plan = diff({ kind: "accounts", accounts: [{ ...b, type }], names: NAMES }, { accounts: [], names: NAMES });
    expect(removalsToConfirm(plan, RULES).objects).toEqual([{ id: "B", source, addresses: ["b@example.com"] }]);
  });

  it.each<[what: string, before: Account, after: Account[], rules: Partial<OwnRules>]>([
    ["a static recipient", { ...b, id: "static:b@example.com", type: "static" }, [], {}],
    ["an address that a pattern leaves out", b, [], { excluded: new Set(["b@example.com"]) }],
    ["a source that is switched off", b, [], { sources: { ...RULES.sources, users: false } }],
    ["an alias domain that is dropped", { ...b, address: "b@example.org" }, [], {}],
    ["an address that another account has now", b, [{ ...a, aliases: ["b@example.com"] }], {}],
    ["a primary that becomes an alias", b, [{ ...b, address: "c@example.com", aliases: ["b@example.com"] }], {}],
  ])("does not ask for %s: the directory is not what takes it away", (_, before, after, rules) => {
    expect(asked([before], after, rules)).toEqual([]);
  });

  it("still asks for the rest of an object of which a pattern leaves out one alias", () => {
    expect(asked([a], [], { excluded: new Set(["a1@example.com"]) })).toEqual(["A: a2@example.com a@example.com"]);
  });

  it("asks for bare addresses themselves, which name no object", () => {
    const baseline: Baseline = { kind: "addresses", addresses: ["a@example.com", "b@elsewhere.example"] };
    expect(removalsToConfirm(diff(baseline, { accounts: [], names: NAMES }), RULES)).toEqual({
      objects: [],
      gone: ["a@example.com"],
      bare: 1,
    });
  });

  it.each<[what: string, before: Account, after: Account[], rules: Partial<OwnRules>, gone: string[]]>([
    ["an address of an object", b, [], {}, ["b@example.com"]],
    ["a static recipient that is removed", { ...b, type: "static" }, [], {}, ["b@example.com"]],
    ["one whose source is off", b, [], { sources: { ...RULES.sources, users: false } }, ["b@example.com"]],
    ["not for one that a pattern leaves out", b, [], { excluded: new Set(["b@example.com"]) }, []],
    ["not for one of a domain that is dropped", { ...b, address: "b@example.org" }, [], {}, []],
    ["not for one that another has now", b, [{ ...a, aliases: ["b@example.com"] }], {}, []],
  ])("asks who has %s by now", (_, before, after, rules, gone) => {
    const plan = diff({ kind: "accounts", accounts: [before], names: NAMES }, { accounts: after, names: NAMES });
    expect(removalsToConfirm(plan, { ...RULES, ...rules })).toMatchObject({ gone, bare: 0 });
  });
});

describe("countUnconfirmed", () => {
  const removals = {
    objects: [{ id: "A", source: "users" as const, addresses: ["a@example.com", "a1@example.com"] }],
  };
  const object = (mail: string | null, ...proxyAddresses: string[]): DirectoryObject => {
    return { id: "A", source: "users", mail, proxyAddresses };
  };

  it.each<[what: string, answer: DirectoryObject | "gone" | undefined, count: number]>([
    ["is gone", "gone", 0],
    ["has no address any more", object(null), 0],
    ["has other addresses", object("b@example.com", "SMTP:b@example.com"), 0],
    ["has the address under another scheme only", object(null, "SIP:a@example.com", "X500:/o=a@example.com"), 0],
    ["has the address elsewhere", object("a@example.net", "smtp:a@example.net"), 0],
    ["still has the primary address", object(null, "SMTP:a@example.com"), 1],
    ["still has an alias, written otherwise", object(null, "sMtP: A1@Example.COM "), 1],
    ["still has the address as mail", object("A@example.com"), 1],
    ["still has both, which is one object", object("a@example.com", "smtp:a1@example.com"), 1],
    ["was not answered", undefined, 1],
  ])("when an object %s, counts it accordingly", (_, answer, count) => {
    const answers = new Map(answer === undefined ? [] : [["A", answer]]);
    expect(allSteps(countUnconfirmed(removals, answers))).toBe(count);
  });

  it("finds nothing wrong when nothing was asked", () => {
    expect(allSteps(countUnconfirmed({ objects: [] }, new Map()))).toBe(0);
  });
});

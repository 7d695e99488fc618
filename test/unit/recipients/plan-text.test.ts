import { describe, expect, it } from "vitest";
import type { Account, DomainNames } from "../../../src/recipients/model.ts";
import { mailbox, manyMailboxes, NAMES } from "./support/accounts.ts";
import {
  type ListedBaseline as Baseline,
  diff,
  type ListedPlan as Plan,
  planOf,
  renderPlanText,
} from "./support/whole.ts";

const KIB = 1024;

const published = (accounts: readonly Account[], found: DomainNames = NAMES): Baseline => {
  return { kind: "accounts", accounts, names: found };
};

const planFrom = (before: readonly Account[], after: readonly Account[]): Plan =>
  diff(published(before), { accounts: after, names: NAMES });

describe("renderPlanText", () => {
  it("shows removals first, grouped by kind, each with what it belongs to", () => {
    const plan = planFrom(
      [mailbox("old@example.com", "old1@example.com"), { ...mailbox("list@example.com"), type: "distributionList" }],
      [mailbox("new@example.com", "new1@example.com")],
    );
    expect(renderPlanText(plan, ["a title", "a line"])).toBe(
      `a title
a line

accounts to remove: 2
- list@example.com (distributionList)
- old@example.com (mailbox)

aliases to remove: 1
- old1@example.com (of old@example.com)

accounts to add: 1
+ new@example.com (mailbox)

aliases to add: 1
+ new1@example.com (of new@example.com)
`,
    );
  });

  it("shows bare addresses as they are", () => {
    const plan = diff({ kind: "addresses", addresses: ["x@example.com"] }, { accounts: [], names: NAMES });
    expect(renderPlanText(plan, ["t"])).toBe("t\n\naccounts to remove: 1\n- x@example.com\n");
  });

  it("says so when there is nothing to show", () => {
    expect(renderPlanText(planOf([]), ["t"])).toBe("t\n\nno account or alias is added or removed\n");
  });

  const lines = (text: string, sign: string): number => text.split("\n").filter((line) => line.startsWith(sign)).length;

  it("stays below 200 KiB, and counts what it leaves out of each group", () => {
    const [before, after] = [manyMailboxes(20_000), manyMailboxes(10_000).map(({ address }) => mailbox(`x${address}`))];
    const text = renderPlanText(planFrom(before, after), ["ä title"]);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200 * KIB);
    expect(Buffer.byteLength(text)).toBeGreaterThan(195 * KIB);
    expect(text).toContain(`\n… and ${20_000 - lines(text, "- ")} more, see plan.json.gz\n`);
    expect(text).toContain(`\n… and ${10_000 - lines(text, "+ ")} more, see plan.json.gz\n`);
    expect(lines(text, "+ ")).toBeGreaterThan(1000);
  });

  it("gives the room of a short group to the one behind it", () => {
    const after = [...manyMailboxes(20_000).map(({ address }) => mailbox(`x${address}`)), mailbox("a@example.com")];
    const text = renderPlanText(planFrom([mailbox("gone@example.com")], after), ["t"]);
    expect(Buffer.byteLength(text)).toBeGreaterThan(195 * KIB);
    expect(lines(text, "- ")).toBe(1);
  });
});

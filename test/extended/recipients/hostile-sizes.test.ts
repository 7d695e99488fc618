/** Whatever a tenant or a spec holds within its limits, no step of the work keeps the event loop for long. */
import { describe, expect, it } from "vitest";
import { createDeriver } from "../../../src/recipients/derive.ts";
import { diff, lostAddresses, planOf } from "../../../src/recipients/diff.ts";
import { guards } from "../../../src/recipients/guards.ts";
import type { DirectoryObject } from "../../../src/recipients/model.ts";
import { createAddressSet } from "../../../src/recipients/packed/address-set.ts";
import { rosterOf } from "../../../src/recipients/packed/roster.ts";
import { sortedOnce } from "../../../src/recipients/packed/sort.ts";
import { compilePatterns } from "../../../src/recipients/patterns.ts";
import { writePlanFile } from "../../../src/recipients/plan-file.ts";
import { createRandom } from "../../support/random.ts";
import { sliced, timed } from "../../support/slices.ts";
import { mailbox, mirror, NAMES, names } from "../../unit/recipients/support/accounts.ts";

/** Of the processor's time; a turn of the garbage collector falls into a slice now and then. */
const LONGEST_MS = 50;

const user = (index: number, proxyAddresses: readonly string[]): DirectoryObject => ({
  id: `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`,
  source: "users",
  mail: null,
  proxyAddresses,
});
const aliases = (owner: number | string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${index === 0 ? "SMTP" : "smtp"}:u${owner}.${index}@example.com`);

/** The longest that an object or a step took, and what came of it. */
function derive(objects: Iterable<DirectoryObject>, excludeRecords: readonly string[] = []) {
  const deriver = createDeriver({ names: NAMES, excludeRecords, staticRecipients: [] });
  let longestMs = 0;
  for (const object of objects)
    longestMs = Math.max(
      longestMs,
      timed(() => deriver.add(object)),
    );
  const finished = sliced(deriver.finish());
  return { derived: finished.result, longestMs: Math.max(longestMs, finished.longestMs), totalMs: finished.totalMs };
}
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe("No pause is missed", { timeout: 180_000 }, () => {
  it("by 500 hostile patterns and 1,000 objects of 21 addresses (1)", () => {
    const patterns = Array.from({ length: 500 }, (_, index) => `*${"[!~]".repeat(78)}~${index}`);
    const { derived, longestMs, totalMs } = derive(
      many(1000, (index) => user(index, aliases(index, 21))),
      patterns,
    );
    expect(derived.accounts.addresses).toBe(21_000);
    expect(longestMs).toBeLessThan(LONGEST_MS);
    expect(totalMs).toBeLessThan(20_000);
  });

  it("by patterns and addresses that are as long as they may be (1)", () => {
    const patterns = Array.from({ length: 500 }, (_, index) => `*${"[!~]*".repeat(60)}~${index}`.slice(0, 320));
    const matches = compilePatterns(patterns);
    const address = `${"a".repeat(64)}@${"b".repeat(185)}.com`;
    matches(address);
    const took = timed(() => {
      for (let index = 0; index < 10; index++) expect(matches(address)).toBeUndefined();
    });
    expect(took / 10).toBeLessThan(LONGEST_MS / 4);
  });

  it("by one address on 100,000 objects (4)", () => {
    const { derived, longestMs } = derive(many(100_000, (index) => user(index, ["SMTP:info@example.com"])));
    expect([derived.accounts.length, [...derived.conflicts]]).toEqual([1, ["info@example.com"]]);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });

  it("by 120 objects that share 10,000 addresses (4)", () => {
    const shared = aliases("shared", 10_000);
    const { derived, longestMs, totalMs } = derive(many(120, (index) => user(index, shared)));
    expect([derived.accounts.length, derived.accounts.addresses]).toEqual([1, 10_000]);
    expect(longestMs).toBeLessThan(LONGEST_MS);
    expect(totalMs).toBeLessThan(30_000);
  });

  it("by 1,000 objects of 400 addresses (4)", () => {
    const { derived, longestMs } = derive(many(1000, (index) => user(index, aliases(index, 400))));
    expect(derived.accounts.addresses).toBe(400_000);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });

  it("when 20,000 accounts lose 50 Mirror domains: a million addresses, counted and packed (3)", () => {
    const mirrors = Array.from({ length: 50 }, (_, index) => mirror(`m${index}.example`));
    const { result: accounts } = sliced(
      rosterOf(Array.from({ length: 20_000 }, (_, index) => mailbox(`u${index}@example.com`))),
    );
    const baseline = { kind: "accounts", accounts, names: names(...mirrors) } as const;
    const wish = { accounts, names: NAMES };
    expect(sliced(diff(baseline, wish)).result.counts.total).toBe(0);
    const { result: lost, longestMs } = sliced(lostAddresses(baseline, wish));
    // Postmaster and abuse of every domain too.
    expect(lost.size).toBe(50 * 20_002);
    expect(lost.has("u7@m49.example")).toBe(true);
    expect(lost.has("u7@example.com")).toBe(false);
    expect(lost.locals).toBe(20_002);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });

  it("by 20,000 local parts that each stand at other domains: what is lost stays packed (3)", () => {
    const random = createRandom(3);
    const before = process.memoryUsage().heapUsed;
    const lost = createAddressSet();
    for (let index = 0; index < 20_000; index++)
      for (let domain = 0; domain < 50; domain++) if (random() < 0.5) lost.add(`u${index}@m${domain}.example`);
    // A text each would take a hundred bytes, a set of domains for each mixture a thousand.
    expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(60);
    expect(lost.size).toBeGreaterThan(450_000);
    const plan = sliced(planOf([])).result;
    const stored = { plan, mirrors: [], lost, lostCount: lost.size, digest: plan.digest };
    const { result: file, longestMs } = sliced(writePlanFile(stored));
    expect(file.length).toBeLessThan(700 * 1024);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });

  it("by 300,000 people that go at once, and sources without anybody", () => {
    const { result: accounts } = sliced(rosterOf(many(300_000, (index) => mailbox(`u${index}@example.com`))));
    const { result: left } = sliced(rosterOf([mailbox("new@example.com")]));
    const baseline = { kind: "accounts", accounts, names: NAMES } as const;
    const { result: plan } = sliced(diff(baseline, { accounts: left, names: NAMES }));
    const { result, longestMs } = sliced(
      guards({
        plan,
        baseline,
        tenantAccounts: 1,
        excluded: 0,
        objects: { users: 1, groups: 0, contacts: 0 },
        unconfirmed: { count: 0, cause: "refused" },
        lost: 300_000,
        removedLast24h: 0,
        accepted: 300_002,
        operationsLimit: {},
        deletionGuard: { enabled: true, maxPercent: 10, floor: 10 },
        maxDeletionPercent: 100,
      }),
    );
    expect(result.map(({ reason }) => reason)).toEqual(["DeletionGuard"]);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });

  it("by half a million addresses in tables that stand, of which several lists are one", () => {
    const list = (from: number) =>
      Array.from({ length: 250_000 }, (_, index) => `u${(from + index) * 7919}@example.com`);
    const { result, longestMs } = sliced(sortedOnce([list(250_000), list(0), list(100_000)]));
    expect(result.length).toBe(500_000);
    expect(result.every((address, index) => index === 0 || (result[index - 1] ?? "") < address)).toBe(true);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });

  it("by a directory that never ends: the read does, before the memory does", () => {
    const deriver = createDeriver({ names: NAMES, excludeRecords: [], staticRecipients: [] });
    const before = process.memoryUsage().arrayBuffers;
    const readOn = (): void => {
      for (let index = 0; ; index++) deriver.add(user(index, aliases(`${index}${"x".repeat(40)}`, 2000)));
    };
    expect(readOn).toThrow("more recipients than one list can hold");
    expect((process.memoryUsage().arrayBuffers - before) / 2 ** 20).toBeLessThan(160);
  });
});

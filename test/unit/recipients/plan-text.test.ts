import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Account, Change, DomainNames } from "../../../src/recipients/model.ts";
import type { StoredPlan as Stored } from "../../../src/recipients/plan-text.ts";
import { anyAccounts, anyNames, mailbox, manyMailboxes, mirror, NAMES, names } from "./support/accounts.ts";
import {
  type ListedBaseline as Baseline,
  diff,
  lostAddresses,
  type ListedPlan as Plan,
  parsePlanJson,
  planJson,
  planOf,
  renderPlanText,
} from "./support/whole.ts";

type StoredPlan = Stored & { readonly plan: Plan };

const KIB = 1024;

const published = (accounts: readonly Account[], found: DomainNames = NAMES): Baseline => {
  return { kind: "accounts", accounts, names: found };
};

const planFrom = (before: readonly Account[], after: readonly Account[]): Plan =>
  diff(published(before), { accounts: after, names: NAMES });

function stored(before: readonly Account[], after: readonly Account[], old = NAMES, now = NAMES): StoredPlan {
  const [baseline, wish] = [published(before, old), { accounts: after, names: now }];
  const [plan, lost] = [diff(baseline, wish), lostAddresses(baseline, wish)];
  return { plan, mirrors: ["example.org"], lost, lostCount: lost.length, digest: `of-${plan.digest}` };
}

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

describe("planJson and parsePlanJson", () => {
  /** What an approval needs: accounts are not stored. */
  const bare = ({ plan, ...rest }: StoredPlan) => {
    return {
      ...rest,
      plan: { ...plan, changes: plan.changes.map(({ kind, address }): Change => ({ kind, address })) },
    };
  };

  it("bring every plan back, with the addresses that would be lost", () => {
    fc.assert(
      fc.property(anyAccounts, anyNames, anyAccounts, anyNames, (before, old, after, now) => {
        const found = stored(before, after, old, now);
        expect(parsePlanJson(planJson(found))).toEqual(bare(found));
      }),
    );
  });

  it("bring back the numbers where nobody knows which addresses go", () => {
    const found = { ...stored([], [mailbox("a@example.com")]), lostCount: 7 };
    expect(parsePlanJson(planJson(found))?.lostCount).toBe(7);
  });

  it("can store domains that are named like what every object has", () => {
    const plan = planOf(["a@constructor", "a@__proto__"].map((address) => ({ kind: "accountDelete", address })));
    const found: StoredPlan = { plan, mirrors: [], lost: ["a@__proto__"], lostCount: 1, digest: plan.digest };
    expect(parsePlanJson(planJson(found))).toEqual(found);
  });

  it("give the same bytes for the same plan, whenever it is made", () => {
    const [a, b] = [mailbox("a@example.com"), mailbox("b@example.com", "c@example.com")];
    const once = planJson(stored([a, b], []));
    expect(planJson(stored([b, a], [])).equals(once)).toBe(true);
    // RFC 1952: bytes 4 to 7 are the time.
    expect([...once.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  });

  it("store JSON that says what happens to whom", () => {
    const found = stored([mailbox("a@example.com")], [], names(mirror("example.org")), names(mirror("example.org")));
    expect(JSON.parse(gunzipSync(planJson(found)).toString())).toEqual({
      schemaVersion: 1,
      digest: found.digest,
      planDigest: found.plan.digest,
      counts: { accountAdds: 0, accountDeletes: 1, aliasAdds: 0, aliasDeletes: 0, total: 1 },
      mirrors: ["example.org"],
      lostCount: 2,
      groups: [{ domains: { "example.com": ["accountDelete", "lost"], "example.org": ["lost"] }, locals: ["a"] }],
    });
  });

  it("fit 50,000 removals beside plan.txt", () => {
    const found = stored(manyMailboxes(50_000), []);
    const buffer = planJson(found);
    expect(buffer.length).toBeLessThan(400 * KIB);
    expect(parsePlanJson(buffer)?.plan.digest).toBe(found.plan.digest);
  });

  it("spend next to nothing on mirrored addresses", () => {
    const accounts = manyMailboxes(5000);
    const mirrored = stored(accounts, [], names(mirror("example.net"), mirror("example.org")), NAMES);
    expect(mirrored.lost.length).toBeGreaterThan(15_000);
    expect(planJson(mirrored).length).toBeLessThan(planJson(stored(accounts, [])).length + KIB);
  });

  it("leave out the changes that have no room, and then offer nothing to compare an approval with", () => {
    const random = (index: number): string => createHash("sha256").update(`${index}`).digest("hex");
    const accounts = Array.from({ length: 22_000 }, (_, index) => mailbox(`${random(index)}@example.com`));
    const buffer = planJson(stored(accounts, []));
    expect(buffer.length).toBeLessThan(KIB);
    expect(JSON.parse(gunzipSync(buffer).toString())).toMatchObject({ counts: { accountDeletes: 22_000 } });
    expect(parsePlanJson(buffer)).toBeUndefined();
  });

  const sound = JSON.parse(gunzipSync(planJson(stored([mailbox("a@example.com")], []))).toString()) as object;
  it.each<[what: string, data: Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["no gzip", Buffer.from("{}")],
    ["half of it", planJson(stored([mailbox("a@example.com")], [])).subarray(0, 60)],
    ["no JSON", gzipSync("{")],
    ["null", gzipSync("null")],
    ["another schema version", gzipSync(JSON.stringify({ ...sound, schemaVersion: 2 }))],
    ["no digest", gzipSync(JSON.stringify({ ...sound, digest: undefined }))],
    ["no mirrors", gzipSync(JSON.stringify({ ...sound, mirrors: "none" }))],
    ["no number of lost addresses", gzipSync(JSON.stringify({ ...sound, lostCount: "0" }))],
    ["groups that are none", gzipSync(JSON.stringify({ ...sound, groups: [7] }))],
    ["changes that its digest does not name", gzipSync(JSON.stringify({ ...sound, groups: [] }))],
    ["what unpacks to more than there is memory for", gzipSync(JSON.stringify(sound) + " ".repeat(65 * KIB * KIB))],
  ])("refuse %s", (_, data) => {
    expect(parsePlanJson(data)).toBeUndefined();
  });
});

/** A stored plan: what an approval is compared with comes back as it was shown, and anything else is none, at no cost. */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Account, Change, DomainNames } from "../../../src/recipients/model.ts";
import { anyAccounts, anyNames, mailbox, manyMailboxes, mirror, NAMES, names } from "./support/accounts.ts";
import {
  type ListedBaseline as Baseline,
  diff,
  type ListedStoredPlan,
  lostAddresses,
  planOf,
  readPlanFile,
  writePlanFile,
} from "./support/whole.ts";

const KIB = 1024;

const published = (accounts: readonly Account[], found: DomainNames = NAMES): Baseline => {
  return { kind: "accounts", accounts, names: found };
};

function stored(before: readonly Account[], after: readonly Account[], old = NAMES, now = NAMES): ListedStoredPlan {
  const [baseline, wish] = [published(before, old), { accounts: after, names: now }];
  const [plan, lost] = [diff(baseline, wish), lostAddresses(baseline, wish)];
  return { plan, mirrors: ["example.org"], lost, lostCount: lost.length, digest: plan.digest };
}

/** What an approval needs: accounts are not stored. */
const bare = ({ plan, ...rest }: ListedStoredPlan): ListedStoredPlan => ({
  ...rest,
  plan: { ...plan, changes: plan.changes.map(({ kind, address }): Change => ({ kind, address })) },
});

const linesOf = (file: Buffer): unknown[] =>
  gunzipSync(file)
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

describe("A plan file", () => {
  it("brings every plan back, with the addresses that would be lost", async () => {
    await fc.assert(
      fc.asyncProperty(anyAccounts, anyNames, anyAccounts, anyNames, async (before, old, after, now) => {
        const found = stored(before, after, old, now);
        expect(await readPlanFile(writePlanFile(found))).toEqual(bare(found));
      }),
    );
  });

  it("brings back the numbers where nobody knows which addresses go", async () => {
    const found = { ...stored([], [mailbox("a@example.com")]), lostCount: 7 };
    expect((await readPlanFile(writePlanFile(found)))?.lostCount).toBe(7);
  });

  it("can hold domains that are named like what every object has", async () => {
    const plan = planOf(["a@constructor", "a@__proto__"].map((address) => ({ kind: "accountDelete", address })));
    const found: ListedStoredPlan = { plan, mirrors: [], lost: ["a@__proto__"], lostCount: 1, digest: plan.digest };
    expect(await readPlanFile(writePlanFile(found))).toEqual(found);
  });

  it("has the same bytes for the same plan, whenever it is made", () => {
    const [a, b] = [mailbox("a@example.com"), mailbox("b@example.com", "c@example.com")];
    const once = writePlanFile(stored([a, b], []));
    expect(writePlanFile(stored([b, a], [])).equals(once)).toBe(true);
    // RFC 1952: bytes 4 to 7 are the time.
    expect([...once.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  });

  it("says what happens to whom, some local parts a line", () => {
    const found = stored([mailbox("a@example.com")], [], names(mirror("example.org")), names(mirror("example.org")));
    expect(linesOf(writePlanFile(found))).toEqual([
      {
        schemaVersion: 2,
        digest: found.digest,
        planDigest: found.plan.digest,
        counts: { accountAdds: 0, accountDeletes: 1, aliasAdds: 0, aliasDeletes: 0, total: 1 },
        mirrors: ["example.org"],
        lostCount: 2,
        whole: true,
      },
      {
        domains: [
          ["example.com", ["accountDelete", "lost"]],
          ["example.org", ["lost"]],
        ],
        locals: ["a"],
      },
    ]);
  });

  it("holds 50,000 removals beside plan.txt", async () => {
    const found = stored(manyMailboxes(50_000), []);
    const file = writePlanFile(found);
    expect(file.length).toBeLessThan(400 * KIB);
    expect((await readPlanFile(file))?.plan.digest).toBe(found.plan.digest);
  });

  it("spends next to nothing on mirrored addresses", () => {
    const accounts = manyMailboxes(5000);
    const mirrored = stored(accounts, [], names(mirror("example.net"), mirror("example.org")), NAMES);
    expect(mirrored.lost.length).toBeGreaterThan(15_000);
    expect(writePlanFile(mirrored).length).toBeLessThan(writePlanFile(stored(accounts, [])).length + KIB);
  });

  it("leaves out the changes that have no room, and then offers nothing to compare an approval with", async () => {
    const random = (index: number): string => createHash("sha256").update(`${index}`).digest("hex");
    const accounts = Array.from({ length: 22_000 }, (_, index) => mailbox(`${random(index)}@example.com`));
    const file = writePlanFile(stored(accounts, []));
    expect(file.length).toBeLessThan(KIB);
    expect(linesOf(file)).toMatchObject([{ counts: { accountDeletes: 22_000 }, whole: false }]);
    expect(await readPlanFile(file)).toBeUndefined();
  });

  const [head, group] = linesOf(writePlanFile(stored([mailbox("a@example.com")], []))) as [object, object];
  const file = (...lines: readonly unknown[]): Buffer =>
    gzipSync(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  const many = (count: number, make: (index: number) => string): string[] =>
    Array.from({ length: count }, (_, index) => make(index));

  it.each<[what: string, data: Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["no gzip", Buffer.from("{}")],
    ["half of it", writePlanFile(stored([mailbox("a@example.com")], [])).subarray(0, 60)],
    ["no JSON", file("{")],
    ["null", file(null)],
    ["a last line without its end", gzipSync(JSON.stringify(head))],
    ["another schema version", file({ ...head, schemaVersion: 1 }, group)],
    ["no digest", file({ ...head, digest: undefined }, group)],
    ["a digest of another alphabet", file({ ...head, digest: "$(reboot)" }, group)],
    ["no mirrors", file({ ...head, mirrors: "none" }, group)],
    ["a number below nothing", file({ ...head, lostCount: -1 }, group)],
    ["a group that is none", file(head, 7)],
    ["changes that its digest does not name", file(head)],
    ["60 MiB of empty objects (4)", file(head, `[${"{},".repeat(20 * KIB * KIB)}{}]`)],
    ["60 MiB of lines (4)", gzipSync(`${JSON.stringify(head)}\n${`${JSON.stringify(group)}\n`.repeat(900_000)}`)],
    ["60 MiB without a line (4)", gzipSync(" ".repeat(60 * KIB * KIB))],
    [
      "ten thousand domains times ten thousand local parts (4)",
      file(
        head,
        ...many(20, () =>
          JSON.stringify({
            domains: many(10_000, (i) => `d${i}`).map((d) => [d, ["accountDelete"]]),
            locals: many(500, (i) => `l${i}`),
          }),
        ),
      ),
    ],
  ])("that is %s is refused", async (_, data) => {
    expect(await readPlanFile(data)).toBeUndefined();
  });
});

/** The redo log: whatever stands, played on it gives what was to be published. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { INLINE_BYTES, type Journal, replayJournal, writeJournal } from "../../../src/publication/journal.ts";
import type { Account } from "../../../src/recipients/model.ts";
import { createRosterBuilder } from "../../../src/recipients/packed/roster.ts";
import { watched } from "../../support/slices.ts";
import { anyAccounts, mailbox, manyMailboxes } from "../recipients/support/accounts.ts";
import { packed } from "../recipients/support/whole.ts";

const { signal } = new AbortController();
const write = (before: readonly Account[] | undefined, after: readonly Account[], rewrite = false): Journal =>
  allSteps(writeJournal(before && packed(before), packed(after), rewrite));

/** What stands after the journal was played; undefined when it was refused. */
async function played(standing: readonly Account[], { pieces, sha256 }: Journal): Promise<Account[] | undefined> {
  const builder = createRosterBuilder();
  for (const account of standing) builder.put(account);
  if (!(await replayJournal(builder, pieces, sha256, signal))) return undefined;
  return [...allSteps(builder.finish())];
}

const sorted = (accounts: readonly Account[]): Account[] => [...packed(accounts)];

/** Ids from few, so that addresses change hands and objects their addresses. */
const anyList = fc
  .tuple(anyAccounts, fc.shuffledSubarray("pqrstuvwxyzabcdefghijklmnopqrstu".split(""), { minLength: 30 }))
  .map(([accounts, ids]) => accounts.map((account, index) => ({ ...account, id: `${ids[index]}${index % 7}` })));

describe("A journal", () => {
  it("leads from any list to any other, and from any mixture of the two", async () => {
    await fc.assert(
      fc.asyncProperty(anyList, anyList, fc.boolean(), async (before, after, rewrite) => {
        const journal = write(before, after, rewrite);
        expect(await played(after, journal)).toEqual(sorted(after));
        const unmoved = before.filter(({ id }) => !after.some((account) => account.id === id));
        expect(await played([...after, ...unmoved], journal)).toEqual(sorted(after));
        expect(await played(rewrite ? [] : before, journal)).toEqual(sorted(after));
      }),
      { numRuns: 200 },
    );
  });

  it("holds what changes, and nothing else", async () => {
    const before = [mailbox("a@example.com"), mailbox("b@example.com", "c@example.com"), mailbox("d@example.com")];
    const after = [mailbox("a@example.com"), mailbox("b@example.com")];
    expect(await played([], write(before, after))).toEqual([mailbox("b@example.com")]);
  });

  it("is cut into pieces where it is large, and refused when one of them is another", async () => {
    const many = manyMailboxes(60_000);
    const journal = write(undefined, many);
    expect(journal.pieces.length).toBeGreaterThan(1);
    expect(Math.max(...journal.pieces.map((piece) => piece.length))).toBeLessThanOrEqual(640 * 1024);
    expect(await played([], journal)).toEqual(sorted(many));
    const [first = Buffer.alloc(0), ...others] = journal.pieces;
    const damaged = Buffer.from(first);
    damaged[10] = (damaged[10] ?? 0) ^ 1;
    expect(await played([], { ...journal, pieces: [damaged, ...others] })).toBeUndefined();
    expect(await played([], { ...journal, pieces: others })).toBeUndefined();
  });

  it("without an end of a line is refused in time that grows with it, not with its square (4)", async () => {
    const refusedIn = async (mebibytes: number): Promise<number> => {
      const piece = gzipSync("x".repeat(mebibytes * 2 ** 20));
      const sha256 = `sha256:${createHash("sha256").update(piece).digest("hex")}`;
      const { result, totalMs } = await watched(() => played([], { pieces: [piece], sha256 }));
      expect(result).toBeUndefined();
      return totalMs;
    };
    await refusedIn(1);
    // Beyond what a line may have nothing is joined, nor unpacked: sixty times as much takes no longer.
    expect(await refusedIn(60)).toBeLessThan(100);
  });

  it("of 100,000 accounts, and of lines that are as long as any, keeps nobody waiting (4)", async () => {
    const aliases = Array.from({ length: 20_000 }, (_, index) => `a${index}@example.com`);
    const long = [0, 1, 2, 3].map((index) =>
      mailbox(`u${index}@example.com`, ...aliases.map((each) => `${index}${each}`)),
    );
    const journal = write(undefined, [...manyMailboxes(100_000), ...long]);
    const { result, longestMs } = await watched(() =>
      replayJournal(createRosterBuilder(), journal.pieces, journal.sha256, signal),
    );
    expect(result).toBe(true);
    expect(longestMs).toBeLessThan(50);
  });

  it("as large as any is read, and refused, without keeping anybody waiting (4)", async () => {
    const pieces = Array.from({ length: 100 }, () => Buffer.alloc(640 * 1024, "x"));
    const { result, longestMs } = await watched(() => played([], { pieces, sha256: "sha256:0" }));
    expect(result).toBeUndefined();
    expect(longestMs).toBeLessThan(50);
  });

  it("stays in one piece where it is small", () => {
    const { pieces } = write([], manyMailboxes(100));
    expect(pieces).toHaveLength(1);
    expect(pieces[0]?.length).toBeLessThanOrEqual(INLINE_BYTES);
  });
});

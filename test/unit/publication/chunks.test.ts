import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Account } from "../../../src/recipients/model.ts";
import { anyAccounts, mailbox, manyMailboxes } from "../recipients/support/accounts.ts";
import { chunkAccounts, parseAccounts } from "../recipients/support/whole.ts";

const KIB = 1024;

const byAddress = (a: Account, b: Account): number => (a.address < b.address ? -1 : 1);
/** About 125 bytes an account: one chunk holds some 4,900. */
const MANY = manyMailboxes(16_000);

/** As many of them as fill `kib` KiB. */
const filling = (kib: number): Account[] => {
  const all = MANY.map((account) => JSON.stringify(account).length + 1);
  let left = kib * KIB;
  return MANY.filter((_, index) => {
    left -= all[index] ?? 0;
    return left >= 0;
  });
};

const biggest = (chunks: readonly string[]): number => Math.max(...chunks.map((chunk) => Buffer.byteLength(chunk)));

const readAll = (chunks: readonly string[]): Account[] =>
  chunks.flatMap((chunk) => parseAccounts(chunk) ?? expect.fail("a chunk cannot be read")).sort(byAddress);

describe("chunkAccounts", () => {
  it("writes a line an account, sorted by address, with its four fields in order", () => {
    const accounts = [mailbox("b@example.com"), { ...mailbox("a@example.com", "c@example.com"), extra: 1 }];
    expect(chunkAccounts(accounts)).toEqual([
      `{"id":"id-of-a@example.com","address":"a@example.com","type":"mailbox","aliases":["c@example.com"]}\n` +
        `{"id":"id-of-b@example.com","address":"b@example.com","type":"mailbox","aliases":[]}\n`,
    ]);
  });

  it("keeps one chunk, an empty string, when there is no account", () => {
    expect(chunkAccounts([])).toEqual([""]);
    expect(parseAccounts("")).toEqual([]);
  });

  it("gives the same bytes in whatever order the accounts come, and reads back what was written", () => {
    fc.assert(
      fc.property(anyAccounts, fc.constantFrom(1, 2, 4), (accounts, count) => {
        const chunks = chunkAccounts(accounts, count);
        expect(chunkAccounts(accounts.toReversed(), count)).toEqual(chunks);
        expect(readAll(chunks)).toEqual([...accounts].sort(byAddress));
      }),
    );
  });

  it("takes as many chunks, a power of two, as keep each at 600 KiB", () => {
    const chunks = chunkAccounts(MANY);
    expect(chunks).toHaveLength(4);
    expect(biggest(chunks)).toBeLessThanOrEqual(600 * KIB);
    expect(readAll(chunks)).toHaveLength(MANY.length);
  });

  it.each<[what: string, change: (account: Account) => Account[]]>([
    ["is gone", () => []],
    ["gets another primary address", (account) => [{ ...account, address: "anna@example.com" }]],
    ["gets yet another one", (account) => [{ ...account, address: "ben@example.com" }]],
    ["gets a third one", (account) => [{ ...account, address: "carla@example.com" }]],
    ["gets an alias", (account) => [{ ...account, aliases: ["zzz@example.com"] }]],
  ])("changes one chunk when one account %s", (_, change) => {
    const changed = MANY.flatMap((account, index) => (index === 7777 ? change(account) : [account]));
    const [before, after] = [chunkAccounts(MANY, 4), chunkAccounts(changed, 4)];
    expect(after.filter((chunk, index) => chunk !== before[index])).toHaveLength(1);
  });

  it.each([
    { kib: 590, previous: 1, count: 1 },
    { kib: 620, previous: 1, count: 2 },
    { kib: 590, previous: 2, count: 2 },
    { kib: 170, previous: 2, count: 2 },
    { kib: 150, previous: 2, count: 1 },
    { kib: 150, previous: 8, count: 1 },
    { kib: 1000, previous: 8, count: 8 },
    { kib: 1500, previous: 2, count: 4 },
  ])("with $kib KiB and $previous chunks before makes $count", ({ kib, previous, count }) => {
    expect(chunkAccounts(filling(kib), previous)).toHaveLength(count);
  });

  it("settles: what one call chose, the next one keeps", () => {
    for (const kib of [0, 150, 170, 620]) {
      for (const previous of [1, 2, 8]) {
        const count = chunkAccounts(filling(kib), previous).length;
        expect(chunkAccounts(filling(kib), count)).toHaveLength(count);
      }
    }
  });
});

describe("parseAccounts", () => {
  const line = `{"id":"1","address":"a@example.com","type":"mailbox","aliases":[]}`;
  it.each([
    ["a line that was cut", `${line}\n${line.slice(0, -5)}\n`],
    ["a last line without its end", line],
    ["an empty line", `${line}\n\n`],
    ["another type", `${line.replace("mailbox", "robot")}\n`],
    ["a missing id", `${line.replace('"id":"1",', "")}\n`],
    ["an address that is no text", `${line.replace('"a@example.com"', "7")}\n`],
    ["aliases that are no texts", `${line.replace("[]", "[1]")}\n`],
    ["no aliases", `${line.replace(',"aliases":[]', "")}\n`],
    ["null", "null\n"],
    ["a list", "[]\n"],
  ])("refuses %s", (_, text) => {
    expect(parseAccounts(text)).toBeUndefined();
  });
});

/** Every reader of our own files, with whatever somebody may write there: an answer each time, soon, and never an exception. */
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseInPieces } from "../../../src/base/bounded-json.ts";
import { inSlices } from "../../../src/base/slices.ts";
import { allSteps } from "../../../src/base/steps.ts";
import { parseAccounts } from "../../../src/publication/chunks.ts";
import { historyData, parseHistory } from "../../../src/publication/history-file.ts";
import { replayJournal, writeJournal } from "../../../src/publication/journal.ts";
import { parseManifest } from "../../../src/publication/read-manifest.ts";
import { accountLine } from "../../../src/recipients/account-line.ts";
import { planOf } from "../../../src/recipients/diff.ts";
import { createAddressSet } from "../../../src/recipients/packed/address-set.ts";
import { createRosterBuilder, rosterOf } from "../../../src/recipients/packed/roster.ts";
import { readPlanFile, writePlanFile } from "../../../src/recipients/plan-file.ts";
import { sha256 } from "../../../src/recipients/revision.ts";
import { mutatedPacked, mutatedText, packedBombs } from "../../support/nasty.ts";
import { createRandom } from "../../support/random.ts";
import { MANIFEST_TEXT, RECORD } from "../../unit/publication/support/files.ts";
import { mailbox } from "../../unit/recipients/support/accounts.ts";

const MINUTES = process.env["CI_DEPTH"] === "full" ? 15 : 1 / 3;
/** By the processor's clock, a turn of the garbage collector included. */
const LONGEST_MS = 200;

const signal = new AbortController().signal;
const accounts = Array.from({ length: 200 }, (_, index) => mailbox(`u${index}@example.com`, `a${index}@example.com`));
const roster = allSteps(rosterOf(accounts));
const journal = gunzipSync(Buffer.concat(allSteps(writeJournal(undefined, roster, true)).pieces)).toString();
const plan = allSteps(planOf(accounts.map(({ address }) => ({ kind: "accountDelete", address }))));
const lost = createAddressSet();
for (const { address } of accounts) lost.add(address);
const stored = gunzipSync(
  allSteps(writePlanFile({ plan, mirrors: [], lost, lostCount: lost.size, digest: plan.digest })),
).toString();
const bombs = packedBombs();

const numbersIn = (value: unknown): number[] =>
  typeof value === "number"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : [];
/** Whatever is believed holds no number that could size or lift anything. */
const expectSound = (value: unknown): void => {
  for (const number of numbersIn(value)) expect(number >= 0 && number <= 100_000_000).toBe(true);
};

type Reader = (random: () => number) => unknown;
const READERS: Readonly<Record<string, Reader>> = {
  manifest: (random) => {
    const read = parseManifest(mutatedText(MANIFEST_TEXT, random));
    if (read.kind === "ok") expectSound(read.manifest);
  },
  history: (random) => {
    const records = parseHistory(mutatedText(historyData([RECORD, RECORD])["history.json"] ?? "", random));
    expectSound(records);
    historyData(records);
  },
  accounts: (random) =>
    inSlices(parseAccounts(mutatedText(`${accounts.map(accountLine).join("\n")}\n`, random)), signal),
  journal: async (random) => {
    const packed = mutatedPacked(journal, random, bombs);
    const builder = createRosterBuilder();
    await replayJournal(builder, [packed], sha256(packed));
    await inSlices(builder.finish(), signal);
  },
  plan: (random) => readPlanFile(mutatedPacked(stored, random, bombs), signal),
  "page of the directory": (random) => {
    const page = JSON.stringify({ value: accounts, "@odata.nextLink": "x" });
    return inSlices(parseInPieces(mutatedText(page, random), { characters: 1e7, values: 1e5, depth: 32 }), signal);
  },
};

describe("A fuzz of the reader of", { timeout: (MINUTES + 2) * 60_000 }, () => {
  it.each(Object.entries(READERS))("the %s is answered each time, and soon", async (_, read) => {
    const random = createRandom(19);
    const until = performance.now() + (MINUTES * 60_000) / Object.keys(READERS).length;
    let [rounds, longest, last] = [0, 0, process.cpuUsage()];
    const watch = (): void => {
      const { user, system } = process.cpuUsage(last);
      longest = Math.max(longest, (user + system) / 1000);
      last = process.cpuUsage();
      if (performance.now() < until) setImmediate(watch);
    };
    watch();
    while (performance.now() < until) {
      await read(random);
      await new Promise((resolve) => setImmediate(resolve));
      rounds++;
    }
    expect(rounds).toBeGreaterThan(10);
    // Unpacking runs on other threads of the process, whose time this clock counts too.
    expect(longest).toBeLessThan(2 * LONGEST_MS);
  });
});

/** Every reader of our own files and status, with whatever somebody may write there: an answer each time, soon, and never an exception. */
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseInPieces } from "../../../src/base/bounded-json.ts";
import { Failure } from "../../../src/base/failure.ts";
import { inSlices } from "../../../src/base/slices.ts";
import { allSteps } from "../../../src/base/steps.ts";
import { UnzipError } from "../../../src/base/unzip.ts";
import { choosePair } from "../../../src/directory/entra/pem.ts";
import { shapeOf } from "../../../src/directory/entra/secret-shape.ts";
import { toObject } from "../../../src/directory/graph/objects.ts";
import { changesOf, INDEX_KEY, packRun, parseChanges, withRun } from "../../../src/publication/changes-file.ts";
import { parseAccounts } from "../../../src/publication/chunks.ts";
import { historyData, parseHistory } from "../../../src/publication/history-file.ts";
import { replayJournal, writeJournal } from "../../../src/publication/journal.ts";
import { parseLeftOut, renderLeftOut } from "../../../src/publication/left-out-file.ts";
import { parseManifest } from "../../../src/publication/read-manifest.ts";
import { accountLine } from "../../../src/recipients/account-line.ts";
import { readAddressList } from "../../../src/recipients/address-list.ts";
import { createDeriver } from "../../../src/recipients/derive.ts";
import { planOf } from "../../../src/recipients/diff.ts";
import { createAddressSet } from "../../../src/recipients/packed/address-set.ts";
import { createRosterBuilder, rosterOf } from "../../../src/recipients/packed/roster.ts";
import { readPlanFile, writePlanFile } from "../../../src/recipients/plan-file.ts";
import { sha256 } from "../../../src/recipients/revision.ts";
import { FORMAT_NAMES } from "../../../src/recipients/tables/formats/formats.ts";
import { parseTables, prepareTables, renderShard } from "../../../src/recipients/tables/render.ts";
import { renderRelayDomains, routedIn } from "../../../src/recipients/tables/routing.ts";
import { readDomainStatus, readSyncStatus } from "../../support/hostile/status-readers.ts";
import { mutated, mutatedPacked, mutatedText, packedBombs } from "../../support/nasty.ts";
import { createRandom } from "../../support/random.ts";
import { watched } from "../../support/slices.ts";
import { MANIFEST_TEXT, RECORD } from "../../unit/publication/support/files.ts";
import { mailbox, NAMES } from "../../unit/recipients/support/accounts.ts";

const MINUTES = process.env["CI_DEPTH"] === "full" ? 60 : 1;
/** Of this thread, a turn of the garbage collector included. */
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

const packedRun = allSteps(packRun(plan, "run-1", "2026-01-01T00:00:00.000Z"));
const changesText = gunzipSync(Buffer.from(packedRun.value, "base64")).toString();
const written = withRun(new Map(), packedRun);
const DOMAINS: ReadonlySet<string> = new Set(["example.com"]);
const LIST = accounts.map(({ address }) => `${address} OK`).join("\n");
/** As much as a ConfigMap can hold. */
const full = (piece: string): string => piece.repeat(Math.floor((1024 * 1024) / piece.length));
const LIST_BOMBS = ["@,", "a@b,", "u@example.com,", "a@\u00fc.de,", "\n", ",", "smtp:", "@example.com\n"].map(full);
const tables = allSteps(prepareTables(roster, NAMES));
const shard = allSteps(renderShard(tables, { formats: FORMAT_NAMES, shards: 1 }, 0));
const ROUTING = renderRelayDomains(Array.from({ length: 60 }, (_, index) => `m${index}.example`));
const ROUTING_BOMBS = ["a\n", "\n", "a b\n", "-\n", " "].map(full);
ROUTING_BOMBS.push(Array.from({ length: 90_000 }, (_, index) => `x${index}.ex`).join("\n"));
const PEM = ["CERTIFICATE", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "X"].map(
  (label) => `-----BEGIN ${label}-----\n${"MIIB".repeat(300)}\n-----END ${label}-----\n`,
);
const PEM_BOMBS = ["-----BEGIN A-----", "-----BEGIN ", "-----END A-----\n", " \t", "\\n", PEM[0] ?? ""].map(full);
PEM_BOMBS.push(`x${" ".repeat(500_000)}x`);
const pemOf = (random: () => number): string =>
  random() < 0.1 ? pick(random, PEM_BOMBS) : mutatedText(pick(random, PEM) + pick(random, PEM), random);
const CLIENT_SECRET = "aBc8Q~xyzXYZ0123456789-_.abcdefghijklmno";
const SECRET_BOMBS = ["A", "secret", "_secret:", '"', "\u2022", "0-", " "].map(full);
const LEFT_OUT = renderLeftOut({
  entries: accounts.map(({ address }) => ({ address, object: "1", reason: "conflict", keptBy: "2" })),
  more: 7,
});
const entryOf = ({ address, aliases }: (typeof accounts)[number], index: number) => ({
  id: String(index),
  mail: address,
  proxyAddresses: [`SMTP:${address}`, ...aliases.map((alias) => `smtp:${alias}`)],
});
const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

async function drained(found: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of found);
  } catch (error) {
    if (!(error instanceof UnzipError)) throw error;
  }
}

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
    await replayJournal(builder, [packed], sha256(packed), signal);
    await inSlices(builder.finish(), signal);
  },
  plan: (random) => readPlanFile(mutatedPacked(stored, random, bombs), signal),
  changes: async (random) => {
    const index = mutatedText(written.data[INDEX_KEY] ?? "", random);
    const binaryData = { [packedRun.entry.key]: mutatedPacked(changesText, random, bombs).toString("base64") };
    const map = parseChanges(
      random() < 0.5 ? { data: { [INDEX_KEY]: index }, binaryData } : { ...written, binaryData },
    );
    if (map === undefined) return;
    expect(map.sequence >= 0 && map.sequence <= 100_000_000).toBe(true);
    for (const run of map.runs) await drained(changesOf(map, run));
  },
  "left-out list": (random) => {
    const leftOut = parseLeftOut(mutatedText(LEFT_OUT, random));
    if (leftOut === undefined) return;
    expectSound(leftOut);
    expect(renderLeftOut(leftOut).length).toBeLessThan(1024 * 1024);
  },
  "list of baselineRef": async (random) => {
    const text = random() < 0.03 ? pick(random, LIST_BOMBS) : mutatedText(LIST, random);
    const list = await inSlices(readAddressList(Buffer.from(text), DOMAINS), signal);
    // Of other people's ConfigMaps nothing but addresses of these domains is ever shown.
    if (list.kind === "list")
      expect(list.addresses.every((address) => DOMAINS.has(address.split("@")[1] ?? ""))).toBe(true);
  },
  "objects of the directory": async (random) => {
    const page = mutated({ entries: accounts.slice(0, 20).map(entryOf) }, random) as { entries?: unknown } | null;
    const { entries } = page ?? {};
    const deriver = createDeriver({ names: NAMES, excludeRecords: ["*[!~]*x*", "a*"], staticRecipients: [] });
    for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
      try {
        deriver.add(toObject("listing users", "users", entry));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }
    const { accounts: found } = await inSlices(deriver.finish(), signal);
    for (const { address } of found) expect(address).toMatch(/^[!-~]{1,64}@[a-z0-9.-]+$/);
  },
  "tables that stand": async (random) => {
    const data = Object.fromEntries(Object.entries(shard.data).map(([key, text]) => [key, mutatedText(text, random)]));
    const binaryData = Object.fromEntries(
      Object.entries(shard.binaryData)
        .map(([key, value]) => {
          const bytes = Buffer.from(value, "base64");
          for (let each = 0; each < 8; each++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
          return [key, bytes.subarray(0, random() < 0.3 ? Math.floor(random() * bytes.length) : undefined)];
        })
        .map(([key, bytes]) => [key, (bytes as Buffer).toString("base64")]),
    );
    for (const address of await inSlices(parseTables({ data, binaryData }), signal))
      expect(address).toMatch(/^[!-~]{1,64}@[a-z0-9.-]+$/);
  },
  "routing of a domain": (random) => {
    const text = random() < 0.05 ? pick(random, ROUTING_BOMBS) : mutatedText(ROUTING, random);
    const names = routedIn(text, ["example.com"]);
    expect(names.length).toBeLessThan(1100);
    for (const name of names) expect(name).toMatch(/^[a-z0-9.-]{1,253}$/);
  },
  "certificate and key of a Secret": (random) => {
    const [certificate, privateKey] = [pemOf(random), pemOf(random)];
    const { kind } = choosePair({ certificate, privateKey });
    expect(["unreadable", "notRsa", "strangers"]).toContain(kind);
  },
  "client secret of a Secret": (random) => {
    const told = shapeOf(random() < 0.1 ? pick(random, SECRET_BOMBS) : mutatedText(CLIENT_SECRET, random));
    // What is told of it holds nothing of it.
    expect(told ?? "").not.toContain(CLIENT_SECRET.slice(0, 8));
  },
  "status of an O365Sync": readSyncStatus,
  "status of a MailDomain": readDomainStatus,
  "page of the directory": (random) => {
    const page = JSON.stringify({ value: accounts, "@odata.nextLink": "x" });
    return inSlices(parseInPieces(mutatedText(page, random), { characters: 1e7, values: 1e5, depth: 32 }), signal);
  },
};

describe("A fuzz of the reader of", { timeout: (MINUTES + 2) * 60_000 }, () => {
  it.each(Object.entries(READERS))("the %s is answered each time, and soon", async (_, read) => {
    const random = createRandom(19);
    const until = performance.now() + (MINUTES * 60_000) / Object.keys(READERS).length;
    let rounds = 0;
    const { longestMs } = await watched(async () => {
      // A machine that others use too may not get far in the time.
      while (performance.now() < until || rounds <= 10) {
        await read(random);
        await new Promise((resolve) => setImmediate(resolve));
        rounds++;
      }
    });
    expect(rounds).toBeGreaterThan(10);
    expect(longestMs).toBeLessThan(LONGEST_MS);
  });
});

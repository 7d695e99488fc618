import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Account, DomainNames } from "../../../../src/recipients/model.ts";
import type { Format, OutputOptions } from "../../../../src/recipients/tables/formats/formats.ts";
import { FORMATS } from "../../../../src/recipients/tables/formats/formats.ts";
import { capacityOf, type RenderedShard } from "../../../../src/recipients/tables/render.ts";
import { shardOf } from "../../../../src/recipients/tables/shards.ts";
import { anyAccounts, anyNames, directory, mailbox, manyMailboxes, mirror, NAMES, names } from "../support/accounts.ts";
import { readCdb } from "../support/read-cdb.ts";
import { acceptedAddresses, checkTables, type Rendered, render, writeCdb } from "../support/whole.ts";

const ALL: readonly Format[] = ["postfix", "cdb", "addresses", "aliases"];
const anyShards = fc.constantFrom(1, 2, 4, 8, 128);

const linesOf = (text: string | undefined): string[] => (text ?? "").split("\n").slice(0, -1);

/** The lines of one table over all shards; the fillers of empty shards left out. */
function lines(rendered: Rendered, format: Exclude<Format, "cdb">): string[] {
  return rendered.tables
    .flatMap(({ data }) => linesOf(data[FORMATS[format].key]))
    .filter((line) => !line.startsWith("nobody@empty-shard-"))
    .sort();
}

const table = (accounts: readonly Account[], found: DomainNames, format: Exclude<Format, "cdb">): string[] =>
  lines(render(accounts, found, { formats: [format], shards: 1 }), format);

describe("acceptedAddresses", () => {
  it("holds accounts, aliases, postmaster and abuse, and nothing else", () => {
    expect([...acceptedAddresses([mailbox("a@example.com", "b@example.com")], NAMES)]).toEqual([
      "a@example.com",
      "abuse@example.com",
      "b@example.com",
      "postmaster@example.com",
    ]);
  });

  it("repeats the domain at Mirror domains only, and has postmaster and abuse at both kinds", () => {
    const found = acceptedAddresses([mailbox("a@example.com")], names(directory("example.net"), mirror("example.org")));
    expect([...found].filter((address) => !address.endsWith("@example.com"))).toEqual([
      "a@example.org",
      "abuse@example.net",
      "abuse@example.org",
      "postmaster@example.net",
      "postmaster@example.org",
    ]);
  });

  it("repeats no address of another alias domain", () => {
    const found = acceptedAddresses([mailbox("a@example.net")], names(directory("example.net"), mirror("example.org")));
    expect(found.has("a@example.net")).toBe(true);
    expect(found.has("a@example.org")).toBe(false);
  });
});

describe("render", () => {
  it("writes each format as its readers expect it", () => {
    const rendered = render([mailbox("b@example.com", "a@example.com")], NAMES, { formats: ALL, shards: 1 });
    const [shard] = rendered.tables;
    expect(shard?.data).toEqual({
      relay_recipients: "a@example.com OK\nabuse@example.com OK\nb@example.com OK\npostmaster@example.com OK\n",
      "recipients.map": "a@example.com\nabuse@example.com\nb@example.com\npostmaster@example.com\n",
      virtual_aliases: "a@example.com b@example.com\n",
    });
    const database = Buffer.from(shard?.binaryData["relay_recipients.cdb"] ?? "", "base64");
    expect(readCdb(database, "a@example.com")).toBe("OK");
    expect(readCdb(database, "c@example.com")).toBeUndefined();
    expect(rendered).toMatchObject({ addresses: 4, leftOut: {}, tables: [{ index: 0, addresses: 4 }] });
  });

  it("renders nothing without formats, and still counts", () => {
    expect(render([], NAMES, { formats: [], shards: 4 })).toEqual({ tables: [], leftOut: {}, addresses: 2 });
  });

  it("maps a mirrored address to the primary of its account", () => {
    const accounts = [mailbox("a@example.com", "b@example.com")];
    expect(table(accounts, names(mirror("example.org")), "aliases")).toEqual([
      "a@example.org a@example.com",
      "b@example.com a@example.com",
      "b@example.org a@example.com",
    ]);
  });

  it("lets an address that exists go before its mirrored copy", () => {
    const accounts = [mailbox("a@example.com"), mailbox("c@example.com", "a@example.org")];
    expect(table(accounts, names(mirror("example.org")), "aliases")).toEqual([
      "a@example.org c@example.com",
      "c@example.org c@example.com",
    ]);
  });

  it("gives postmaster to the account that has it", () => {
    const accounts = [mailbox("a@example.com", "postmaster@example.com")];
    expect(table(accounts, names(mirror("example.org")), "aliases")).toContain("postmaster@example.org a@example.com");
    expect(table(accounts, NAMES, "postfix").filter((line) => line.startsWith("postmaster@"))).toHaveLength(1);
  });

  it.each<[local: string, formats: string[]]>([
    ["#a", ["cdb"]],
    ["a#b", ["postfix", "cdb"]],
    ["/a", ["postfix", "cdb"]],
    ["a/b", ["postfix", "cdb", "addresses"]],
    ["a,b", ["postfix", "cdb", "addresses"]],
    ["o'neil+x", ["postfix", "cdb", "addresses"]],
  ])("writes %s@… only where it can be read: %j", (local, formats) => {
    const address = `${local}@example.com`;
    const rendered = render([mailbox(address)], NAMES, { formats: ALL, shards: 1 });
    const [shard] = rendered.tables;
    const database = Buffer.from(shard?.binaryData[FORMATS.cdb.key] ?? "", "base64");
    const found = ALL.filter((format) =>
      format === "cdb"
        ? readCdb(database, address) === "OK"
        : linesOf(shard?.data[FORMATS[format].key]).some((line) => line.startsWith(address)),
    );
    expect(found).toEqual(formats);
    // A primary needs no line among the aliases, so nothing is missing there.
    const missing = ALL.filter((format) => format !== "aliases" && !formats.includes(format));
    expect(rendered.leftOut).toEqual(Object.fromEntries(missing.map((format) => [format, 1])));
  });

  it.each([",", ":", ";", "(", ")", "<", ">", "[", "]", "\\", "@"])(
    "rewrites no alias to a primary with %s, which Postfix would read as more than one address",
    (special) => {
      const accounts = [mailbox(`a${special}b@example.com`, "c@example.com")];
      const rendered = render(accounts, NAMES, { formats: ["aliases", "postfix"], shards: 1 });
      expect(lines(rendered, "aliases")).toEqual([]);
      expect(lines(rendered, "postfix")).toContain("c@example.com OK");
      expect(rendered.leftOut).toEqual({ aliases: 1 });
    },
  );

  it("leaves no file empty: what no shard has is below .invalid, another name in each shard", () => {
    const { tables } = render([], NAMES, { formats: ALL, shards: 128 });
    const empty = tables.filter(({ addresses }) => addresses === 0);
    expect(empty.length).toBeGreaterThan(100);
    for (const { index, data, binaryData } of empty) {
      const filler = `nobody@empty-shard-${index}.invalid`;
      expect(data).toEqual({
        relay_recipients: `${filler} OK\n`,
        "recipients.map": `${filler}\n`,
        virtual_aliases: `${filler} nobody@invalid\n`,
      });
      expect(readCdb(Buffer.from(binaryData[FORMATS.cdb.key] ?? "", "base64"), filler)).toBe("OK");
    }
  });

  it("gives the same bytes in whatever order accounts, alias domains and formats come", () => {
    fc.assert(
      fc.property(anyAccounts, anyNames, anyShards, (accounts, found, shards) => {
        const turned = { ...found, aliasDomains: found.aliasDomains.toReversed() };
        const once = render(accounts, found, { formats: ALL, shards });
        const again = render(accounts.toReversed(), turned, { formats: ALL.toReversed(), shards });
        expect(JSON.stringify(again)).toBe(JSON.stringify(once));
      }),
      { numRuns: 50 },
    );
  });

  it("puts every accepted address into exactly the shard that it names, and passes its own check", () => {
    fc.assert(
      fc.property(anyAccounts, anyNames, anyShards, (accounts, found, shards) => {
        const rendered = render(accounts, found, { formats: ALL, shards });
        checkTables(rendered);
        for (const { index, data } of rendered.tables) {
          const found = linesOf(data[FORMATS.postfix.key]).map((line) => line.slice(0, -" OK".length));
          const own = found.filter((address) => !address.endsWith(".invalid"));
          expect(own.map((address) => shardOf(address, shards))).toEqual(own.map(() => index));
        }
        const carried = lines(rendered, "postfix").map((line) => line.slice(0, -" OK".length));
        const expected = [...acceptedAddresses(accounts, found)].filter((address) => !address.startsWith("#"));
        expect(carried).toEqual(expected);
        expect(rendered.leftOut.postfix ?? 0).toBe(rendered.addresses - carried.length);
        expect(rendered.tables.reduce((sum, { addresses }) => sum + addresses, 0)).toBe(rendered.addresses);
      }),
      { numRuns: 50 },
    );
  });

  it("maps each alias to an address that is accepted itself", () => {
    fc.assert(
      fc.property(anyAccounts, anyNames, (accounts, found) => {
        const accepted = acceptedAddresses(accounts, found);
        for (const line of table(accounts, found, "aliases")) {
          const [alias = "", target = ""] = line.split(" ");
          expect([accepted.has(alias), accepted.has(target), alias === target]).toEqual([true, true, false]);
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Tables of one format, one string a shard. */
function shardsOf(...texts: readonly string[]): Rendered {
  return {
    tables: texts.map((text, index) => shard({ index, data: { relay_recipients: text } })),
    leftOut: {},
    addresses: 0,
  };
}

const shard = (changes: Partial<RenderedShard>): RenderedShard => ({
  index: 0,
  addresses: 0,
  bytes: 0,
  data: {},
  binaryData: {},
  ...changes,
});

describe("checkTables", () => {
  it.each<[what: string, texts: string[], error: RegExp]>([
    ["an empty file", [""], /is empty/],
    ["an empty line", ["\n"], /bad line/],
    ["a last line without its end", ["a@example.com OK"], /does not end with a newline/],
    ["lines out of order", ["b@example.com OK\na@example.com OK\n"], /not sorted/],
    ["an address twice in a shard", ["a@example.com OK\na@example.com OK\n"], /twice/],
    ["an address in two shards", ["a@example.com OK\n", "a@example.com OK\n"], /another shard/],
    ["upper case", ["A@example.com OK\n"], /bad line/],
    ["a key without a value", ["a@example.com\n"], /bad line/],
    ["a value that is a blank", ["a@example.com \n"], /bad line/],
    ["a comment", ["#a@example.com OK\n"], /bad line/],
  ])("refuses %s", (_, texts, error) => {
    expect(() => checkTables(shardsOf(...texts))).toThrow(error);
  });

  it("names no address", () => {
    expect(() => checkTables(shardsOf("b@example.com OK\na@example.com OK\n"))).toThrow(/^[^@]*$/);
  });

  const database = (...keys: readonly string[]): Buffer => writeCdb(keys.map((key) => [key, "OK"] as const));
  const whole = database("a@example.com", "b@example.com");

  it.each<[what: string, shards: Buffer[], error: RegExp]>([
    ["without records", [database()], /is empty/],
    ["that is no file at all", [Buffer.alloc(0)], /no constant database/],
    ["that is cut off", [whole.subarray(0, 2060)], /no constant database/],
    ["with an address twice", [database("a@example.com", "a@example.com")], /twice/],
    ["with an address in two shards", [database("a@example.com"), database("a@example.com")], /another shard/],
    ["with upper case", [database("A@example.com")], /bad line/],
    ["with an empty key", [database("")], /bad line/],
    ["with an empty value", [writeCdb([["a@example.com", ""]])], /bad line/],
  ])("refuses a database %s", (_, shards, error) => {
    const tables = shards.map((bytes, index) =>
      shard({ index, binaryData: { "relay_recipients.cdb": bytes.toString("base64") } }),
    );
    expect(() => checkTables({ tables })).toThrow(error);
  });

  it("takes a database that is whole, with a key that a text table could not hold", () => {
    const tables = [shard({ binaryData: { "relay_recipients.cdb": database("#a@example.com").toString("base64") } })];
    expect(() => checkTables({ tables })).not.toThrow();
  });
});

describe("capacityOf", () => {
  const KIB = 1024;
  const sized = (...bytes: readonly number[]): Rendered => ({
    tables: bytes.map((each, index) => shard({ index, bytes: each })),
    leftOut: {},
    addresses: 0,
  });

  it.each([
    ["nothing", [], { ok: true, warn: false, suggestedShards: 1 }],
    ["70 %", [630 * KIB], { ok: true, warn: false, suggestedShards: 1 }],
    ["a byte more than 70 %", [630 * KIB + 1], { ok: true, warn: true, suggestedShards: 2 }],
    ["the limit", [900 * KIB], { ok: true, warn: true, suggestedShards: 2 }],
    ["a byte more than the limit", [900 * KIB + 1], { ok: false, warn: true, suggestedShards: 4 }],
    ["one full shard beside an empty one", [800 * KIB, 10 * KIB], { ok: true, warn: true, suggestedShards: 4 }],
    ["what 128 shards just hold", [128 * 450 * KIB], { ok: false, warn: true, suggestedShards: 128 }],
    ["more than 128 shards hold", [128 * 450 * KIB + 1], { ok: false, warn: true, suggestedShards: undefined }],
    [
      "128 shards of which one is crowded",
      Array.from({ length: 128 }, (_, index) => (index === 0 ? 700 : 1) * KIB),
      { ok: true, warn: true, suggestedShards: undefined },
    ],
  ])("judges %s", (_, bytes, expected) => {
    expect(capacityOf(sized(...bytes).tables)).toEqual({ ...expected, biggestBytes: Math.max(0, ...bytes) });
  });

  it("counts keys, text, and binaryData as base64", () => {
    const [found] = render([mailbox("a@example.com")], NAMES, { formats: ["postfix", "cdb"], shards: 1 }).tables;
    const text = "a@example.com OK\nabuse@example.com OK\npostmaster@example.com OK\n";
    const records = 3 * (8 + "OK".length + 16) + "a@example.comabuse@example.compostmaster@example.com".length;
    const database = Math.ceil((2048 + records) / 3) * 4;
    expect(found?.bytes).toBe("relay_recipients".length + text.length + "relay_recipients.cdb".length + database);
  });

  it("suggests shards that do, for 100,000 addresses, within seconds of computing", { timeout: 120_000 }, () => {
    const accounts = manyMailboxes(100_000);
    const output: OutputOptions = { formats: ALL, shards: 1 };
    const { ok, suggestedShards } = capacityOf(render(accounts, NAMES, output).tables);
    expect([ok, suggestedShards]).toEqual([false, 32]);
    const started = process.cpuUsage();
    const rendered = render(accounts, NAMES, { ...output, shards: suggestedShards ?? 1 });
    checkTables(rendered);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(8000);
    expect(capacityOf(rendered.tables)).toMatchObject({ ok: true, warn: false });
  });
});

/** Whatever a directory holds becomes tables that Postfix loads without a word, and databases that tinycdb would write. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DirectoryObject, DomainNames } from "../../../src/recipients/model.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { type Bench, createBench } from "../../support/gateways/bench.ts";
import { lacks, program } from "../../support/gateways/programs.ts";
import { manyMailboxes } from "../../unit/recipients/support/accounts.ts";
import { checkTables, derive, type Rendered, render, writeCdb } from "../../unit/recipients/support/whole.ts";

const TEXT = { postfix: "relay_recipients", aliases: "virtual_aliases" } as const;
const ALL: readonly Format[] = ["postfix", "cdb", "addresses", "aliases"];

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench?.close());

describe.skipIf(lacks({ programs: ["cdb"] }))("Constant databases", () => {
  /** What tinycdb makes of the same entries. */
  function byTinycdb(entries: readonly (readonly [string, string])[]): Buffer {
    const records = entries.map(([key, value]) => `+${key.length},${value.length}:${key}->${value}\n`);
    const [input, output] = [join(bench.folder, "cdb.txt"), join(bench.folder, "cdb.cdb")];
    writeFileSync(input, `${records.join("")}\n`, "latin1");
    execFileSync(program("cdb"), ["-c", "-t", `${output}.tmp`, output, input]);
    return readFileSync(output);
  }
  const same = (entries: readonly (readonly [string, string])[]): boolean =>
    writeCdb(entries).equals(byTinycdb(entries));

  it.each([0, 1, 2, 255, 256, 257, 20_000])("of %i addresses are tinycdb's, byte for byte", (count) => {
    expect(same(manyMailboxes(count).map(({ address }) => [address, "OK"] as const))).toBe(true);
  });

  it("of any keys and values are tinycdb's, byte for byte, duplicates and empty ones too", () => {
    // The characters that an address can have; tinycdb's input counts bytes.
    const text = fc.stringMatching(/^[!-~]{0,40}$/);
    fc.assert(fc.property(fc.array(fc.tuple(text, text), { maxLength: 300 }), same), { numRuns: 40 });
  });
});

/** As wild as a directory can be: any characters, few enough local parts that they clash, long ones, and odd ones. */
const local = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "anna",
    "anna-maria",
    "postmaster",
    "ABUSE",
    "#hash",
    "/slash",
    "x#y",
    "o'neil",
    "p+q",
    "-d",
  ),
  fc.constantFrom(
    "a:b",
    "a,b",
    "a;b",
    "a@b",
    "(a)",
    "[a]",
    "<a>",
    "a\\b",
    ".a",
    "a.",
    "a..b",
    "a|b",
    "$a",
    "{a}",
    "*",
    "%",
  ),
  fc.string({ minLength: 1, maxLength: 70, unit: "binary" }),
  fc.stringMatching(/^[!-~]{1,64}$/),
);
const address = fc
  .tuple(local, fc.constantFrom("example.com", "Example.COM", "example.net", "example.org", "else.where", ""))
  .map(([name, domain]) => `${name}@${domain}`);
const proxy = fc
  .tuple(fc.constantFrom("SMTP:", "smtp:", "smtp: ", "SIP:", "X500:", ""), address, fc.constantFrom("", " ", "\n"))
  .map((parts) => parts.join(""));
const object = fc.record({
  id: fc.uuid(),
  source: fc.constantFrom("users" as const, "groups" as const, "contacts" as const),
  mail: fc.option(address),
  proxyAddresses: fc.array(proxy, { maxLength: 8 }),
});
const aliasDomains = fc.constantFrom<DomainNames["aliasDomains"][]>(
  [],
  [{ name: "example.net", recipients: "Directory" }],
  [
    { name: "example.net", recipients: "Mirror" },
    { name: "example.org", recipients: "Directory" },
  ],
);
const publication = fc.record({
  objects: fc.array(object, { maxLength: 25 }),
  aliasDomains,
  shards: fc.constantFrom(1, 2, 8),
});

function publish(objects: readonly DirectoryObject[], names: DomainNames, shards: number): Rendered {
  const { accounts } = derive(objects, { names, excludeRecords: [], staticRecipients: [] });
  const rendered = render(accounts, names, { formats: ALL, shards });
  checkTables(rendered);
  return rendered;
}

describe.skipIf(lacks({ programs: ["postmap"] }))("Tables for Postfix", () => {
  let runs = 0;
  const keysOf = (text = ""): string[] =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => line.slice(0, -" OK".length));

  /** An address that begins with # is a comment in a text, and a key in a cdb: of a shard only one of the two is empty. */
  const isFiller = (key: string): boolean => key.endsWith(".invalid");

  /** Postfix waits until a file has not changed for a while: a table is written as if it was old. */
  function write(file: string, content: string | Buffer): void {
    writeFileSync(file, content);
    utimesSync(file, 0, 0);
  }

  /** Loads every table in one process; answers what Postfix said of them, and what it found for the keys. */
  function load(tables: readonly string[], keys: readonly string[]): { said: string; found: string } {
    const config = join(bench.folder, "etc");
    mkdirSync(config, { recursive: true });
    write(join(config, "main.cf"), "compatibility_level = 3.6\n");
    const { stdout, stderr } = spawnSync(program("postmap"), ["-c", config, "-q", "-", ...tables], {
      // It opens every table, in turn, for a key that none of them holds.
      input: ["in.no@table.invalid", ...keys].map((key) => `${key}\n`).join(""),
      encoding: "latin1",
    });
    return { said: stderr, found: stdout };
  }

  it("load without a warning, whatever the directory holds, and hold every address", () => {
    fc.assert(
      fc.property(fc.array(publication, { minLength: 10, maxLength: 20 }), (publications) => {
        for (const type of ["texthash", "cdb"]) {
          const [tables, keys] = [[] as string[], new Set<string>()];
          for (const { objects, aliasDomains: names, shards } of publications) {
            const folder = join(bench.folder, String(runs++));
            mkdirSync(folder);
            const rendered = publish(objects, { domain: "example.com", aliasDomains: names }, shards);
            for (const { index, data, binaryData } of rendered.tables) {
              for (const name of type === "texthash" ? Object.values(TEXT) : [TEXT.postfix]) {
                const file = join(folder, `${name}-${index}`);
                if (type === "texthash") write(file, data[name] ?? "");
                else write(`${file}.cdb`, Buffer.from(binaryData[`${name}.cdb`] ?? "", "base64"));
                if (name === TEXT.postfix) for (const key of keysOf(data[name])) if (!isFiller(key)) keys.add(key);
                tables.push(`${type}:${file}`);
              }
            }
          }
          expect(load(tables, []).said).toBe("");
          const recipients = tables.filter((table) => table.includes(TEXT.postfix));
          const { said, found } = load(recipients, [...keys]);
          expect(said).toBe("");
          expect(found).toBe([...keys].map((key) => `${key}\tOK\n`).join(""));
        }
      }),
      { numRuns: 10 },
    );
  });

  const broken = (texts: readonly string[]): Rendered => ({
    tables: texts.map((text, index) => ({
      index,
      addresses: 0,
      bytes: 0,
      data: { relay_recipients: text },
      binaryData: {},
    })),
    leftOut: {},
    addresses: 0,
  });
  it.each<[what: string, text: string, postfix: RegExp]>([
    ["an address twice", "a@example.com OK\na@example.com OK\n", /duplicate entry/],
    ["an address twice, but for case", "A@example.com OK\na@example.com OK\n", /duplicate entry/],
    ["a key without a value", "a@example.com\n", /expected format: key whitespace value/],
  ])("with %s make Postfix complain, and are never published", (_, text, postfix) => {
    const file = join(bench.folder, "broken");
    write(file, text);
    expect(load([`texthash:${file}`], []).said).toMatch(postfix);
    expect(() => checkTables(broken([text]))).toThrow(/^relay_recipients of shard 0 /);
  });

  it.each<[what: string, texts: string[]]>([
    ["an empty table", [""]],
    ["a last line that does not end", ["a@example.com OK"]],
    ["a line that begins with #", ["#a@example.com OK\n"]],
    ["an address in two shards", ["a@example.com OK\n", "a@example.com OK\n"]],
  ])("Postfix says nothing of %s, and it is never published all the same", (_, texts) => {
    for (const [index, text] of texts.entries()) write(join(bench.folder, `quiet-${index}`), text);
    expect(
      load(
        texts.map((_text, index) => `texthash:${join(bench.folder, `quiet-${index}`)}`),
        [],
      ).said,
    ).toBe("");
    expect(() => checkTables(broken(texts))).toThrow(/^relay_recipients of shard \d /);
  });
});

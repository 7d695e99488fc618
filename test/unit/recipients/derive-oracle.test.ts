/** Derive against the contract's own words: random directories, 100,000 of them with CI_DEPTH=full. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLeftOut, renderLeftOut } from "../../../src/publication/left-out-file.ts";
import type { LeftOut, LeftOutEntry } from "../../../src/recipients/left-out.ts";
import type { DirectoryObject, Source } from "../../../src/recipients/model.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { deriveByTheBook } from "../../support/derive-oracle.ts";
import { derive } from "./support/whole.ts";

const TENANTS = process.env["CI_DEPTH"] === "full" ? 100_000 : 1_000;
const IDN = "xn--bcher-kva.example";
const MIRROR = "sub.example.com";
/** 207 characters: with a local part of 47 or more an address of it is too long. */
const LONG = `${"long.".repeat(40)}example`;
const NAMES = {
  domain: "example.com",
  aliasDomains: [
    { name: "example.net", recipients: "Directory" },
    { name: MIRROR, recipients: "Mirror" },
    { name: IDN, recipients: "Directory" },
    { name: LONG, recipients: "Directory" },
  ],
} as const;
const DOMAINS = [NAMES.domain, ...NAMES.aliasDomains.map(({ name }) => name)];
const SPELLED = { "bücher.example": IDN, "bu\u0308cher.example": IDN, "BÜCHER.example": IDN };

const local = fc.constantFrom(
  "a",
  "b",
  "c",
  "test",
  "A",
  "jörg",
  "jo\u0308rg",
  "\u212A",
  "k",
  '"q"',
  "x y",
  "l".repeat(64),
  "l".repeat(65),
  "o'neil",
  "a+b",
  "#a",
  "/a",
);
const plainLocal = fc.constantFrom("a", "b", "c", "d", "test", "Test", "k", "#h");
const domain = fc.constantFrom(
  ...DOMAINS,
  "Example.COM",
  "elsewhere.org",
  "a.onmicrosoft.com",
  ...Object.keys(SPELLED),
);
const plain = fc.tuple(plainLocal, domain).map(([name, host]) => `${name}@${host}`);
const odd = fc.oneof(
  fc.tuple(local, domain).map(([name, host]) => `${name}@${host}`),
  fc.constantFrom(
    "none",
    "@example.com",
    "a@",
    "a@b@example.com",
    "a＠example.com".normalize("NFC"),
    " b@example.com ",
    "b@example.com, c@example.net",
    "a@example.com;smtp:b@elsewhere.org",
    "a@example.com b@",
    "A Person <a@example.com>",
    "b@example.com\u00a0",
    "b@example.com\u200b",
    "",
  ),
);
const address = fc.oneof({ weight: 6, arbitrary: plain }, { weight: 1, arbitrary: odd });
const prefix = fc.constantFrom("SMTP:", "smtp:", "smtp:", "Smtp:", " smtp:", "SMTP: ", "SIP:", "X500:", "");
const proxy = fc.tuple(prefix, address).map(([scheme, text]) => scheme + text);

/** The kind of an object belongs to its id. */
const sourceOf = (id: string): Source => (["users", "groups", "contacts"] as const)[Number(id) % 3] ?? "users";
const entry = fc.record({
  id: fc.constantFrom("1", "2", "3", "4", "5", "6", "7"),
  mail: fc.option(address, { freq: 2 }),
  proxyAddresses: fc.array(proxy, { maxLength: 5 }),
});
const objects = fc
  .array(entry, { maxLength: 9 })
  .map((entries) => entries.map((each): DirectoryObject => ({ ...each, source: sourceOf(each.id) })));
/** What each means, in Python's words: fnmatch on the whole lower-cased address. */
const MEANING: Readonly<Record<string, (address: string) => boolean>> = {
  "test*": (address) => address.startsWith("test"),
  "a@*": (address) => address.startsWith("a@"),
  "*@example.net": (address) => address.endsWith("@example.net"),
  "b@example.com": (address) => address === "b@example.com",
  "[c-z]@*": (address) => /^[c-z]@/.test(address),
  "?+*": (address) => address[1] === "+",
  "*": () => true,
};
const patterns = fc.subarray(Object.keys(MEANING), { maxLength: 2 });
const statics = fc.subarray(["a@example.com", "z@example.com", "test@example.net", "#s@example.com"], { maxLength: 2 });
const formats = fc.constantFrom<readonly Format[]>([], ["postfix"], ["addresses", "cdb"], ["cdb"]);

/** Contract: a texthash line must not begin with #; a map of Rspamd has no key with # in it, or with / first. */
const CARRIES: Readonly<Partial<Record<Format, (address: string) => boolean>>> = {
  postfix: (address) => !address.startsWith("#"),
  addresses: (address) => !address.includes("#") && !address.startsWith("/"),
};

const brief = ({ entries }: LeftOut): string[] =>
  entries
    .map(
      ({ reason, object, address: shown = "", keptBy = "-" }) => `${reason} ${object ?? "-"} ${shown.trim()} ${keptBy}`,
    )
    .sort();

const sorted = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The same fields, in the same order. */
const inOrderOf = (order: object, what: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.keys(order).map((key) => [key, what[key]]));

describe(`${TENANTS} random directories`, () => {
  it("become what the contract says, whatever is counted and told of them (issue 18)", () => {
    let accounts = 0;
    let conflicts = 0;
    fc.assert(
      fc.property(objects, patterns, statics, formats, (input, excludeRecords, staticRecipients, out) => {
        const wanted = deriveByTheBook(input, {
          domains: DOMAINS,
          spelled: SPELLED,
          mistaken: { "example.com\u200b": "example.com" },
          isExcluded: (address) => excludeRecords.some((pattern) => MEANING[pattern]?.(address) === true),
          statics: staticRecipients,
          mirrors: [MIRROR],
          carries: (address) => out.every((format) => CARRIES[format]?.(address) ?? true),
        });
        const found = derive(input, { names: NAMES, excludeRecords, staticRecipients, formats: out });
        const told = {
          accounts: found.accounts,
          conflicts: found.conflicts,
          dropped: sorted(found.dropped),
          objects: found.objects,
          leftOut: brief(found.leftOut),
        };
        const book = { ...wanted, dropped: sorted(wanted.dropped) };
        // Compared as text first: a hundred thousand deep comparisons take minutes.
        const [one, other] = [JSON.stringify(told), JSON.stringify(inOrderOf(told, book))];
        if (one !== other) throw new Error(`derived ${one}, by the book ${other}`);
        const named = ({ reason, pattern }: LeftOutEntry): boolean =>
          (reason === "excluded") === (pattern !== undefined);
        const file = renderLeftOut(found.leftOut);
        const read = parseLeftOut(file);
        if (read === undefined || renderLeftOut(read) !== file) throw new Error("what is left out cannot be read");
        if (!found.leftOut.entries.every(named)) throw new Error("an excluded address is told without its pattern");
        accounts += found.accounts.length;
        conflicts += found.conflicts.length;
      }),
      { numRuns: TENANTS, seed: 18 },
    );
    // A fuzz of empty directories would show nothing.
    expect(accounts).toBeGreaterThan(TENANTS);
    expect(conflicts).toBeGreaterThan(TENANTS / 4);
  }, 1_500_000);
});

/** What the gateway answers: extensions, forms of an address, several lists, and what is not there yet. */
import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { type CatalogInput, createCatalog } from "../../../src/gateway/catalog.ts";
import { listOf, type RecipientList } from "../../../src/gateway/list.ts";
import { readPart } from "../../../src/gateway/part.ts";
import { readRouting } from "../../../src/gateway/read-routing.ts";
import type { DomainNames } from "../../../src/recipients/model.ts";
import { routing } from "../../support/gateways/published.ts";
import { mailbox } from "../recipients/support/accounts.ts";
import { render } from "../recipients/support/whole.ts";

const IDN = "xn--bcher-kva.example";
const NAMES: DomainNames = { domain: "example.com", aliasDomains: [{ name: IDN, recipients: "Directory" }] };

interface Listed {
  readonly sync?: string;
  readonly domain?: string;
  readonly time?: string;
  readonly names?: DomainNames;
  readonly aliases?: readonly string[];
}

function list(addresses: readonly string[], listed: Listed = {}): RecipientList {
  const {
    sync = "example-com",
    domain = "example-com",
    time = "2026-01-01T00:00:00Z",
    names = NAMES,
    aliases = [],
  } = listed;
  const accounts = addresses.map((address, index) => mailbox(address, ...(index === 0 ? aliases : [])));
  const formats = ["cdb", "aliases"] as const;
  const parts = render(accounts, names, { formats, shards: 4 }).tables.map(({ index, data, binaryData }) =>
    allSteps(
      readPart({ data: { ...data }, binaryData: { ...binaryData } }, `part ${index}`, { index, shards: 4, formats }),
    ),
  );
  return listOf({ sync, domain, time }, parts);
}

function catalog(lists: readonly RecipientList[], more: Partial<CatalogInput> = {}) {
  const routes = new Map([["example-com", readRouting(routing(["example.com", IDN])) ?? new Map<string, string>()]]);
  return createCatalog({ lists, routings: routes, delimiters: "+", complete: true, ...more }).maps;
}

const OK = { kind: "found", value: "OK" };
const NOT_FOUND = { kind: "notFound" };
const NOT_YET = { kind: "notYet" };

describe("The map recipients", () => {
  const addresses = [
    "anna@example.com",
    "anna-maria@example.com",
    "p+q@example.com",
    "a@b@example.com",
    "+x@example.com",
    "kim@example.com",
  ];
  const { recipients } = catalog([list([...addresses, `x@${IDN}`, 'o"q@example.com'.replace('"', "'")])]);

  it.each([
    ["anna@example.com", OK],
    ["ANNA@Example.COM", OK],
    ["anna+news@example.com", OK],
    ["anna+@example.com", OK],
    ["anna+a+b@example.com", OK],
    ["p+q@example.com", OK],
    ["p+q+r@example.com", NOT_FOUND],
    ["p@example.com", NOT_FOUND],
    ["+x@example.com", OK],
    ["+x+y@example.com", NOT_FOUND],
    ["anna-x@example.com", NOT_FOUND],
    ['"a@b"@example.com', OK],
    ["a@b@example.com", OK],
    ['"an\\na"@example.com', OK],
    [`x@${IDN}`, OK],
    ["x@bücher.example", OK],
    ["x@BÜCHER.example", OK],
    ["postmaster@bücher.example", OK],
    ["anna@bücher.example", NOT_FOUND],
    // The Kelvin sign is no k, and full-width letters are no other way to write a domain.
    ["KIM@example.com", OK],
    ["\u212Aim@example.com", NOT_FOUND],
    ["anna@\uff45xample.com", NOT_FOUND],
    ["anna@sub.example.com", NOT_FOUND],
    ["@example.com", NOT_FOUND],
    ["anna", NOT_FOUND],
    ["anna@", NOT_FOUND],
    ["", NOT_FOUND],
    [`${"a".repeat(2000)}@example.com`, NOT_FOUND],
    ["nobody@empty-shard-0.invalid", NOT_FOUND],
    ["__proto__@example.com", NOT_FOUND],
  ])("answers %s with %j", (key, answer) => {
    expect(recipients(key)).toEqual(answer);
  });

  it("knows other delimiters where they are set, and none where they are not", () => {
    const lists = [list(addresses)];
    expect(catalog(lists, { delimiters: "+-" }).recipients("anna-x@example.com")).toEqual(OK);
    expect(catalog(lists, { delimiters: "+-" }).recipients("anna-maria@example.com")).toEqual(OK);
    expect(catalog(lists, { delimiters: "" }).recipients("anna+x@example.com")).toEqual(NOT_FOUND);
  });
});

describe("The map aliases", () => {
  const { aliases } = catalog([list(["h.meier@example.com"], { aliases: ["meier@example.com"] })]);
  it.each([
    ["meier@example.com", { kind: "found", value: "h.meier@example.com" }],
    ["meier+tag@example.com", { kind: "found", value: "h.meier+tag@example.com" }],
    ["h.meier@example.com", NOT_FOUND],
  ])("answers %s with %j", (key, answer) => {
    expect(aliases(key)).toEqual(answer);
  });
});

describe("The maps domains and transport", () => {
  const { domains, transport } = catalog([list(["anna@example.com"])]);
  const route = { kind: "found", value: "smtp:[inbound.example]:25" };
  it.each([
    ["example.com", OK, route],
    ["EXAMPLE.com", OK, route],
    [IDN, OK, route],
    ["bücher.example", OK, route],
    ["sub.example.com", NOT_FOUND, NOT_FOUND],
    [".example.com", NOT_FOUND, NOT_FOUND],
    ["*", NOT_FOUND, NOT_FOUND],
    ["nothing-is-routed.invalid", NOT_FOUND, NOT_FOUND],
  ])("answer %s with %j and %j", (key, domain, nexthop) => {
    expect(domains(key)).toEqual(domain);
    expect(transport(key)).toEqual(nexthop);
    expect(transport(`x@${key}`)).toEqual(nexthop);
  });

  it("route no name that the list has not: its mail would be refused", () => {
    const routes = new Map([
      ["example-com", readRouting(routing(["example.com", "other.example"])) ?? new Map<string, string>()],
    ]);
    const maps = catalog([list(["anna@example.com"])], { routings: routes });
    expect([maps.domains("example.com"), maps.domains("other.example")]).toEqual([OK, NOT_FOUND]);
  });
});

describe("What is not there yet is asked for again", () => {
  it("before the first list, whatever it is", () => {
    const maps = catalog([], { complete: false });
    const answers = Object.values(maps).map((map) => map("anna@example.com").kind);
    expect(answers).toEqual(["notYet", "notYet", "notYet", "notYet"]);
  });

  it("where a domain is routed and its list was never whole, and only there", () => {
    const routes = new Map([
      ["example-com", readRouting(routing(["example.com"])) ?? new Map<string, string>()],
      ["other", readRouting(routing(["other.example"], "other")) ?? new Map<string, string>()],
    ]);
    const { domains, recipients } = catalog([list(["anna@example.com"])], { routings: routes });
    expect([domains("other.example"), recipients("a@other.example")]).toEqual([NOT_YET, NOT_YET]);
    expect([domains("third.example"), recipients("nobody@example.com")]).toEqual([NOT_FOUND, NOT_FOUND]);
  });
});

describe("Several lists", () => {
  it("of several MailDomains are all asked", () => {
    const other = list(["b@other.example"], {
      sync: "other",
      domain: "other",
      names: { domain: "other.example", aliasDomains: [] },
    });
    const { recipients } = catalog([list(["anna@example.com"]), other]);
    expect([recipients("anna@example.com"), recipients("b@other.example"), recipients("b@example.com")]).toEqual([
      OK,
      OK,
      NOT_FOUND,
    ]);
  });

  it("for one MailDomain: the one that was committed last counts, as after an O365Sync got another name", () => {
    const before = list(["gone@example.com", "anna@example.com"]);
    const after = list(["anna@example.com"], { sync: "renamed", time: "2026-01-02T00:00:00Z" });
    for (const lists of [
      [before, after],
      [after, before],
    ])
      expect(catalog(lists).recipients("gone@example.com")).toEqual(NOT_FOUND);
  });
});

describe("A routing", () => {
  const sound = {
    relay_domains: "example.com OK\n",
    transport: "example.com smtp:[a.example]:25, [ipv6:2001:db8::1]:2525\n",
  };
  it("is read where it is sound", () => {
    expect([...(readRouting({ data: sound }) ?? [])]).toEqual([
      ["example.com", "smtp:[a.example]:25, [ipv6:2001:db8::1]:2525"],
    ]);
  });

  it.each<[what: string, change: Partial<typeof sound>]>([
    ["another transport", { transport: "example.com pipe:[a.example]:25\n" }],
    ["a local delivery", { transport: "example.com local:\n" }],
    ["no brackets: MX records would be asked", { transport: "example.com smtp:a.example:25\n" }],
    ["a command behind it", { transport: "example.com smtp:[a.example]:25 ; rm\n" }],
    ["a name that is not routed", { transport: "other.example smtp:[a.example]:25\n" }],
    ["a name twice", { transport: "example.com smtp:[a.example]:25\nexample.com smtp:[b.example]:25\n" }],
    ["a wildcard", { relay_domains: ".com OK\n", transport: ".com smtp:[a.example]:25\n" }],
    ["no end", { relay_domains: "example.com OK" }],
    ["nothing", { relay_domains: "", transport: "" }],
    ["another value", { relay_domains: "example.com REJECT\n" }],
  ])("with %s is not", (_, change) => {
    expect(readRouting({ data: { ...sound, ...change } })).toBeUndefined();
  });
});

/** Lists of addresses as other systems write them: read, or refused by line (issue 18, point 3; issue 19, point 10). */
import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { readAddressList } from "../../../src/recipients/address-list.ts";

const DOMAINS = new Set(["example.com", "example.net", "xn--bcher-kva.example"]);
const read = (content: string | Uint8Array) =>
  allSteps(readAddressList(typeof content === "string" ? Buffer.from(content) : content, DOMAINS));
const utf16 = (text: string, big = false): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return big ? bytes.swap16() : bytes;
};

describe("A list of addresses", () => {
  /** What it is like, and where such files come from. */
  it.each<[what: string, content: string | Uint8Array, addresses: string[], ignored: number]>([
    ["one a line", "b@example.com\na@example.com\n", ["a@example.com", "b@example.com"], 0],
    ["comments and blank lines", "# ours\n\na@example.com\n", ["a@example.com"], 0],
    // https://www.postfix.org/postconf.5.html#relay_recipient_maps
    ["a Postfix map", "a@example.com OK\nb@example.com\tx\n", ["a@example.com", "b@example.com"], 0],
    ["one map of all domains of a gateway", "a@example.com OK\nx@other.org OK\ny@other.org OK\n", ["a@example.com"], 2],
    // https://www.postfix.org/virtual.5.html
    ["a virtual alias map", "info@example.com a@example.com\n", ["a@example.com", "info@example.com"], 0],
    // https://learn.microsoft.com/powershell/module/exchange/get-recipient: EmailAddresses
    [
      "proxy addresses of Exchange",
      "SMTP:A@example.com\nsmtp:b@example.com\nSIP:a@example.com\n",
      ["a@example.com", "b@example.com"],
      0,
    ],
    [
      "an X500 address alone on its line",
      "smtp:a@example.com\nX500:/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=a\n",
      ["a@example.com"],
      0,
    ],
    [
      "proxy addresses in one line",
      "{SMTP:a@example.com, smtp:b@example.net, SIP:a@example.com}",
      ["a@example.com", "b@example.net"],
      0,
    ],
    ["two on a line", "a@example.com; b@example.com\n", ["a@example.com", "b@example.com"], 0],
    ["CSV with a header", 'Name,Email\n"Abel, Ada",a@example.com\n', ["a@example.com"], 0],
    ["CSV of Excel", 'Name;Adresse\r\nAda;"a@example.com"\r\n', ["a@example.com"], 0],
    ["names with addresses", "Ada Abel <a@example.com>\n", ["a@example.com"], 0],
    ["old Mac line ends", "a@example.com\rb@example.com\r", ["a@example.com", "b@example.com"], 0],
    ["a BOM", "\ufeffa@example.com\n", ["a@example.com"], 0],
    ["UTF-16 of PowerShell", utf16("a@example.com\r\n"), ["a@example.com"], 0],
    ["UTF-16, the other way round", utf16("a@example.com\n", true), ["a@example.com"], 0],
    ["U-labels", "a@bücher.example\n", ["a@xn--bcher-kva.example"], 0],
    ["addresses beside a link", "https://ada@example.com/ a@example.com\n", ["a@example.com"], 0],
  ])("is read: %s", (_, content, addresses, ignored) => {
    expect(read(content)).toEqual({ kind: "list", addresses, ignored });
  });

  it.each<[what: string, content: string | Uint8Array, outcome: object]>([
    ["nothing at all", "", { kind: "empty" }],
    ["comments alone", "# nothing\n\n", { kind: "empty" }],
    ["a header alone", "Name,Email\n", { kind: "foreign", ignored: 0 }],
    ["another gateway's domains alone", "a@other.org\n", { kind: "foreign", ignored: 1 }],
    ["a line without an address", "a@example.com\nexample.com OK\n", { kind: "badLine", line: 2, why: "noAddress" }],
    ["a wildcard of the domain", "@example.com OK\n", { kind: "badLine", line: 1, why: "wholeDomain" }],
    ["an address beyond ASCII", "a@example.com\njörg@example.com\n", { kind: "badLine", line: 2, why: "unusable" }],
    ["UTF-16 without its mark", Buffer.from("a@example.com\n", "utf16le"), { kind: "noText" }],
    ["bytes", Buffer.from([0x1f, 0x8b, 0x08, 0xff]), { kind: "noText" }],
    // Issue 19, point 10: other people's ConfigMaps are no addresses.
    ["a connection string", "postgres://shop:secret@db.internal:5432/shop\n", { kind: "foreign", ignored: 0 }],
  ])("is refused: %s", (_, content, outcome) => {
    expect(read(content)).toEqual(outcome);
  });
});

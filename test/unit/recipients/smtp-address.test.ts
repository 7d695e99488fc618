/** What an SMTP address of the directory is. */
import { describe, expect, it } from "vitest";
import { domainName, parseAddress, smtpAddresses } from "../../../src/recipients/smtp-address.ts";

describe("An address", () => {
  it.each([
    ["as it is", "ada@example.com", "ada@example.com"],
    ["in lower case", "Ada.Abel@Example.COM", "ada.abel@example.com"],
    ["without blanks around it", "  ada@example.com\t", "ada@example.com"],
    [
      "with every character that RFC 5322 calls atext",
      "!#$%&'*+-/=?^_`{|}~@example.com",
      "!#$%&'*+-/=?^_`{|}~@example.com",
    ],
    ["with a local part of 64 characters", `${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
    ["with 254 characters", `a@${"b".repeat(252)}`, `a@${"b".repeat(252)}`],
    ["by the last @", "a@b@example.com", "a@b@example.com"],
    ["with its domain as A-labels", "ada@bücher.example", "ada@xn--bcher-kva.example"],
    ["however an umlaut is composed", "ada@BU\u0308CHER.Example", "ada@xn--bcher-kva.example"],
    ["with A-labels as they are", "ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"],
    ["without a no-break space around it", "\u00a0ada@example.com\u00a0", "ada@example.com"],
  ])("is kept %s", (_, raw, address) => {
    const at = address.lastIndexOf("@");
    expect(parseAddress(raw)).toEqual({ address, local: address.slice(0, at), domain: address.slice(at + 1) });
  });

  it.each([
    ["quoted", '"ada abel"@example.com'],
    ["quoted", 'ada"@example.com'],
    ["blanks", "ada abel@example.com"],
    ["blanks", "ada\n@example.com"],
    ["blanks", "ada\u0000@example.com"],
    ["blanks", "ada\u007f@example.com"],
    ["nonAscii", "jörg@example.com"],
    // The Kelvin sign: Unicode's lower case would make it the k of somebody else.
    ["nonAscii", "\u212Aim@example.com"],
    ["nonAscii", "ada@\u212Aiwi.example"],
    ["nonAscii", "ada＠example.com"],
    ["nonAscii", "ada@ｅxample.com"],
    ["nonAscii", "ada@example.com\u200b"],
    ["nonAscii", "ad\u202ea@example.com"],
    ["localPartTooLong", `${"a".repeat(65)}@example.com`],
    ["tooLong", `a@${"b".repeat(253)}`],
    ["sourceRoute", "@a:b@example.com"],
    ["sourceRoute", "@a,@b:c@example.com"],
    ["sourceRoute", "@:@example.com"],
    ["noAt", "ada.example.com"],
    ["noAt", "@example.com"],
    ["noAt", "ada@"],
    ["noAt", ""],
  ])("is dropped as %s: %j", (dropped, raw) => {
    expect(parseAddress(raw)).toMatchObject({ dropped });
  });
});

describe("The addresses of an object", () => {
  it("are those with the prefix smtp in any case, and mail", () => {
    const proxyAddresses = [
      "SMTP:a@x",
      "smtp:b@x",
      "Smtp:c@x",
      "SIP:d@x",
      "X500:/o=x",
      "EUM:1;phone",
      "SPO:SPO_1@x",
      "smtp",
    ];
    expect(smtpAddresses({ mail: "e@x", proxyAddresses })).toEqual([
      { raw: "a@x", as: "SMTP" },
      { raw: "b@x", as: "smtp" },
      { raw: "c@x", as: "smtp" },
      { raw: "e@x", as: "mail" },
    ]);
  });

  it.each<[what: string, mail: string | null, proxies: string[], found: string[]]>([
    ["with a blank before the prefix", null, [" smtp:a@x"], ["smtp a@x"]],
    ["with a blank behind the prefix, as Microsoft's own sample has it", null, ["SMTP: a@x"], ["SMTP a@x"]],
    ["two in mail, by a semicolon", "a@x;b@x", [], ["mail a@x", "mail b@x"]],
    ["two in mail, by a comma and a blank", "a@x, b@x", [], ["mail a@x", "mail b@x"]],
    ["two in one proxy address", null, ["smtp:a@x;smtp:b@x"], ["smtp a@x", "smtp b@x"]],
    ["in mail with a prefix", "SMTP:a@x", [], ["mail a@x"]],
    ["whole, where a part is none", "ada abel@x", [], ["mail ada abel@x"]],
    ["whole, where it is quoted", '"a@b, c"@x', [], ['mail "a@b, c"@x']],
    ["none, where mail is empty", "", [], []],
    ["none, where mail is blank", "  ", [], []],
  ])("are read %s", (_, mail, proxyAddresses, found) => {
    expect(smtpAddresses({ mail, proxyAddresses }).map(({ raw, as }) => `${as} ${raw}`)).toEqual(found);
  });

  it("may be none", () => {
    expect(smtpAddresses({ mail: null, proxyAddresses: [] })).toEqual([]);
  });
});

describe("A domain", () => {
  it.each([
    ["Example.COM", "example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["ex%61mple.com", "ex%61mple.com"],
    ["bü%cher.example", undefined],
    ["ｅxample.com", undefined],
    ["\u212Aiwi.example", undefined],
  ])("%s is compared as %s", (text, name) => {
    expect(domainName(text)).toBe(name);
  });
});

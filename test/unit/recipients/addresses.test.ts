/** What an SMTP address of the directory is. */
import { describe, expect, it } from "vitest";
import { parseAddress, smtpAddresses } from "../../../src/recipients/addresses.ts";

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
    ["nonAscii", "ada@exämple.com"],
    ["nonAscii", "ad\u202ea@example.com"],
    ["localPartTooLong", `${"a".repeat(65)}@example.com`],
    ["tooLong", `a@${"b".repeat(253)}`],
    ["noAt", "ada.example.com"],
    ["noAt", "@example.com"],
    ["noAt", "ada@"],
    ["noAt", ""],
  ])("is dropped as %s: %j", (dropped, raw) => {
    expect(parseAddress(raw)).toEqual({ dropped });
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
      { raw: "a@x", primary: true },
      { raw: "b@x", primary: false },
      { raw: "c@x", primary: false },
      { raw: "e@x", primary: false },
    ]);
  });

  it("may be none", () => {
    expect(smtpAddresses({ mail: null, proxyAddresses: [] })).toEqual([]);
  });
});

/** What a directory says of an object has bounds: whoever answers in its place must not fill the memory. */
import { describe, expect, it } from "vitest";
import { toObject } from "../../../../src/directory/graph/objects.ts";

import { parseAddress, smtpAddresses } from "../../../../src/recipients/smtp-address.ts";

const read = (entry: object) => toObject("listing users", "users", { id: "1", ...entry });

describe("An object of the directory", () => {
  it.each<[what: string, entry: object]>([
    [
      "10,001 addresses",
      { proxyAddresses: Array.from({ length: 10_001 }, (_, index) => `smtp:u${index}@example.com`) },
    ],
    ["an id of 300 characters", { id: "1".repeat(300) }],
  ])("is refused with %s", (_, entry) => {
    expect(() => read(entry)).toThrow("makes no sense");
  });

  it.each<[what: string, text: string]>([
    ["one word", `SMTP:${"a".repeat(2 ** 20)}@example.com`],
    ["blanks before an address", `x${" ".repeat(5000)}smtp:u@example.com`],
    ["an address before blanks", `u@example.com${" ".repeat(5000)}x`],
    ["a list of addresses", Array.from({ length: 500 }, (_, index) => `smtp:u${index}@example.com`).join(",")],
    ["a letter of two halves where it is cut", `${"a".repeat(2047)}${"\u{1F600}".repeat(3000)}@example.com`],
  ])("is read on where an address is endless: %s, of which no part is an address", (_, text) => {
    const { mail, proxyAddresses } = read({ mail: text, proxyAddresses: [text, "smtp:v@example.com"] });
    expect(mail?.length).toBe(4096);
    expect(proxyAddresses.map(({ length }) => length)).toEqual([4096, 18]);
    const values = smtpAddresses({ mail: mail ?? null, proxyAddresses }).map(({ raw }) => parseAddress(raw));
    expect(values.flatMap((value) => ("address" in value ? [value.address] : []))).toEqual(["v@example.com"]);
  });

  it("is taken with the longest address that Exchange allows", () => {
    const address = `X500:${"a".repeat(1118)}`;
    expect(read({ proxyAddresses: [address] }).proxyAddresses).toEqual([address]);
  });
});

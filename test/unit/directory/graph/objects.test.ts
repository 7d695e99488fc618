/** What a directory says of an object has bounds: whoever answers in its place must not fill the memory. */
import { describe, expect, it } from "vitest";
import { toObject } from "../../../../src/directory/graph/objects.ts";

const read = (entry: object) => toObject("listing users", "users", { id: "1", ...entry });

describe("An object of the directory", () => {
  it.each<[what: string, entry: object]>([
    ["a mail of a mebibyte", { mail: "a".repeat(2 ** 20) }],
    ["an address of 5,000 characters", { proxyAddresses: [`X500:${"a".repeat(5000)}`] }],
    [
      "10,001 addresses",
      { proxyAddresses: Array.from({ length: 10_001 }, (_, index) => `smtp:u${index}@example.com`) },
    ],
    ["an id of 300 characters", { id: "1".repeat(300) }],
  ])("is refused with %s", (_, entry) => {
    expect(() => read(entry)).toThrow("makes no sense");
  });

  it("is taken with the longest address that Exchange allows", () => {
    const address = `X500:${"a".repeat(1118)}`;
    expect(read({ proxyAddresses: [address] }).proxyAddresses).toEqual([address]);
  });
});

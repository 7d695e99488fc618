import { describe, expect, it } from "vitest";
import { heldBy } from "../../../src/recipients/held.ts";

const WANTED = new Set(["a@example.com", "b@example.com"]);

describe("Of the addresses that are asked about, an object", () => {
  it.each<[what: string, mail: string | null, proxyAddresses: string[], held: string[]]>([
    ["that has others has none", "c@example.com", ["SMTP:c@example.com", "SIP:a@example.com"], []],
    ["that has one, written otherwise, has it", null, ["SMTP: A@Example.com"], ["a@example.com"]],
    ["that has one in mail alone has it", "B@example.com", [], ["b@example.com"]],
    [
      "that has one twice has it once",
      "a@example.com",
      ["smtp:a@example.com", "SMTP:A@example.com"],
      ["a@example.com"],
    ],
    ["that has both has both", null, ["smtp:a@example.com", "smtp:b@example.com"], ["a@example.com", "b@example.com"]],
    ["that has what is no address has none", "a@example.com b", ['smtp:"a"@example.com'], []],
  ])("%s", (_, mail, proxyAddresses, held) => {
    expect([...heldBy({ mail, proxyAddresses }, WANTED)]).toEqual(held);
  });
});

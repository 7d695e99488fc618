/** Who of an object's recipients may get its mails. */
import { describe, expect, it } from "vitest";
import { judgeRecipients } from "../../../src/notify/recipients.ts";

describe("Recipients are judged one by one", () => {
  it.each([
    ["all of them are good", ["a@example.com", "b@example.net"], [], ["a@example.com", "b@example.net"], 0, 0],
    ["one is no address", ["a@example.com", "b@", "@c", "d", "e @x.org"], [], ["a@example.com"], 4, 0],
    ["one tries to add a header", ["a@example.com\r\nBcc: x@y.zz", "b@example.com"], [], ["b@example.com"], 1, 0],
    ["one is a list in disguise", ["a@example.com,b@example.com"], [], [], 1, 0],
    ["the same address twice, whatever its case", ["A@Example.com", "a@example.COM"], [], ["A@example.com"], 0, 0],
    ["domains are limited", ["a@Example.com", "b@example.net"], ["example.com"], ["a@example.com"], 0, 1],
    [
      "a domain that only ends like an allowed one",
      ["a@notexample.com", "a@sub.example.com"],
      ["example.com"],
      [],
      0,
      2,
    ],
  ])("%s", (_name, recipients, allowed, accepted, invalid, notAllowed) => {
    expect(judgeRecipients(recipients, allowed)).toEqual({ accepted, invalid, notAllowed });
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/recipients/revision.ts";
import { anyAccounts, anyNames, directory, mailbox, mirror, names } from "./support/accounts.ts";
import { revisionOf } from "./support/whole.ts";

describe("sha256", () => {
  it("names the algorithm, and gives text and bytes the same digest", () => {
    expect(sha256("")).toBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256("ä")).toBe(sha256(Buffer.from("ä")));
  });
});

describe("revisionOf", () => {
  it("does not depend on the order of accounts and alias domains", () => {
    fc.assert(
      fc.property(anyAccounts, anyNames, (accounts, found) => {
        const turned = { ...found, aliasDomains: found.aliasDomains.toReversed() };
        expect(revisionOf(accounts.toReversed(), turned)).toBe(revisionOf(accounts, found));
      }),
    );
  });

  const accounts = [mailbox("a@example.com", "b@example.com"), mailbox("c@example.com")];
  const before = names(mirror("example.net"));
  it.each([
    ["an account is gone", accounts.slice(1), before],
    ["an alias becomes an account", [...accounts.slice(1), mailbox("a@example.com"), mailbox("b@example.com")], before],
    [
      "an id changes",
      [{ ...mailbox("a@example.com", "b@example.com"), id: "other" }, mailbox("c@example.com")],
      before,
    ],
    ["a type changes", accounts.map((account) => ({ ...account, type: "contact" as const })), before],
    ["an alias domain is gone", accounts, names()],
    ["an alias domain changes its kind", accounts, names(directory("example.net"))],
  ])("changes when %s", (_, changed, changedNames) => {
    expect(revisionOf(changed, changedNames)).not.toBe(revisionOf(accounts, before));
  });
});

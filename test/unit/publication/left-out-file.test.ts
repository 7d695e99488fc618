/** What is left out: told in full while there is room, counted beyond, the same whatever the order; read strictly. */
import { describe, expect, it } from "vitest";
import { parseLeftOut, renderLeftOut } from "../../../src/publication/left-out-file.ts";
import { idlePatterns } from "../../../src/recipients/left-out.ts";
import type { DirectoryObject } from "../../../src/recipients/model.ts";
import { derive } from "../recipients/support/whole.ts";

const NAMES = { domain: "example.com", aliasDomains: [] } as const;
const user = (id: string, ...proxyAddresses: string[]): DirectoryObject => ({
  id,
  source: "users",
  mail: null,
  proxyAddresses,
});
const leftOutOf = (objects: readonly DirectoryObject[], excludeRecords: readonly string[] = []) =>
  derive(objects, { names: NAMES, excludeRecords, staticRecipients: [], formats: ["postfix"] }).leftOut;

describe("What is left out", () => {
  it("is named with its object, reason, pattern and keeper", () => {
    const objects = [
      user("1", "SMTP:a@example.com", "smtp:x@example.com", "smtp:#b@example.com", "smtp:jörg@example.com"),
      user("2", "SMTP:x@example.com"),
      user("3", "SMTP:test@example.com", "smtp:c@example.com"),
      { id: "4", source: "groups", mail: null, proxyAddresses: [] } as const,
    ];
    expect(renderLeftOut(leftOutOf(objects, ["other*", "test*"]))).toBe(
      [
        '{"address":"x@example.com","object":"1","reason":"conflict","keptBy":"2"}',
        '{"object":"4","reason":"noAddress"}',
        '{"address":"jörg@example.com","object":"1","reason":"nonAscii"}',
        '{"address":"#b@example.com","object":"1","reason":"format"}',
        '{"address":"c@example.com","object":"3","reason":"excluded","pattern":"test*"}',
        '{"address":"test@example.com","object":"3","reason":"excluded","pattern":"test*"}',
        "",
      ].join("\n"),
    );
  });

  it("tells which patterns leave out nobody, by their place", () => {
    const objects = [user("1", "SMTP:a@example.com"), user("2", "SMTP:test.b@example.com")];
    const patterns = ["nobody@example.com", "test.*", "test.b@*", "test.*"];
    expect(idlePatterns(patterns, leftOutOf(objects, patterns))).toEqual([0, 2, 3]);
    expect(idlePatterns(patterns, { entries: [], more: 1 })).toEqual([]);
  });

  it("has room for half a mebibyte, and counts the rest, in whatever order the directory comes", () => {
    const objects = Array.from({ length: 20_000 }, (_, index) =>
      user(`${index}`, `SMTP:${String(index).padStart(5, "0")}.${"x".repeat(40)}@example.com`),
    );
    const text = renderLeftOut(leftOutOf(objects, ["*"]));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(512 * 1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(500 * 1024);
    expect(renderLeftOut(leftOutOf(objects.toReversed(), ["*"]))).toBe(text);
    const read = parseLeftOut(text);
    expect((read?.entries.length ?? 0) + (read?.more ?? 0)).toBe(20_000);
  });

  it("is read as it was written", () => {
    const leftOut = leftOutOf([user("1", "SMTP:test@example.com", 'smtp:"q\u0001"@example.com')], ["test*"]);
    expect(parseLeftOut(renderLeftOut(leftOut))).toEqual(leftOut);
    expect(parseLeftOut("")).toEqual({ entries: [], more: 0 });
  });

  it.each([
    ["no JSON", "x\n"],
    ["no end of the last line", '{"reason":"noAt"}'],
    ["an unknown reason", '{"reason":"because"}\n'],
    ["another field", '{"reason":"noAt","to":"me"}\n'],
    ["a count that is none", '{"more":-1}\n'],
    ["a count before the end", '{"more":1}\n{"reason":"noAt"}\n'],
    ["a deep one", `{"reason":${"[".repeat(500)}\n`],
    ["one that is too large", `{"reason":"noAt"}\n`.repeat(40_000)],
  ])("that somebody else wrote is none: %s", (_, text) => {
    expect(parseLeftOut(text)).toBeUndefined();
  });
});

/** A manifest is input: whatever stands in it, the reader answers, quickly, and believes nothing that no operator writes. */
import { describe, expect, it } from "vitest";
import { serializeManifest } from "../../../src/publication/manifest.ts";
import { parseManifest } from "../../../src/publication/read-manifest.ts";
import { timed } from "../../support/slices.ts";
import { SOUND } from "./support/files.ts";

/** The manifest with one value in it replaced. */
function withValue(path: string, value: unknown): string {
  const manifest = JSON.parse(serializeManifest(SOUND)) as Record<string, unknown>;
  const keys = path.split(".");
  let at = manifest;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1) ?? ""] = value;
  return JSON.stringify(manifest);
}

describe("A manifest", () => {
  it("is read as it was written", () => {
    expect(parseManifest(serializeManifest(SOUND))).toEqual({ kind: "ok", manifest: SOUND });
  });

  it.each(["feed.tenant", "current.tenant"])(
    "is read with the longest domain that a tenant may be named by, as %s",
    (path) => {
      const domain = `${"a".repeat(63)}.`.repeat(4).slice(0, 253);
      expect(parseManifest(withValue(path, `USGovernmentHigh ${domain}`))).toMatchObject({ kind: "ok" });
    },
  );

  it("of a newer operator is told from a damaged one", () => {
    expect(parseManifest('{"schemaVersion": 99}')).toEqual({ kind: "newer", version: 99 });
  });

  it.each([
    ["retiring shards that size an allocation (2)", "current.retiring.0.shards", 1e8],
    ["a billion chunks (2)", "current.chunks", 1e9],
    ["an intent of a hundred million shards (2)", "intent.target.output.shards", 1e8],
    ["an intent of ten million chunks (2)", "intent.target.chunks", 1e7],
    ["removals below nothing (6)", "removals.0.addresses", -1e6],
    ["a removal that takes none away (6)", "intent.removedAddresses", -1e6],
    ["null for what is published (12)", "current", null],
    ["null for the removals (12)", "removals", null],
    ["a date that is none (12)", "current.retiring.0.until", "soon"],
    ["a date far away (12)", "current.retiring.0.until", "+275761-01-01T00:00:00.000Z"],
    ["a date that a status would not take", "current.time", "9999-12-31T23:59:59.000Z"],
    ["a date before all clocks", "current.time", "1960-01-01T00:00:00.000Z"],
    ["a record with a date that is none (12)", "record.synced", "yesterday"],
    ["a record of another shape (12)", "record", { id: "x" }],
    ["numbers that are none", "current.counts.addresses", "3"],
    ["an endless number", "current.counts.addresses", 1e300],
    ["half an address", "current.counts.addresses", 0.5],
    ["shards that are no power of two", "current.output.shards", 3],
    ["chunks that are no power of two", "intent.target.chunks", 3],
    ["more chunks than accounts ConfigMaps", "current.chunks", 2],
    ["more shards than tables", "current.layouts.0.shards", 128],
    ["a digest that is none", "current.accounts.0.sha256", "sha256:"],
    ["a name with a slash", "current.accounts.0.name", "../other"],
    ["a thousand pieces of a journal", "intent.journal.pieces", Array.from({ length: 1000 }, () => "a")],
    ["a link of a mebibyte (21)", "feed.links.users", "a".repeat(100_000)],
    ["a link that is none (21)", "feed.links.users", { href: "https://graph.microsoft.com" }],
    ["links that are none (21)", "feed.links", "https://graph.microsoft.com"],
    ["a place of no time (21)", "feed.time", "yesterday"],
    ["a tenant that goes on for ever (21)", "feed.tenant", "a".repeat(10_000)],
    ["a list of a tenant that goes on for ever", "current.tenant", "a".repeat(10_000)],
    ["a million removals", "removals", Array.from({ length: 20_000 }, () => SOUND.removals[0])],
    ["a prototype", "__proto__", { removals: [] }],
  ])("with %s is damaged", (_, path, value) => {
    const text = path === "__proto__" ? '{"__proto__": {"schemaVersion": 1, "removals": []}}' : withValue(path, value);
    expect(parseManifest(text)).toEqual({ kind: "damaged" });
  });

  it.each([
    ["null", "null"],
    ["a list", "[]"],
    ["cut short", '{"schemaVersion": 1, "cur'],
    ["nothing", undefined],
    ["nested half a million times", `${"[".repeat(500_000)}${"]".repeat(500_000)}`],
    ["a mebibyte of empty objects", `[${"{},".repeat(340_000)}{}]`],
    ["a version that is no whole number", '{"schemaVersion": 1e99, "removals": []}'],
  ])("that is %s is damaged, at once", (_, text) => {
    const took = timed(() => expect(parseManifest(text)).toEqual({ kind: "damaged" }));
    expect(took).toBeLessThan(50);
  });
});

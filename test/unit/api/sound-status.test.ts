/** A status is read back without what does not fit it: whatever a newer operator or an administrator left there. */
import { describe, expect, it } from "vitest";
import { validateSchema } from "../../../dev/apiserver/schema/validate.ts";
import type { Schema as StructuralSchema } from "../../../dev/apiserver/types.ts";
import { soundDomain, soundSync } from "../../../src/api/sound-status.ts";
import type { MailDomain, MailDomainStatus, O365Sync, O365SyncStatus } from "../../../src/api/types.generated.ts";
import { believe, believeGone } from "../../../src/publication/anchor.ts";
import { EMPTY_MANIFEST } from "../../../src/publication/manifest.ts";
import { domainSpec, syncSpec } from "../../support/memory-operator.ts";
import { at, NOON } from "../../support/situations.ts";
import { leavesOf, replacedAt, statusSchema, wholeStatus } from "../../support/whole-status.ts";

const metadata = { namespace: "mail", name: "example-com" };
const sync = (status: unknown): O365Sync => ({
  metadata,
  spec: syncSpec("example-com"),
  status: status as O365SyncStatus,
});
const domain = (status: unknown): MailDomain => ({ metadata, spec: domainSpec(), status: status as MailDomainStatus });
const KINDS = [
  ["O365Sync", (status: unknown) => soundSync(sync(status))],
  ["MailDomain", (status: unknown) => soundDomain(domain(status))],
] as const;
const DAMAGE: readonly unknown[] = [
  null,
  0.5,
  1e300,
  "x".repeat(40_000),
  [],
  { length: 1e9 },
  "2026-11-29T10:00:00+99:99",
  "9999-12-31T23:59:59Z",
];

describe.each(KINDS)("Of an %s", (kind, read) => {
  const whole = wholeStatus(kind, at(NOON));
  const schema = statusSchema(kind) as StructuralSchema;
  const isTold = (damage: unknown, path: readonly string[]): boolean =>
    validateSchema(replacedAt(whole, path, damage), schema, "").length > 0;

  it("a status that fits is the very one that was read", () => {
    const { object, damaged } = read(whole);
    expect(damaged).toEqual([]);
    expect(object.status).toBe(whole);
  });

  it.each(leavesOf(whole).map((path) => [path.join("."), path] as const))(
    "%s: what does not fit is dropped",
    (_, path) => {
      for (const damage of DAMAGE) {
        const { object, damaged } = read(replacedAt(whole, path, damage));
        // What the API server would refuse, no reader sees; what both take is left as it is.
        expect([[], [path[0]]]).toContainEqual(damaged);
        expect(damaged.length > 0 || !isTold(damage, path)).toBe(true);
        expect(validateSchema(object.status, schema, "")).toEqual([]);
        for (const field of Object.keys(whole).filter((name) => name !== path[0]))
          expect(object.status).toHaveProperty(field, (whole as Record<string, unknown>)[field]);
      }
    },
  );

  it.each([
    ["an offset of 99 hours", "2026-11-29T10:00:00+99:99"],
    ["a year from which a day leads out of RFC 3339", "9999-12-31T23:59:59Z"],
  ])("no time stays that the schema lets pass and nobody can reckon with: %s", (_, time) => {
    const times = leavesOf(whole).filter((path) => isTime(whole, path));
    expect(times.length).toBeGreaterThan(2);
    for (const path of times) {
      const nasty = replacedAt(whole, path, time);
      expect(validateSchema(nasty, schema, "")).toEqual([]);
      expect(read(nasty).damaged).toEqual([path[0]]);
    }
  });

  it("a field of another version is left to the API server", () => {
    const { object, damaged } = read({ ...whole, later: { anything: 1 } });
    expect(damaged).toEqual([]);
    expect(object.status).toHaveProperty("later");
  });
});

const isTime = (whole: object, path: readonly string[]): boolean =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], whole) === at(NOON);

describe("What vouches for the ConfigMaps", () => {
  it.each([
    ["an anchor of another type", "all of it"],
    ["a digest of another type", { publication: 1 }],
    ["removals at no time", { publication: "sha256:1", removals: [{ time: "soon", addresses: 1 }] }],
    ["removals below nothing", { publication: "sha256:1", removals: [{ time: at(NOON), addresses: -1e6 }] }],
  ])("vouches for nothing where it is damaged, and not for whatever stands: %s", (_, anchor) => {
    const { object } = soundSync(sync({ anchor }));
    expect(object.status).toEqual({ anchor: {} });
    const current = { revision: "x" } as never;
    expect(believe({ ...EMPTY_MANIFEST, current }, object.status, NOON)).toMatchObject({ edited: true });
  });

  it("vouches for the other lists of a MailDomain where one is damaged, and for no publication of that one", () => {
    const good = { name: "a", publication: "sha256:1" };
    expect(soundDomain(domain({ lists: [good, { name: "b", publication: 1 }, "c"] })).object.status).toEqual({
      lists: [good, { name: "b", publication: "" }],
    });
  });

  it("believes no edited manifest of an O365Sync that is gone, where all that its MailDomain vouches for is damaged", () => {
    const current = { revision: "x", domain: "forged.test" } as never;
    const removals = [{ time: "2026-01-01T00:00:00+99:00", addresses: 1 }];
    const told = soundDomain(domain({ lists: [{ name: "a", publication: "sha256:1", removals }] })).object;
    expect(believeGone({ ...EMPTY_MANIFEST, current }, "a", told)).toMatchObject({ edited: true });
  });

  it("takes a text that has as many characters as the API server takes, however many units those have", () => {
    const message = "\u{1f4ec}".repeat(20_000);
    const condition = { type: "Ready", status: "True", reason: "Succeeded", message, lastTransitionTime: at(NOON) };
    expect(soundSync(sync({ conditions: [condition] })).damaged).toEqual([]);
  });
});

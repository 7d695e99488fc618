/** All that is made of a status when it is read back, for a fuzz of it: what does not fit it never gets there. */
import { expect } from "vitest";
import { validateSchema } from "../../../dev/apiserver/schema/validate.ts";
import type { Schema } from "../../../dev/apiserver/types.ts";
import { routedNames } from "../../../src/api/indexers.ts";
import { soundDomain, soundSync } from "../../../src/api/sound-status.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { statusOf } from "../../../src/domain/status.ts";
import { OBJECT_GAUGES } from "../../../src/observe/object-gauges.ts";
import { believe, believeGone } from "../../../src/publication/anchor.ts";
import { removedLastDay } from "../../../src/publication/manifest.ts";
import { decide } from "../../../src/sync/decide/decide.ts";
import { type Facts, settle } from "../../../src/sync/status/conditions.ts";
import { SOUND } from "../../unit/publication/support/files.ts";
import { domainSpec, syncSpec } from "../memory-operator.ts";
import { mutated } from "../nasty.ts";
import { at, DOMAIN, NO_FACTS, NOON, SCHEDULE, situationOf } from "../situations.ts";
import { leavesOf, replacedAt, statusSchema, wholeStatus } from "../whole-status.ts";

type Random = () => number;

const SYNC_STATUS = wholeStatus("O365Sync", at(NOON));
const DOMAIN_STATUS = wholeStatus("MailDomain", at(NOON));
const SYNC_SCHEMA = statusSchema("O365Sync") as Schema;
const DOMAIN_SCHEMA = statusSchema("MailDomain") as Schema;
const metadata = { namespace: "mail", name: "example-com" };

/** What the API server takes for a time, or for a number, and nobody can reckon with. */
const PASSING: readonly unknown[] = ["2026-01-01T00:00:00+99:99", "9999-12-31T23:59:59Z", 2 ** 62, "99:99", "\u202ex"];

const FACTS: Facts = { ...NO_FACTS, domain: DOMAIN, now: NOON, published: SOUND.current };

/** A status with one place made nasty, or several. */
function nasty(whole: object, random: Random): unknown {
  const leaves = leavesOf(whole);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  let status: unknown = whole;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--)
    status = random() < 0.5 ? replacedAt(whole, pick(leaves), pick(PASSING)) : mutated(status, random);
  return status;
}

function expectSchema(status: unknown, schema: Schema): void {
  expect(validateSchema(status, schema, "")).toEqual([]);
}

export function readSyncStatus(random: Random): void {
  const status = nasty(SYNC_STATUS, random) as O365Sync["status"] & object;
  const { object } = soundSync({ metadata, spec: syncSpec("example-com", { schedule: SCHEDULE }), status });
  const sound = object.status ?? {};
  expectSchema(sound, SYNC_SCHEMA);
  expect(soundSync(object).damaged).toEqual([]);
  decide(situationOf({ status: sound }));
  // What is made of it can be written, and read again.
  const settled = settle(object, sound, FACTS);
  expectSchema(settled, SYNC_SCHEMA);
  expect(soundSync({ ...object, status: settled }).damaged).toEqual([]);
  expect(removedLastDay(believe(SOUND, sound, NOON).manifest, NOON)).toBeGreaterThanOrEqual(0);
  for (const { sync } of OBJECT_GAUGES)
    for (const [value] of sync?.(object) ?? []) expect(Number.isFinite(value)).toBe(true);
}

export function readDomainStatus(random: Random): void {
  const status = nasty(DOMAIN_STATUS, random) as MailDomain["status"] & object;
  const { object } = soundDomain({ metadata, spec: domainSpec(), status });
  expectSchema(object.status ?? {}, DOMAIN_SCHEMA);
  expect(removedLastDay(believeGone(SOUND, "x", object).manifest, NOON)).toBeGreaterThanOrEqual(0);
  const made = statusOf(object, {
    routing: { names: [...routedNames(object)], claims: [], missing: [], waiting: [] },
    lists: [{ sync: "x", names: ["example.com"], isOwn: true, manifest: SOUND }],
    syncs: [],
    exists: () => false,
    published: { kind: "none" },
    now: NOON,
  });
  expectSchema(made, DOMAIN_SCHEMA);
  expect(soundDomain({ ...object, status: made }).damaged).toEqual([]);
}
